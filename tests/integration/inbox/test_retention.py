"""In full for a day (critical ones for a week), counted for a week, states for two; then gone."""

from __future__ import annotations

from groundswell.contract.events.inbox import MessageFiled
from groundswell.contract.times import DAY, SECOND
from groundswell.delivery.routing import publications
from groundswell.domains.inbox.commands import TrimInboxes
from groundswell.domains.inbox.retention import InboxRetention
from tests.integration.inbox.inboxes import Inboxes

LOGGED = "SELECT payload FROM event_log"


async def test_the_life_of_messages(inboxes: Inboxes) -> None:
    await inboxes.file("ada", 1, 2, delivery="normal")
    await inboxes.file("ada", 3, delivery="normal", event_type="friend.joined")
    await inboxes.file("ada", 4)
    inboxes.clock.advance(DAY - 1)
    assert (await inboxes.trim()).summarized == 0
    inboxes.clock.advance(1)
    assert (await inboxes.trim()).summarized == 3
    page = await inboxes.queries.page("ada", 0, 10)
    assert [one.seq for one in page.items] == [4]
    assert page.unread == 1
    assert page.digest is not None
    assert page.digest.by_type == {"friend.joined": 1, "reward.earned": 2}
    assert (page.digest.count, page.digest.from_seq, page.digest.to_seq) == (3, 1, 3)
    later = await inboxes.queries.digest("ada", after=2)
    assert later is not None and later.by_type == {"friend.joined": 1}

    inboxes.clock.advance(6 * DAY)
    assert (await inboxes.trim()).summarized == 1
    assert await inboxes.items("ada") == []
    assert await inboxes.pending("ada", "phone") == []
    assert await inboxes.queries.digest("ada") is None
    await inboxes.assert_consistent()

    inboxes.clock.advance(7 * DAY)
    await inboxes.file("ada", 5)
    assert (await inboxes.trim()).deleted == 4
    assert [one.seq for one in await inboxes.items("ada")] == [5]
    await inboxes.assert_consistent()


async def test_the_log_keeps_that_there_was_a_message_and_not_its_text(inboxes: Inboxes) -> None:
    await inboxes.file("ada", 1, delivery="normal", data={"secret": "blue"})
    inboxes.clock.advance(DAY)
    await inboxes.trim()
    ((payload,),) = await inboxes.core.rows(LOGGED)
    assert "blue" not in payload
    (logged,) = await inboxes.core.events()
    assert isinstance(logged.event, MessageFiled)
    assert (logged.event.message_id, logged.event.inbox_seq) == ("msg-ada-1", 1)
    assert publications(logged) == []


async def test_the_numbers_go_on_when_all_messages_are_gone(inboxes: Inboxes) -> None:
    await inboxes.file("ada", 1, 2)
    inboxes.clock.advance(20 * DAY)
    await inboxes.trim()
    await inboxes.trim()
    (third,) = await inboxes.file("ada", 3)
    assert third.seq == 3
    await inboxes.assert_consistent()


async def test_a_portion_at_a_time_until_nothing_is_due(inboxes: Inboxes) -> None:
    for person in ("ada", "bob", "cy"):
        await inboxes.file(person, *range(1, 4), delivery="normal")
    inboxes.clock.advance(15 * DAY)
    rounds = 0
    while (await inboxes.core.submit(TrimInboxes(at=inboxes.clock(), portion=2))).more:
        rounds += 1
    assert rounds >= 9 // 2
    assert await inboxes.core.rows("SELECT COUNT(*) FROM inbox_messages") == [(0,)]
    assert all("data" not in text for (text,) in await inboxes.core.rows(LOGGED))
    await inboxes.file("ada", 4)
    await inboxes.assert_consistent()


async def test_the_job_trims_and_measures_what_waits(inboxes: Inboxes) -> None:
    job = InboxRetention(inboxes.core.writer.submit, inboxes.core.store, inboxes.clock)
    await inboxes.file("ada", 1, 2)
    await inboxes.file("ada", 3, delivery="normal")
    inboxes.clock.advance(5 * SECOND)
    await inboxes.port.ack("ada", "phone", ids=["msg-ada-2"])
    await job.measure()
    assert job.statistics()["backlog"] == 1
    assert job.statistics()["oldest_waiting_seconds"] == 5
    inboxes.clock.advance(8 * DAY)
    await job.trim()
    await job.measure()
    assert job.statistics()["backlog"] == 0
    assert job.statistics()["summarized_total"] == 3
