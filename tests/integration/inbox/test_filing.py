"""Messages are filed once, numbered without a gap, and told by an event of their transaction."""

from __future__ import annotations

import asyncio

from groundswell.contract.events.inbox import MessageFiled
from groundswell.contract.times import SECOND
from groundswell.delivery.routing import publications
from groundswell.domains.engagement.commands import RecordComment
from groundswell.domains.inbox.notices import Notices
from groundswell.log.consumers import Consumer, StoredPositions
from groundswell.realtime.inbox_events import message_publication
from tests.integration.inbox.inboxes import Inboxes
from tests.support.core import user, visitor


async def test_messages_are_numbered_per_user_without_a_gap(inboxes: Inboxes) -> None:
    wanted = [
        inboxes.message(person, number) for number in range(1, 41) for person in ("ada", "bob")
    ]
    await asyncio.gather(*map(inboxes.core.submit, wanted))
    for person in ("ada", "bob"):
        items = await inboxes.items(person)
        assert [one.seq for one in items] == list(range(1, 41))
        assert sorted(one.data["number"] for one in items) == list(range(1, 41))
    await inboxes.assert_consistent()


async def test_the_same_event_is_filed_once_also_within_one_batch(inboxes: Inboxes) -> None:
    command = inboxes.message("ada", 7)
    answers = await asyncio.gather(*(inboxes.core.submit(command) for _ in range(5)))
    inboxes.clock.advance(SECOND)
    answers.append(await inboxes.core.submit(inboxes.message("ada", 7, data={"changed": True})))
    assert all(one == answers[0] for one in answers)
    (item,) = await inboxes.items("ada")
    assert item.data == {"number": 7}
    assert len(await inboxes.core.events()) == 1


async def test_one_event_may_concern_several_users(inboxes: Inboxes) -> None:
    for person in ("ada", "bob"):
        await inboxes.core.submit(inboxes.message(person, 1, event_id="msg-shared"))
    assert [one.id for one in await inboxes.items("ada")] == ["msg-shared"]
    assert [one.id for one in await inboxes.items("bob")] == ["msg-shared"]


async def test_a_message_is_told_on_its_users_topic_as_critical(inboxes: Inboxes) -> None:
    await inboxes.file("ada", 1)
    await inboxes.file("ada", 2, delivery="normal")
    first, second = await inboxes.core.events()
    assert isinstance(first.event, MessageFiled)
    (critical,), (normal,) = publications(first), publications(second)
    assert (critical.topic, critical.id, critical.critical) == ("user.ada.inbox", "msg-ada-1", True)
    assert critical.data.startswith(b'{"number":1,"eventType":"reward.earned","inboxSeq":1,')
    assert not normal.critical


async def test_what_is_pending_is_told_in_the_same_words_as_live(inboxes: Inboxes) -> None:
    await inboxes.file("ada", 1, 2)
    live = [one for event in await inboxes.core.events() for one in publications(event)]
    pending = await inboxes.port.pending("ada", "phone")
    assert [message_publication(one.message) for one in pending] == live


async def test_the_owner_of_a_file_hears_of_comments_by_others(inboxes: Inboxes) -> None:
    core = inboxes.core
    media = await core.register("So What", owner_id="miles")
    orphan = await core.register("Blue")
    for by, where in ((visitor("x"), media), (user("miles"), media), (user("bill"), orphan)):
        await core.submit(RecordComment(media_file_id=where, body="Nice", by=by, at=core.clock()))
    notices = Notices(core.writer.submit, core.clock)
    await notices.consume(await core.events())
    await notices.consume(await core.events())
    (item,) = await inboxes.items("miles")
    assert item.event_type == "engagement.comment.recorded"
    assert item.data == {"mediaFileId": media, "mediaTitle": "So What", "commentCount": 1}
    assert item.id in {one.event_id for one in await core.events()}
    await inboxes.assert_consistent()


async def test_what_happened_long_ago_fills_no_inbox(inboxes: Inboxes) -> None:
    core = inboxes.core
    media = await core.register("So What", owner_id="miles")
    late = core.clock() - 3600 * SECOND
    await core.submit(
        RecordComment(
            media_file_id=media, body="Old", by=visitor("x"), at=core.clock(), occurred_at=late
        )
    )
    await Notices(core.writer.submit, core.clock).consume(await core.events())
    assert await inboxes.items("miles") == []


async def test_a_consumer_that_dies_between_filing_and_its_position_files_nothing_twice(
    inboxes: Inboxes,
) -> None:
    core = inboxes.core
    media = await core.register("So What", owner_id="miles")
    positions = StoredPositions(core.store, core.clock)
    comment = RecordComment(media_file_id=media, body="Hm", by=visitor("x"), at=core.clock())
    for _ in range(3):
        await core.submit(comment)
    dying = Notices(core.writer.submit, core.clock)
    await dying.consume(await core.events())  # and no position is stored
    for _ in range(2):
        consumer = Consumer(
            "inbox", core.log, Notices(core.writer.submit, core.clock).consume, positions=positions
        )
        await consumer.start()
        while await consumer.step():
            pass
        await core.submit(comment)
    assert [one.seq for one in await inboxes.items("miles")] == [1, 2, 3, 4]
    await inboxes.assert_consistent()


async def test_expired_messages_are_neither_shown_nor_sent(inboxes: Inboxes) -> None:
    end = inboxes.clock() + 10 * SECOND
    await inboxes.file("ada", 1, expires_at=end)
    await inboxes.file("ada", 2)
    assert await inboxes.pending("ada", "phone") == [1, 2]
    inboxes.clock.advance(10 * SECOND)
    assert [one.seq for one in await inboxes.items("ada")] == [2]
    assert await inboxes.pending("ada", "phone") == [2]
    assert (await inboxes.queries.page("ada", 0, 10)).unread == 1


async def test_pages_follow_each_other(inboxes: Inboxes) -> None:
    await inboxes.file("ada", *range(1, 6))
    page = await inboxes.queries.page("ada", 0, 2)
    assert ([one.seq for one in page.items], page.next_cursor) == ([1, 2], "2")
    page = await inboxes.queries.page("ada", 2, 3)
    assert ([one.seq for one in page.items], page.next_cursor) == ([3, 4, 5], None)
