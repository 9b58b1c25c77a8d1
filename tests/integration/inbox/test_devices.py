"""Each device gets each critical message until it acknowledges it, or another one for all."""

from __future__ import annotations

from groundswell.contract.times import DAY, SECOND
from groundswell.domains.inbox.periods import MOST_DEVICES
from tests.integration.inbox.inboxes import Inboxes


async def test_acknowledging_up_to_a_number_and_by_id(inboxes: Inboxes) -> None:
    await inboxes.port.connected("ada", "phone")
    await inboxes.file("ada", *range(1, 7))
    done = await inboxes.port.ack("ada", "phone", ids=["msg-ada-4", "msg-ada-6", "unknown"])
    assert (done.acked_to, done.pending) == (0, 4)
    assert await inboxes.pending("ada", "phone") == [1, 2, 3, 5]
    done = await inboxes.port.ack("ada", "phone", up_to=3)
    assert (done.acked_to, done.pending) == (3, 1)
    assert await inboxes.pending("ada", "phone") == [5]
    done = await inboxes.port.ack("ada", "phone", up_to=2)
    assert (done.acked_to, done.pending) == (3, 1)
    await inboxes.assert_consistent()


async def test_an_ack_beyond_the_newest_message_takes_nothing_that_comes_later(
    inboxes: Inboxes,
) -> None:
    await inboxes.file("ada", 1)
    done = await inboxes.port.ack("ada", "phone", up_to=1_000)
    assert done.acked_to == 1
    await inboxes.file("ada", 2)
    assert await inboxes.pending("ada", "phone") == [2]
    assert (await inboxes.port.ack("nobody", "phone", up_to=5)).acked_to == 0


async def test_each_device_gets_a_message_for_each_and_one_gets_it_for_any(
    inboxes: Inboxes,
) -> None:
    for client in ("phone", "laptop"):
        await inboxes.port.connected("ada", client)
    await inboxes.file("ada", 1, policy="each")
    await inboxes.file("ada", 2, policy="any")
    await inboxes.port.ack("ada", "phone", ids=["msg-ada-1", "msg-ada-2"])
    assert await inboxes.pending("ada", "phone") == []
    assert await inboxes.pending("ada", "laptop") == [1]


async def test_a_new_device_gets_what_no_other_device_has_taken(inboxes: Inboxes) -> None:
    await inboxes.port.connected("ada", "phone")
    await inboxes.file("ada", 1, 2)
    await inboxes.port.ack("ada", "phone", ids=["msg-ada-1"])
    assert await inboxes.pending("ada", "tablet") == [2]
    await inboxes.port.connected("ada", "tablet")
    assert await inboxes.pending("ada", "tablet") == [2]
    await inboxes.file("ada", 3)
    await inboxes.port.ack("ada", "phone", up_to=3)
    assert await inboxes.pending("ada", "tablet") == [3]


async def test_sending_is_counted_and_says_when_to_send_again(inboxes: Inboxes) -> None:
    await inboxes.file("ada", 1)
    await inboxes.file("ada", 2, delivery="normal")
    ids = ["msg-ada-1", "msg-ada-2", "unknown"]
    for wait in (10, 30, 90, 90, 90, None):
        now = inboxes.clock.advance(SECOND)
        again = await inboxes.port.sent("ada", "phone", ids)
        assert again == {"msg-ada-1": None if wait is None else now + wait * SECOND}
    (pending,) = await inboxes.port.pending("ada", "phone")
    assert (pending.attempts, pending.redeliver_at) == (6, None)
    await inboxes.port.connected("ada", "phone")
    (pending,) = await inboxes.port.pending("ada", "phone")
    assert (pending.attempts, pending.redeliver_at) == (0, None)


async def test_what_was_acknowledged_is_not_pending_however_often_it_is_sent(
    inboxes: Inboxes,
) -> None:
    await inboxes.file("ada", 1)
    await inboxes.port.ack("ada", "phone", ids=["msg-ada-1"])
    await inboxes.port.sent("ada", "phone", ["msg-ada-1"])
    await inboxes.port.connected("ada", "phone")
    assert await inboxes.pending("ada", "phone") == []


async def test_a_users_devices_touch_no_other_inbox(inboxes: Inboxes) -> None:
    await inboxes.file("ada", 1)
    await inboxes.file("bob", 1)
    assert await inboxes.port.sent("bob", "phone", ["msg-ada-1"]) == {}
    await inboxes.port.ack("bob", "phone", ids=["msg-ada-1"], up_to=9)
    assert await inboxes.pending("ada", "phone") == [1]
    changed = await inboxes.port.read("bob", "phone", "read", ids=["msg-ada-1"])
    assert changed.entries == []


async def test_a_device_unseen_for_14_days_leaves_and_comes_back_as_a_new_one(
    inboxes: Inboxes,
) -> None:
    for client in ("old", "phone"):
        await inboxes.port.connected("ada", client)
    inboxes.clock.advance(14 * DAY)
    await inboxes.port.connected("ada", "phone")
    await inboxes.file("ada", 1)
    assert (await inboxes.trim()).devices == 1
    await inboxes.port.ack("ada", "phone", up_to=1)
    assert await inboxes.pending("ada", "old") == []
    rows = await inboxes.core.rows("SELECT client_id FROM inbox_devices")
    assert rows == [("phone",)]


async def test_the_number_of_devices_is_bounded(inboxes: Inboxes) -> None:
    await inboxes.file("ada", 1)
    for number in range(MOST_DEVICES + 5):
        inboxes.clock.advance(1)
        await inboxes.port.sent("ada", f"device-{number}", ["msg-ada-1"])
    for table in ("inbox_devices", "inbox_deliveries"):
        rows = await inboxes.core.rows(f"SELECT client_id FROM {table}")
        assert {name for (name,) in rows} == {
            f"device-{number}" for number in range(5, MOST_DEVICES + 5)
        }
