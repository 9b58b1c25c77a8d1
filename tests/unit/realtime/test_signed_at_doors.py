"""Section 9: events signed on streams and for polls, as the gateway signs them."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from groundswell.access.signing import PublicKeys, SigningKey
from groundswell.contract.errors import Invalid
from groundswell.contract.inbox import InboxMessage, PendingMessage
from groundswell.realtime.doors.device import Device
from groundswell.realtime.doors.polling.door import Waiter
from groundswell.realtime.doors.sse.blocks import event_blocks, event_form
from tests.services.verifying import elements, members, verify
from tests.unit.realtime.builders import START, envelope, person, publication
from tests.unit.realtime.polling import PollingClient, Process

KEY = SigningKey(b"s" * 32)
KEYS = msgspec.to_builtins(PublicKeys([KEY.public]))


async def answered(process: Process, cursor: str, **options: Any) -> tuple[str, list[str]]:
    """The next cursor, and the EVENTs of one poll as they came."""
    raw = await process.door.poll(cursor, person(), Waiter(), wait=0, **options)
    parts = dict(members(raw.decode()))
    return json.loads(parts["cursor"]), elements(parts["messages"])


async def test_a_poll_that_asks_gets_signed_events_and_another_the_plain_ones() -> None:
    process = Process(sign=KEY.sign)
    client = await PollingClient(process).register("activity")
    await process.publish(publication(1), publication(2))
    _, plain = await answered(process, client.cursor)
    cursor, signed = await answered(process, client.cursor, signed=True)
    assert [verify(one, KEYS)["seq"] for one in signed] == [1, 2]
    assert [one[: one.index(',"sig"')] + "}" for one in signed] == plain
    await process.publish(publication(3, "hot", state=True), publication(4))
    _, signed = await answered(process, cursor, signed=True)
    assert [verify(one, KEYS)["seq"] for one in signed] == [4]


async def test_what_a_registration_tells_is_signed_too() -> None:
    process = Process(sign=KEY.sign)
    await process.publish(publication(1), publication(2))
    raw = await process.door.register(["activity"], person(), history=2, signed=True)
    told = elements(dict(members(raw.decode()))["messages"])
    assert [verify(one, KEYS)["seq"] for one in told] == [1, 2]


async def test_where_nothing_is_signed_who_asks_is_refused() -> None:
    process = Process()
    with pytest.raises(Invalid, match="not signed"):
        await process.door.register(["activity"], person(), signed=True)
    client = await PollingClient(process).register("activity")
    with pytest.raises(Invalid, match="not signed"):
        await process.door.poll(client.cursor, person(), Waiter(), signed=True)


def test_a_stream_has_a_form_with_signatures_and_one_without() -> None:
    event = envelope(5)
    plain, signed = event_form("log"), event_form("log", KEY.sign)
    (block,) = event_blocks([event], signed)
    data = next(line for line in block.decode().splitlines() if line.startswith("data: "))
    assert verify(data.removeprefix("data: "), KEYS)["seq"] == 5
    (block,) = event_blocks([event], plain)
    assert b'"sig"' not in block


class OnePending:
    """An inbox with one message that waits."""

    async def pending(self, *_: Any) -> list[PendingMessage]:
        message = InboxMessage(
            id="msg-1",
            user_id="7",
            seq=1,
            log_seq=9,
            event_type="reward.earned",
            data={"amount": 5.0},
            at=START,
            delivery="critical",
            policy="each",
        )
        return [PendingMessage(message=message, attempts=0, redeliver_at=None)]


async def test_the_inbox_of_a_device_is_signed_for_a_device_that_asks() -> None:
    inbox: Any = OnePending()
    due = await Device(inbox, "7", "phone", lambda: START, KEY.sign).due(9)
    assert verify(due.events[0].decode(), KEYS)["id"] == "msg-1"
    due = await Device(inbox, "7", "phone", lambda: START).due(9)
    assert b'"sig"' not in due.events[0]
