"""What people wish holds for what they do from then on, and for what is told of before."""

from __future__ import annotations

import pytest

from groundswell.contract.errors import Conflict
from groundswell.contract.events.engagement import ActivityRetracted, PlayRecorded
from groundswell.delivery.routing import publications
from groundswell.domains.engagement.commands import (
    CastVote,
    RecordComment,
    RecordDownload,
    RecordPlay,
)
from tests.integration.privacy.people import People
from tests.support.core import user, visitor


async def _act(people: People, name: str, media: int) -> None:
    core, at = people.core, people.core.clock.advance(1_000_000)
    by = user(name, ip_hash="a" * 64, session_id=f"sid-{name}", location="Chile")
    await core.submit(RecordPlay(media_file_id=media, by=by, at=at, play_duration=60.0))
    await core.submit(CastVote(media_file_id=media, by=by, at=at, vote_type="up"))
    await core.submit(RecordDownload(media_file_id=media, by=by, at=at))


async def test_who_opts_out_of_broadcast_leaves_the_feed_at_once_and_stays_counted(
    people: People,
) -> None:
    media = await people.core.register()
    await _act(people, "ada", media)
    other = visitor("eve")
    await people.core.submit(RecordPlay(media_file_id=media, by=other, at=people.core.clock()))
    before = await people.core.queries.media(media)
    assert len(await people.feed()) == 5
    await people.wish("ada", broadcast=False)
    assert len(await people.feed()) == 2, "the upload and what somebody else did"
    await _act(people, "ada", media)
    assert len(await people.feed()) == 2
    after = await people.core.queries.media(media)
    assert after.play_count == before.play_count + 1
    await people.core.assert_consistent()


async def test_what_left_the_feed_is_told_no_more_to_those_who_catch_up(people: People) -> None:
    media = await people.core.register()
    await _act(people, "ada", media)
    gone = (await people.feed())[:3]
    await people.wish("ada", broadcast=False)
    events = await people.core.events()
    told = [one for event in events for one in publications(event) if one.topic == "activity"]
    created = [one.seq for one in told if one.event_type.endswith(".created")]
    assert not set(created) & set(gone)
    (retracted,) = [one.event for one in events if isinstance(one.event, ActivityRetracted)]
    assert sorted(retracted.activity_ids) == sorted(gone)


async def test_a_verb_that_is_told_to_friends_leaves_the_feed_alone(people: People) -> None:
    media = await people.core.register()
    await _act(people, "ada", media)
    await people.wish("ada", audiences={"play": "friends"})
    types = {item.type for item in (await people.core.queries.activity(100)).items}
    assert types == {"vote", "download", "upload"}


async def test_incognito_leaves_counters_and_nothing_else(people: People) -> None:
    media = await people.core.register()
    await people.wish("ada", incognito=True)
    shown = await people.feed()
    await _act(people, "ada", media)
    assert await people.feed() == shown
    file = await people.core.queries.media(media)
    assert (file.play_count, file.upvotes, file.download_count) == (1, 1, 1)
    for table in ("play_logs", "download_logs", "votes"):
        rows = await people.core.rows(f"SELECT actor, ip_hash, session_id FROM {table}")
        assert rows == [(None, None, None)]
    played = [e.event for e in await people.core.events() if isinstance(e.event, PlayRecorded)]
    assert [(one.in_feed, one.location) for one in played] == [(False, None)]
    await people.core.assert_consistent()


async def test_no_comment_is_left_incognito(people: People) -> None:
    media = await people.core.register()
    await people.wish("ada", incognito=True)
    said = RecordComment(media_file_id=media, by=user("ada"), at=people.core.clock(), body="Hm")
    with pytest.raises(Conflict) as refused:
        await people.core.submit(said)
    assert refused.value.reason == "incognito"
    assert (await people.core.queries.media(media)).comment_count == 0


async def test_uploads_of_who_opted_out_are_not_announced(people: People) -> None:
    await people.wish("ada", broadcast=False)
    await people.core.register(owner_id="ada")
    assert await people.feed() == []


async def test_the_same_wish_again_changes_nothing(people: People) -> None:
    await people.wish("ada", incognito=True)
    head = len(await people.core.events())
    await people.wish("ada", incognito=True)
    assert len(await people.core.events()) == head
