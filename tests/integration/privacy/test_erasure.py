"""After an erasure nothing that is stored names the person, and everything still adds up."""

from __future__ import annotations

from groundswell.access.principal import Principal
from groundswell.contract.ids import event_id
from groundswell.domains.engagement.commands import (
    Actor,
    CastVote,
    RecordComment,
    RecordDownload,
    RecordPlay,
    RecordView,
)
from groundswell.domains.inbox.audit import audit_inboxes
from groundswell.domains.inbox.commands import FileMessage, SavePushEndpoint, SaveSubscriptions
from tests.integration.privacy.people import People
from tests.support.core import user

MARKER = "marker-7f3a"


async def _live(people: People, media: int, by: Actor) -> None:
    core, at = people.core, people.core.clock.advance(1_000_000)
    await core.submit(RecordPlay(media_file_id=media, by=by, at=at, play_duration=60.0))
    await core.submit(CastVote(media_file_id=media, by=by, at=at, vote_type="up"))
    await core.submit(RecordDownload(media_file_id=media, by=by, at=at))
    await core.submit(RecordView(media_file_id=media, by=by, at=at))
    await core.submit(RecordComment(media_file_id=media, by=by, at=at, body="I was here"))


async def _live_as_user(people: People, name: str) -> None:
    core = people.core
    media = await core.register("Own", owner_id=name)
    other = await core.register("Other")
    by = user(name, session_id=f"sid-{name}", ip_hash="b" * 64)
    await _live(people, media, by)
    await _live(people, other, by)
    at = core.clock()
    for whom in (name, "bob"):
        await core.submit(
            FileMessage(
                at=at,
                user_id=whom,
                event_id=event_id(),
                event_type="social.friend.joined",
                data={"friendId": name, "text": "hello"},
            )
        )
    await core.submit(SaveSubscriptions(at=at, user_id=name, subscriptions="[]"))
    await core.submit(
        SavePushEndpoint(
            at=at, user_id=name, endpoint="https://push.example/x", p256dh="k", auth="a"
        )
    )
    await people.wish(name, audiences={"vote": "friends"})


async def test_after_erasure_nothing_stored_names_the_user(people: People) -> None:
    await _live_as_user(people, MARKER)
    assert await people.holding(MARKER)
    before = [file.play_count for file in (await people.core.queries.media_page(10)).items]
    erased = await people.actions.erase(people.user(MARKER))
    assert erased.records > 0
    assert await people.holding(MARKER) == []
    assert await people.holding("I was here") == []
    after = [file.play_count for file in (await people.core.queries.media_page(10)).items]
    assert after == before
    await people.core.assert_consistent()
    _, wrong = await audit_inboxes(people.core.store)
    assert not wrong


async def test_messages_of_others_stay_without_the_name(people: People) -> None:
    await _live_as_user(people, MARKER)
    erased = await people.actions.erase(people.user(MARKER))
    rows = await people.core.rows("SELECT user_id, data FROM inbox_messages")
    assert [row[0] for row in rows] == ["bob"]
    assert erased.tombstone is not None and erased.tombstone in rows[0][1]


async def test_erasing_twice_equals_once(people: People) -> None:
    await _live_as_user(people, MARKER)
    await people.actions.erase(people.user(MARKER))
    head = len(await people.core.events())
    again = await people.actions.erase(people.user(MARKER))
    assert (again.records, again.tombstone) == (0, None)
    assert len(await people.core.events()) == head


async def test_an_export_has_everything_and_after_an_erasure_nothing(people: People) -> None:
    await _live_as_user(people, MARKER)
    archive = await people.actions.export(people.user(MARKER))
    assert set(archive.data) == {"engagement", "inbox", "privacy"}
    kinds = {"votes", "plays", "downloads", "views", "comments", "activity", "media"}
    assert set(archive.data["engagement"]) == kinds
    assert len(archive.data["engagement"]["comments"]) == 2
    assert set(archive.data["inbox"]) == {"messages", "pushEndpoints"}
    await people.actions.erase(people.user(MARKER))
    assert (await people.actions.export(people.user(MARKER))).data == {}
    assert await people.holding(MARKER) == []


async def test_votes_of_an_erased_user_keep_their_count_and_cannot_be_joined(
    people: People,
) -> None:
    await _live_as_user(people, MARKER)
    await people.actions.erase(people.user(MARKER))
    keys = [row[0] for row in await people.core.rows("SELECT voter_key FROM votes")]
    assert len(set(keys)) == 2
    assert all(key.startswith("erased:") for key in keys)


async def test_comments_of_an_erased_user_are_read_no_more(people: People) -> None:
    await _live_as_user(people, MARKER)
    files = (await people.core.queries.media_page(10)).items
    await people.actions.erase(people.user(MARKER))
    for file in files:
        assert (await people.core.queries.comments(file.media_file_id, 10)).items == []


async def test_a_visitor_has_what_the_address_did_forgotten(people: People) -> None:
    address = "203.0.113.77"
    hashes = (people.hasher.hash("log", address), people.hasher.hash("vote", address))
    by = Actor(actor=hashes[0], voter=hashes[1], ip_hash=hashes[0], session_id="cookie")
    media = await people.core.register()
    await _live(people, media, by)
    visitor = Principal("visitor", None, address, "cookie")
    erased = await people.actions.erase(visitor)
    assert erased.records > 0
    for marker in (*hashes, "I was here", "cookie"):
        assert await people.holding(marker) == []
    assert (await people.actions.erase(visitor)).records == 0
    await people.core.assert_consistent()


async def test_others_keep_what_they_did(people: People) -> None:
    await _live_as_user(people, MARKER)
    media = await people.core.register("Third")
    await _live(people, media, user("carol"))
    archive = await people.actions.export(people.user("carol"))
    await people.actions.erase(people.user(MARKER))
    assert (await people.actions.export(people.user("carol"))).data == archive.data
