"""Exactly at the limit, on both engines."""

from __future__ import annotations

from typing import Any

import pytest

from groundswell.contract.errors import Conflict, MediaNotFound
from groundswell.contract.times import DAY, HOUR, MINUTE, SECOND, to_rfc3339
from groundswell.domains.engagement.commands import (
    CastVote,
    RecordComment,
    RecordDownload,
    RecordPlay,
    RecordView,
    RegisterMedia,
    RemoveVote,
    UpdateMedia,
)
from groundswell.domains.engagement.hotness import HotnessJob
from tests.support.core import FEED_DAYS, START, Core, user, visitor

RECORDS = {"play": RecordPlay, "download": RecordDownload, "view": RecordView}
WINDOWS = [("play", HOUR), ("download", DAY), ("view", HOUR)]


async def _record(
    core: Core, kind: str, media: int, by: Any = None, late_by: int | None = None, **more: Any
) -> bool:
    """Record something; whether it qualified."""
    now = core.clock()
    occurred = None if late_by is None else now - late_by
    command = RECORDS[kind](
        media_file_id=media, by=by or visitor("ann"), at=now, occurred_at=occurred, **more
    )
    return bool((await core.submit(command)).qualified)


async def _plays_24h(core: Core, media: int) -> int:
    return (await core.queries.stats(media)).plays.last_24h


# Periods are half-open: T - W < t <= T.


@pytest.mark.parametrize(("period", "length"), [("24h", DAY), ("7d", 7 * DAY), ("30d", 30 * DAY)])
async def test_a_play_leaves_a_period_exactly_at_its_end(
    core: Core, period: str, length: int
) -> None:
    media = await core.register()
    await _record(core, "play", media)
    name = {"24h": "last_24h", "7d": "last_7d", "30d": "last_30d"}[period]

    async def counted() -> tuple[int, int]:
        plays = (await core.queries.stats(media)).plays
        return getattr(plays, name), plays.all_time

    core.clock.advance(length - 1)
    assert await counted() == (1, 1)
    listed = await core.lists.get("popular", period=period)  # type: ignore[arg-type]
    assert len(listed.items) == 1
    core.clock.advance(1)
    core.lists.changed()  # else a list of the same second is served again
    assert await counted() == (0, 1)
    listed = await core.lists.get("popular", period=period)  # type: ignore[arg-type]
    assert listed.items == []


async def test_an_event_of_this_very_instant_counts(core: Core) -> None:
    media = await core.register()
    await _record(core, "play", media)
    assert await _plays_24h(core, media) == 1


async def test_a_late_report_of_exactly_a_day_ago_is_outside(core: Core) -> None:
    media = await core.register(published_at=START - 2 * DAY)
    await _record(core, "play", media, late_by=DAY)
    assert await _plays_24h(core, media) == 0
    await _record(core, "play", media, late_by=DAY - 1)
    assert await _plays_24h(core, media) == 1
    assert (await core.queries.media(media)).play_count == 2


async def test_an_event_from_the_future_happened_now(core: Core) -> None:
    media = await core.register()
    await _record(core, "play", media, late_by=-10 * MINUTE)
    assert (await core.events())[-1].at == START
    assert await _plays_24h(core, media) == 1


# Repeats: exactly at the end of the window they qualify again.


@pytest.mark.parametrize(("kind", "window"), WINDOWS)
async def test_a_repeat_qualifies_exactly_at_the_end_of_its_window(
    core: Core, kind: str, window: int
) -> None:
    media = await core.register()
    assert await _record(core, kind, media)
    core.clock.advance(window - 1)
    assert not await _record(core, kind, media)
    core.clock.advance(1)
    assert await _record(core, kind, media)


@pytest.mark.parametrize(("kind", "window"), WINDOWS)
async def test_windows_roll_also_for_what_is_reported_late(
    core: Core, kind: str, window: int
) -> None:
    media = await core.register(published_at=START - 30 * DAY)
    assert await _record(core, kind, media, late_by=3 * window)
    assert not await _record(core, kind, media, late_by=4 * window - 1)
    assert await _record(core, kind, media, late_by=4 * window)
    assert not await _record(core, kind, media, late_by=2 * window + 1)
    assert await _record(core, kind, media, late_by=2 * window)
    assert await _record(core, kind, media)
    assert not await _record(core, kind, media, late_by=1)


@pytest.mark.parametrize(("kind", "window"), WINDOWS)
async def test_what_happens_now_heeds_what_was_reported_late(
    core: Core, kind: str, window: int
) -> None:
    media = await core.register(published_at=START - 30 * DAY)
    assert await _record(core, kind, media, late_by=MINUTE)
    assert not await _record(core, kind, media)
    core.clock.advance(window - MINUTE - 1)
    assert not await _record(core, kind, media)
    core.clock.advance(1)
    assert await _record(core, kind, media)


async def test_a_refused_repeat_does_not_lengthen_the_window(core: Core) -> None:
    media = await core.register()
    assert await _record(core, "play", media)
    core.clock.advance(59 * MINUTE)
    assert not await _record(core, "play", media)
    core.clock.advance(MINUTE)
    assert await _record(core, "play", media)


async def test_a_window_is_of_one_actor_one_file_and_one_kind(core: Core) -> None:
    media, other = await core.register(), await core.register()
    assert await _record(core, "play", media)
    assert await _record(core, "view", media)
    assert await _record(core, "play", other)
    assert await _record(core, "play", media, visitor("bob"))


# A play qualifies from half of the file, at most 30 seconds.


@pytest.mark.parametrize(
    ("duration", "played", "qualified"),
    [
        (None, 29, False),
        (None, 30, True),
        (None, None, True),
        (300, 29, False),
        (300, 30, True),
        (60, 29, False),
        (60, 30, True),
        (59, 29, False),
        (59, 30, True),
        (40, 19, False),
        (40, 20, True),
        (1, 0, False),
        (1, 1, True),
    ],
)
async def test_how_long_a_play_must_last(
    core: Core, duration: int | None, played: int | None, *, qualified: bool
) -> None:
    media = await core.register(duration_seconds=duration)
    assert await _record(core, "play", media, play_duration=played) is qualified
    file = await core.queries.media(media)
    assert (file.play_count, file.qualified_play_count) == (1, int(qualified))


async def test_a_play_that_was_too_short_takes_no_window(core: Core) -> None:
    media = await core.register()
    assert not await _record(core, "play", media, play_duration=5)
    assert await _record(core, "play", media, play_duration=30)


async def test_the_owners_own_plays_and_downloads_do_not_qualify(core: Core) -> None:
    media, owner = await core.register(owner_id="neil"), user("neil")
    assert not await _record(core, "play", media, owner)
    assert not await _record(core, "download", media, owner)
    assert await _record(core, "play", media, user("young"))
    file = await core.queries.media(media)
    assert (file.play_count, file.qualified_play_count, file.download_count) == (2, 1, 1)
    reasons = "SELECT disqualify_reason FROM play_logs ORDER BY id"
    assert await core.rows(reasons) == [("own",), (None,)]


async def test_a_visitor_is_nobodys_owner(core: Core) -> None:
    media = await core.register()
    assert await _record(core, "play", media, visitor("ann"))


# Votes on what is not there, or not there yet.


async def _vote(core: Core, media: int, vote: Any = "up") -> Any:
    who: dict[str, Any] = {"media_file_id": media, "by": visitor("ann"), "at": core.clock()}
    return await core.submit(RemoveVote(**who) if vote is None else CastVote(vote_type=vote, **who))


async def test_a_vote_on_an_unknown_file_is_refused(core: Core) -> None:
    with pytest.raises(MediaNotFound, match="Media file not found"):
        await _vote(core, 404)


@pytest.mark.parametrize("state", ["draft", "hidden", "deleted"])
async def test_a_vote_on_a_file_that_is_not_public_is_refused(core: Core, state: Any) -> None:
    media = await core.register()
    await core.submit(UpdateMedia(media_file_id=media, state=state, at=START))
    with pytest.raises(MediaNotFound):
        await _vote(core, media)


async def test_a_file_opens_exactly_when_it_is_published(core: Core) -> None:
    media = await core.register(published_at=START + HOUR)
    core.clock.advance(HOUR - 1)
    with pytest.raises(MediaNotFound):
        await _vote(core, media)
    with pytest.raises(MediaNotFound):
        await core.queries.media(media)
    core.clock.advance(1)
    assert (await _vote(core, media)).upvotes == 1


async def test_removing_a_vote_that_is_not_there_changes_nothing(core: Core) -> None:
    media, head = await core.register(), await core.log.head()
    assert (await _vote(core, media, None)).vote_type is None
    assert await core.log.head() == head


async def test_opposite_votes_at_once_leave_the_last(core: Core) -> None:
    media = await core.register()
    who: dict[str, Any] = {"media_file_id": media, "by": visitor("ann"), "at": START}
    answers = await core.together(*(CastVote(vote_type=one, **who) for one in ("up", "down")))
    assert [(one.vote_type, one.upvotes, one.downvotes) for one in answers] == [
        ("up", 1, 0),
        ("down", 0, 1),
    ]
    assert (await core.queries.vote_status(media, "voter-ann")).vote_type == "down"


# Scores of nothing, and of long ago.


async def test_a_file_nobody_touched_scores_nothing_and_is_listed_as_hot_only(core: Core) -> None:
    media = await core.register()
    await HotnessJob(core.store, core.clock).recompute_once()
    file = await core.queries.media(media)
    assert (file.hotness_score, file.last_hotness_update) == (0, to_rfc3339(START))
    assert [one.score for one in (await core.lists.get("hot")).items] == [0]
    for name in ("trending", "popular", "rising", "top-rated", "controversial"):
        assert (await core.lists.get(name)).items == []  # type: ignore[arg-type]


@pytest.mark.parametrize("age", [10 * 365 * DAY, START])
async def test_a_very_old_file_can_trend_but_not_be_hot(core: Core, age: int) -> None:
    media = await core.register(published_at=START - age)
    for name in ("ann", "bob", "cyd"):
        await _record(core, "play", media, visitor(name))
    await HotnessJob(core.store, core.clock).recompute_once()
    file = await core.queries.media(media)
    assert (file.hotness_score, file.published_at) == (0, to_rfc3339(START - age))
    assert [one.media_file_id for one in (await core.lists.get("trending")).items] == [media]


async def test_hotness_is_the_formula_at_the_edge_of_the_window(core: Core) -> None:
    media = await core.register(published_at=START - DAY)
    await core.submit(RecordComment(media_file_id=media, by=visitor("ann"), at=START, body="First"))
    job = HotnessJob(core.store, core.clock)
    await job.recompute_once()
    assert (await core.queries.media(media)).hotness_score == 150  # 3 x 0.5 x 100
    core.clock.advance(DAY)
    await job.recompute_once()
    assert (await core.queries.media(media)).hotness_score == 0


# The feed.


async def test_what_is_too_old_for_the_feed_makes_no_item(core: Core) -> None:
    media = await core.register(published_at=START - 100 * DAY)
    await _record(core, "play", media, late_by=FEED_DAYS * DAY)
    assert (await core.queries.activity(5)).items == []
    await _record(core, "play", media, late_by=FEED_DAYS * DAY - 1)
    assert len((await core.queries.activity(5)).items) == 1
    told = [getattr(one.event, "in_feed", None) for one in await core.events()]
    assert told == [False, False, True]


async def test_items_of_one_instant_are_in_the_order_of_the_log(core: Core) -> None:
    media = await core.register(published_at=START - 100 * DAY)
    plays = (RecordPlay(media_file_id=media, by=visitor(f"n{n}"), at=START) for n in range(6))
    await core.together(*plays)
    first = await core.queries.activity(4)
    rest = await core.queries.activity(4, first.next_cursor)
    assert [item.id for item in (*first.items, *rest.items)] == [7, 6, 5, 4, 3, 2]
    assert rest.next_cursor is None


async def test_an_item_bears_the_present_title(core: Core) -> None:
    media = await core.register("Old")
    await core.submit(UpdateMedia(media_file_id=media, title="New", at=START))
    assert [item.media_title for item in (await core.queries.activity(5)).items] == ["New"]


# Registering.


async def test_a_file_is_registered_once_under_its_external_id(core: Core) -> None:
    command = RegisterMedia(title="Harvest", source="shelf", external_id="7", at=START)
    first, second, other = await core.together(
        command, command, RegisterMedia(title="Harvest", source="shelf", external_id="8", at=START)
    )
    assert first == second
    assert other.media_file_id != first.media_file_id
    assert await core.log.head() == 2


async def test_an_id_is_given_once(core: Core) -> None:
    await core.register(media_file_id=7)
    with pytest.raises(Conflict) as refused:
        await core.register(media_file_id=7)
    assert refused.value.reason == "media_exists"
    assert await core.register() == 8


async def test_the_first_instant_of_all_is_a_time_like_any_other(core: Core) -> None:
    media = await core.register(published_at=0)
    file = await core.queries.media(media)
    assert file.published_at == file.created_at == "1970-01-01T00:00:00.000Z"


async def test_a_second_more_is_a_second_more(core: Core) -> None:
    """Microseconds decide: what is a second apart is never rounded together."""
    media = await core.register()
    await _record(core, "play", media)
    core.clock.advance(DAY - SECOND)
    assert await _plays_24h(core, media) == 1
    core.clock.advance(SECOND)
    assert await _plays_24h(core, media) == 0
