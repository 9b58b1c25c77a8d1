"""Section 9: events with a signature for those who ask, the same bytes without one for the rest."""

from __future__ import annotations

from typing import Any

import jwt
import msgspec
import pytest

from groundswell.access.signing import PublicKeys, SigningKey
from tests.services.verifying import events_in, verify
from tests.unit.realtime.builders import publication
from tests.unit.realtime.gateway.dialogue import Peer, World, settle, user
from tests.unit.realtime.memory_inbox import MemoryInbox

KEY = SigningKey(b"s" * 32)
KEYS = msgspec.to_builtins(PublicKeys([KEY.public]))


class Signer:
    """Counts what it signs."""

    def __init__(self) -> None:
        self.signed: list[bytes] = []

    def __call__(self, payload: bytes) -> str:
        self.signed.append(payload)
        return KEY.sign(payload)


def signing(**options: Any) -> tuple[World, Signer]:
    signer = Signer()
    return World(options={"sign": signer, **options}), signer


def events(peer: Peer) -> list[str]:
    """Every EVENT as it came, alone, in a BATCH or on a page."""
    told = [one for one in peer.link.raw if b'"type":"EVENT"' in one]
    return [event for one in told for event in events_in(one)]


def offsets(told: list[str]) -> list[int]:
    """Of events whose signatures hold."""
    return [verify(one, KEYS)["offset"] for one in told]


async def test_who_asks_gets_signed_events_and_who_does_not_the_plain_bytes() -> None:
    world, signer = signing()
    asks, too = [await world.subscribed("activity", signed=True) for _ in range(2)]
    plain = await world.subscribed("activity")
    await world.publish("activity", 3)
    assert offsets(events(asks)) == [1, 2, 3]
    assert asks.link.raw == too.link.raw
    assert all("sig" not in one for one in plain.heard("EVENT"))
    assert [one[:-1] for one in plain.link.raw] == [
        one[: one.index(b',"sig"')] for one in asks.link.raw
    ]
    assert len(signer.signed) == 3


async def test_while_nobody_asks_nothing_is_signed() -> None:
    world, signer = signing()
    peer = await world.subscribed("activity")
    await world.publish("activity", 2)
    await peer.ask("HISTORY", topic="activity")
    assert peer.connection.subscriptions["activity"].plain >= 0
    assert signer.signed == []


async def test_the_past_is_signed_like_the_present_and_once_for_all() -> None:
    world, signer = signing()
    live = await world.subscribed("activity", signed=True)
    await world.publish("activity", 4)
    late = await world.hello(user("2"))
    await late.ask("SUBSCRIBE", topics=["activity"], options={"history": 3, "signed": True})
    assert offsets(events(late)) == [2, 3, 4]
    assert events(late) == events(live)[1:]
    await late.ask("HISTORY", topic="activity", signed=True, limit=2)
    assert offsets(events(late)) == [4, 3]
    await late.ask("HISTORY", topic="activity", limit=1)
    assert "sig" not in late.heard("HISTORY_PAGE")[0]["messages"][0]
    assert len(signer.signed) == 4


async def test_one_by_one_the_past_is_signed_too() -> None:
    world, _ = signing()
    await world.publish("activity", 2)
    peer = await world.hello(features=[])
    await peer.ask("SUBSCRIBE", topics=["activity"], options={"history": 5, "signed": True})
    assert peer.types().count("EVENT") == 2
    assert offsets(events(peer)) == [1, 2]


async def test_what_is_told_together_or_late_is_signed() -> None:
    world, _ = signing()
    peer = await world.hello(user("1"), features=["batch"])
    await peer.ask("SUBSCRIBE", topics=["activity"], options={"signed": True, "maxRatePerSec": 1})
    slow = await world.subscribed("activity", signed=True)
    slow.link.pending_bytes = 10_000_000
    peer.forget()
    await world.publish("activity", 3)
    world.pass_time(2)
    assert peer.types() == ["BATCH"]
    assert offsets(events(peer)) == [1, 2, 3]
    assert events(slow) == []
    slow.read_all()
    assert events(slow) == events(peer)


async def test_a_signed_topic_is_told_state_by_state_not_by_differences() -> None:
    world, _ = signing()
    asked = {"delta": "jsonpatch", "snapshot": True}
    peers = []
    for options in (asked, {**asked, "signed": True}):
        peer = await world.hello(features=["delta-jsonpatch", "snapshot"])
        await peer.ask("SUBSCRIBE", topics=["hot"], options=options)
        peers.append(peer)
    for seq in (1, 2, 3):
        data = msgspec.json.encode({"eventType": "x", "n": seq, "rest": "y" * 500})
        await world.broker.publish([publication(seq, "hot", state=True, data=data)])
    plain, signed = peers
    assert plain.types().count("DELTA") == 2
    assert signed.types().count("DELTA") == 0
    assert offsets(events(signed)) == [1, 2, 3]


async def test_asking_again_without_it_ends_it() -> None:
    world, _ = signing()
    peer = await world.subscribed("activity", signed=True)
    await peer.ask("SUBSCRIBE", topics=["activity"])
    peer.forget()
    await world.publish("activity", 1)
    (event,) = peer.heard("EVENT")
    assert "sig" not in event


async def test_critical_messages_are_signed_whenever_they_are_told() -> None:
    world = World()
    inbox = MemoryInbox(world)
    inbox.world, _ = signing(inbox=inbox)
    await inbox.file(2)
    peer = await inbox.world.hello(user("1"), clientId="phone", features=["batch", "ack"])
    await peer.ask("SUBSCRIBE", topics=["user.1.inbox"], options={"signed": True})
    (told,) = peer.heard("BATCH")
    assert told["reason"] == "inbox"
    assert [verify(one, KEYS)["id"] for one in events(peer)] == ["msg-1", "msg-2"]
    peer.forget()
    inbox.world.pass_time(11)
    await settle()
    (told,) = peer.heard("BATCH")
    assert told["reason"] == "redelivery"
    assert [verify(one, KEYS)["id"] for one in events(peer)] == ["msg-1", "msg-2"]


@pytest.mark.parametrize("field", ["topic", "id", "seq", "data"])
async def test_an_event_that_was_changed_on_its_way_is_noticed(field: str) -> None:
    world, _ = signing()
    peer = await world.subscribed("activity", signed=True)
    await world.publish("activity", 1)
    (event,) = events(peer)
    changed = {
        "topic": event.replace('"topic":"activity"', '"topic":"hot"'),
        "id": event.replace('"id":"msg-1"', '"id":"msg-2"'),
        "seq": event.replace('"seq":1', '"seq":2'),
        "data": event.replace('"n":1', '"n":2'),
    }[field]
    assert changed != event
    with pytest.raises(jwt.InvalidSignatureError):
        verify(changed, KEYS)


async def test_where_nothing_is_signed_who_asks_is_told_so() -> None:
    world = World()
    peer = await world.hello(features=["sig"])
    assert peer.welcome["features"] == []  # type: ignore[attr-defined]
    for kind, fields in (
        ("SUBSCRIBE", {"topics": ["activity"], "options": {"signed": True}}),
        ("HISTORY", {"topic": "activity", "signed": True}),
    ):
        (error,) = await peer.ask(kind, **fields)
        assert (error["code"], error["name"]) == (1004, "unsupported_feature")
    offered, _ = signing()
    peer = await offered.hello(features=["sig"])
    assert peer.welcome["features"] == ["sig"]  # type: ignore[attr-defined]
