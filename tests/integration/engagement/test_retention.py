"""What is forgotten in time, and what is not."""

from __future__ import annotations

from typing import Any

from groundswell.contract.times import DAY, HOUR, SECOND
from groundswell.domains.engagement.commands import (
    CastVote,
    RecordComment,
    RecordDownload,
    RecordPlay,
    RecordView,
)
from groundswell.domains.engagement.retention import Retention
from groundswell.store.commands import Idempotency
from tests.support.core import Core, visitor

LOGS = ("play_logs", "download_logs", "view_logs", "comments", "votes")
HASHED = visitor("ann", ip_hash="a" * 64, session_id="tab", location="Portugal")


def _retention(core: Core, hash_days: int = 30, feed_days: int = 30) -> Retention:
    return Retention(core.store, core.clock, hash_days=hash_days, feed_days=feed_days)


def _everything(core: Core, media: int, by: Any = HASHED) -> list[Any]:
    who: dict[str, Any] = {"media_file_id": media, "by": by, "at": core.clock()}
    records = [RecordPlay, RecordDownload, RecordView]
    return [
        *(record(**who) for record in records),
        RecordComment(body="Mine", **who),
        CastVote(vote_type="up", **who),
    ]


async def _who(core: Core, table: str) -> list[Any]:
    return await core.rows(f"SELECT ip_hash, actor, session_id FROM {table}")


async def test_hashes_go_exactly_at_the_end_of_their_time(core: Core) -> None:
    media = await core.register()
    await core.together(*_everything(core, media))
    retention = _retention(core)
    core.clock.advance(30 * DAY - 1)
    await retention.forget()
    for table in LOGS:
        assert await _who(core, table) == [("a" * 64, "actor-ann", "tab")], table
    core.clock.advance(1)
    await retention.forget()
    for table in LOGS:
        assert await _who(core, table) == [(None, None, None)], table
    assert retention.statistics()["anonymized_total"] == 4


async def test_counters_votes_and_comments_stay(core: Core) -> None:
    media = await core.register()
    await core.together(*_everything(core, media))
    before = await core.queries.media(media)
    core.clock.advance(31 * DAY)
    await _retention(core).forget()
    assert await core.queries.media(media) == before
    assert (await core.queries.vote_status(media, HASHED.voter)).vote_type == "up"
    assert [one.body for one in (await core.queries.comments(media, 5)).items] == ["Mine"]
    stats = await core.queries.stats(media)
    assert (stats.plays.all_time, stats.plays.last_30d, stats.unique_listeners) == (1, 0, 0)
    await core.assert_consistent()
    # The voter still has that one vote.
    again = CastVote(media_file_id=media, by=HASHED, at=core.clock(), vote_type="down")
    answer = await core.submit(again)
    assert (answer.upvotes, answer.downvotes) == (0, 1)


async def test_more_rows_than_a_portion_at_one_instant(core: Core) -> None:
    media = await core.register()
    plays = (
        RecordPlay(media_file_id=media, by=visitor(f"n{n}", ip_hash="a" * 64), at=core.clock())
        for n in range(1_700)
    )
    await core.together(*plays)
    core.clock.advance(30 * DAY)
    retention = _retention(core)
    await retention.forget()
    sql = "SELECT COUNT(*) FROM play_logs WHERE actor IS NOT NULL OR ip_hash IS NOT NULL"
    assert await core.rows(sql) == [(0,)]
    assert retention.statistics()["anonymized_total"] == 1_700


async def test_what_arrives_late_is_forgotten_as_well(core: Core) -> None:
    """Stored after a round, about a time that this round had done with."""
    media = await core.register(published_at=core.clock() - 400 * DAY)
    retention = _retention(core, hash_days=7)
    await core.submit(_everything(core, media)[0])
    core.clock.advance(8 * DAY)
    await retention.forget()
    late = core.clock() - 20 * DAY
    records = (
        record(media_file_id=media, by=HASHED, at=core.clock(), occurred_at=late)
        for record in (RecordPlay, RecordDownload, RecordView)
    )
    await core.together(*records)
    await retention.forget()
    for table in LOGS[:3]:
        assert set(await _who(core, table)) == {(None, None, None)}, table


async def test_feed_items_lose_the_hash_and_then_go(core: Core) -> None:
    media = await core.register()
    core.clock.advance(SECOND)
    await core.together(*_everything(core, media))
    retention = _retention(core, hash_days=7, feed_days=14)
    hashes = "SELECT COUNT(*) FROM activity_feed WHERE ip_hash IS NOT NULL"
    assert await core.rows(hashes) == [(4,)]
    core.clock.advance(7 * DAY)
    await retention.forget()
    assert await core.rows(hashes) == [(0,)]
    assert len((await core.queries.activity(10)).items) == 5
    core.clock.advance(7 * DAY - 1)
    await retention.forget()  # the upload was a second earlier
    assert len((await core.queries.activity(10)).items) == 4
    core.clock.advance(1)
    await retention.forget()
    assert (await core.queries.activity(10)).items == []


async def test_windows_and_kept_answers_go_when_they_are_over(core: Core) -> None:
    media = await core.register()
    await core.together(*_everything(core, media))
    key = Idempotency("scope", "key", "print")
    play = RecordPlay(media_file_id=media, by=visitor("bob"), at=core.clock())
    await core.submit(play, key)
    retention = _retention(core)

    async def left() -> list[str]:
        return [kind for (kind,) in await core.rows("SELECT kind FROM recent_actors ORDER BY 1")]

    core.clock.advance(HOUR - 1)
    await retention.forget()
    assert await left() == ["download", "play", "play", "view"]
    core.clock.advance(1)
    await retention.forget()
    assert await left() == ["download"]
    core.clock.advance(23 * HOUR)
    await retention.forget()
    assert await left() == []
    assert (await core.submit(play, key)).play_count == 2
    core.clock.advance(1)
    await retention.forget()
    assert await core.rows("SELECT idempotency_key FROM idempotency_keys") == []
