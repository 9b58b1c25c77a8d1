"""What goes the other way: acknowledgements, read states, presence, reported actions."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from groundswell.contract.errors import Overloaded
from groundswell.contract.inbox import PendingMessage
from groundswell.realtime.access import TopicAccess
from groundswell.realtime.credentials import Credentials
from groundswell.realtime.gateway.frames import Action
from groundswell.realtime.gateway.publishing import ActionNotAllowed
from groundswell.realtime.presence.memory import MemoryPresence
from groundswell.realtime.presence.watching import PresenceWatch
from tests.unit.realtime.gateway.dialogue import Peer, World, settle, user, visitor
from tests.unit.realtime.memory_inbox import MemoryInbox

INBOX = "user.1.inbox"


def with_inbox() -> tuple[World, MemoryInbox]:
    options: dict[str, Any] = {}
    world = World()
    inbox = MemoryInbox(world)
    options["inbox"] = inbox
    fresh = World(options=options)
    inbox.world = fresh
    return fresh, inbox


async def device(world: World, client_id: str = "phone", **fields: Any) -> Peer:
    fields.setdefault("features", ["batch", "ack", "readstate"])
    peer = await world.hello(user("1"), clientId=client_id, **fields)
    await peer.ask("SUBSCRIBE", topics=[INBOX])
    return peer


async def test_what_a_device_has_not_acknowledged_is_told_when_it_connects() -> None:
    world, inbox = with_inbox()
    await inbox.file(3)
    peer = await device(world)
    (batch,) = peer.heard("BATCH")
    assert batch["reason"] == "inbox"
    assert [one["id"] for one in batch["messages"]] == ["msg-1", "msg-2", "msg-3"]
    assert {one["delivery"] for one in batch["messages"]} == {"critical"}
    peer.connection.gone()
    again = await device(world)
    assert len(again.heard("BATCH")[0]["messages"]) == 3


async def test_what_comes_while_a_device_registers_counts_as_sent_once() -> None:
    """8.3: else it would be told again after 30 seconds only, as what was told twice."""
    world, inbox = with_inbox()
    await inbox.file()
    read = inbox.pending

    async def pending(*arguments: Any) -> list[PendingMessage]:
        inbox.pending = read  # type: ignore[method-assign]
        await inbox.file()
        await settle()
        return await read(*arguments)

    inbox.pending = pending  # type: ignore[method-assign, assignment]
    peer = await device(world)
    await settle()
    assert [one["id"] for one in peer.heard("EVENT")] == ["msg-2"]
    peer.forget()
    world.pass_time(12)
    await settle()
    (again,) = peer.heard("BATCH")
    assert [one["id"] for one in again["messages"]] == ["msg-1", "msg-2"]
    assert (again["reason"], again["attempt"]) == ("redelivery", 2)


async def test_an_acknowledged_message_is_never_told_to_that_device_again() -> None:
    world, inbox = with_inbox()
    await inbox.file(3)
    peer = await device(world)
    assert await peer.ask("ACK", ids=["msg-1", "msg-3"]) == []
    peer.connection.gone()
    again = await device(world)
    assert [one["id"] for one in again.heard("BATCH")[0]["messages"]] == ["msg-2"]
    other = await device(world, "laptop")
    assert len(other.heard("BATCH")[0]["messages"]) == 3


async def test_without_an_acknowledgement_it_is_told_again_after_10_30_and_90_seconds() -> None:
    world, inbox = with_inbox()
    peer = await device(world, features=["batch", "ack"])
    await inbox.file()
    await settle()
    assert peer.offsets(INBOX) == [1]
    moments = []
    for second in range(200):
        peer.forget()
        world.pass_time(1)
        await settle()
        for batch in peer.heard("BATCH"):
            moments.append((second, batch["reason"], batch["attempt"]))
    assert moments == [
        (pytest.approx(10, abs=1), "redelivery", 2),
        (pytest.approx(41, abs=2), "redelivery", 3),
        (pytest.approx(132, abs=4), "redelivery", 4),
    ]


async def test_an_acknowledgement_ends_the_telling_again() -> None:
    world, inbox = with_inbox()
    peer = await device(world)
    await inbox.file(2)
    await settle()
    await peer.ask("ACK", topic=INBOX, offset=2)
    peer.forget()
    world.pass_time(15)
    await settle()
    assert peer.heard("BATCH") == []
    assert inbox.acked == {("phone", "msg-1"), ("phone", "msg-2")}


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({}, 1001),
        ({"topic": INBOX, "offset": 9}, 1303),
        ({"topic": "user.2.inbox", "offset": 1}, 1103),
        ({"topic": "user.1.social", "offset": 1}, 1103),
        ({"topic": INBOX}, 1001),
    ],
)
async def test_an_acknowledgement_of_nothing_known_is_refused(
    fields: dict[str, Any], code: int
) -> None:
    world, inbox = with_inbox()
    await inbox.file()
    peer = await device(world)
    (error,) = await peer.ask("ACK", **fields)
    assert error["code"] == code
    assert inbox.acked == set()


async def test_only_users_on_devices_with_a_name_have_an_inbox() -> None:
    world, _ = with_inbox()
    for caller, code in ((visitor(), 1101), (user("1"), 1001)):
        peer = await world.hello(caller)
        (error,) = await peer.ask("ACK", ids=["msg-1"])
        assert error["code"] == code


async def test_what_a_user_has_read_is_answered_with_the_state_of_all() -> None:
    world, inbox = with_inbox()
    peer = await device(world)
    (told,) = await peer.ask(
        "READ", ids=["msg-1"], state="read", at="2026-03-15T14:31:10Z", ref="r"
    )
    assert told == {
        "type": "READ_STATE",
        "ref": "r",
        "entries": [{"id": "msg-1", "state": "read", "at": "2026-03-15T14:31:10Z", "by": "phone"}],
        "unread": {INBOX: 1},
        "vv": {"n1": 77},
    }
    assert inbox.marked[0][:3] == ("1", "phone", "read")
    assert inbox.marked[0][3]["at"] == 1_773_585_070_000_000
    (error,) = await peer.ask("READ", ids=["msg-1"], state="read", at="yesterday")
    assert error["code"] == 1001


def with_presence(*permitted: str) -> tuple[World, PresenceWatch]:
    async def may(_: str, user_id: str | None) -> bool:
        return user_id in permitted

    world = World()
    presence = MemoryPresence(clock=lambda: made.now)
    watch = PresenceWatch(presence)
    made = World(
        now=world.now,
        options={
            "admit": TopicAccess(presence=may).admit,
            "presence": presence,
            "presence_watch": watch,
        },
    )
    return made, watch


async def test_presence_is_told_to_those_who_watch_and_leaves_with_bye() -> None:
    world, watch = with_presence("1", "2")
    watcher = await world.hello(user("1"), features=["presence"])
    await watcher.ask("SUBSCRIBE", topics=["presence.room"], options={"presence": True})
    other = await world.hello(user("2"), features=["presence"])
    (told,) = await other.ask(
        "PRESENCE", topic="presence.room", op="enter", data={"mood": "fine"}, ref="p"
    )
    assert told == {"type": "PRESENCE_STATE", "topic": "presence.room", "count": 1, "ref": "p"}
    watcher.forget()
    await watch.look()
    (state,) = watcher.heard("PRESENCE_STATE")
    assert [(one["userId"], one["data"]) for one in state["members"]] == [("2", {"mood": "fine"})]
    other.say("BYE")
    await settle()
    await watch.look()
    assert watcher.heard("PRESENCE_DIFF")[0]["leaves"] == ["2"]


async def test_in_the_background_presence_is_not_told_and_back_again_it_is_told_as_it_is() -> None:
    """Section 9: FLOW background turns presence diffs off."""
    world, watch = with_presence("1", "2")
    watcher = await world.hello(user("1"), features=["presence"])
    await watcher.ask("SUBSCRIBE", topics=["presence.room"], options={"presence": True})
    await watch.look()
    await watcher.ask("FLOW", state="background")
    other = await world.hello(user("2"))
    await other.ask("PRESENCE", topic="presence.room", op="enter")
    await watch.look()
    assert watcher.heard("PRESENCE_DIFF", "PRESENCE_STATE") == []
    await watcher.ask("FLOW", state="foreground")
    await watch.look()
    (state,) = watcher.heard("PRESENCE_STATE")
    assert [one["userId"] for one in state["members"]] == ["2"]


async def test_who_leaves_the_foreground_is_away_unless_another_device_is_there() -> None:
    """Online and away: the most present device counts, and who hides stays hidden."""
    world, watch = with_presence("1", "2", "3")
    watcher = await world.hello(user("1"), features=["presence"])
    await watcher.ask("SUBSCRIBE", topics=["presence.room"], options={"presence": True})
    phone, laptop = [await world.hello(user("2"), clientId=name) for name in ("phone", "laptop")]
    hidden = await world.hello(user("3"))
    await hidden.ask("PRESENCE", topic="presence.room", op="enter", incognito=True)
    await phone.ask("PRESENCE", topic="presence.room", op="enter", data={"mood": "fine"})
    await laptop.ask("FLOW", state="background")
    await laptop.ask("PRESENCE", topic="presence.room", op="enter")

    async def seen() -> list[tuple[str, str]]:
        (told,) = await watcher.ask("PRESENCE", topic="presence.room", op="list", ref="l")
        return [(one["userId"], one["status"]) for one in told["members"]]

    await watch.look()
    assert await seen() == [("2", "online")]
    for peer in (phone, hidden):
        await peer.ask("FLOW", state="background")
    assert await seen() == [("2", "away")]
    await watch.look()
    (change,) = watcher.heard("PRESENCE_DIFF")
    assert [(one["userId"], one["status"]) for one in change["updates"]] == [("2", "away")]
    for peer in (laptop, hidden):
        await peer.ask("FLOW", state="foreground")
    assert await seen() == [("2", "online")]


async def test_presence_lasts_as_long_as_the_connection() -> None:
    world, _ = with_presence("1")
    peer = await world.hello(user("1"))
    await peer.ask("PRESENCE", topic="presence.room", op="enter")
    for _ in range(30):
        world.pass_time(10)
        await settle()
    (told,) = await peer.ask("PRESENCE", topic="presence.room", op="list")
    assert told["count"] == 1


async def test_presence_is_for_those_who_are_permitted() -> None:
    world, _ = with_presence("1")
    peer = await world.hello(user("2"))
    for op in ("enter", "list", "count", "leave", "update"):
        (error,) = await peer.ask("PRESENCE", topic="presence.room", op=op)
        assert error["code"] == 1103
    one = await world.hello(user("1"))
    (error,) = await one.ask(
        "PRESENCE", topic="presence.room", op="enter", data={"text": "x" * 1024}
    )
    assert error["code"] == 1003
    (error,) = await one.ask("PRESENCE", topic="activity", op="list")
    assert error["code"] == 1001


async def test_an_incognito_user_is_not_seen() -> None:
    world, _ = with_presence("1")
    peer = await world.hello(user("1"))
    await peer.ask("PRESENCE", topic="presence.room", op="enter", incognito=True)
    (told,) = await peer.ask("PRESENCE", topic="presence.room", op="count")
    assert told["count"] == 0


async def test_reported_actions_are_answered_one_by_one() -> None:
    done: list[tuple[str | None, str, bytes]] = []

    async def act(credentials: Credentials, action: Action) -> str | None:
        if action.action == "erase":
            raise ActionNotAllowed("Clients may not report erase.")
        if action.action == "flood":
            raise Overloaded
        done.append((credentials.user_id, action.key, bytes(action.data)))
        return f"id-{action.key}"

    world = World(options={"act": act})
    peer = await world.hello(user("1"))
    messages = [
        {"key": "a", "action": "play", "occurredAt": "2026-03-15T14:31:10Z", "data": {"m": 1}},
        {"key": "b", "action": "erase"},
        {"key": "c", "action": "flood"},
        {"key": "a", "action": "play", "data": {"m": 1}},
    ]
    (told,) = await peer.ask("PUBLISH", ref="p", messages=messages)
    assert (told["type"], told["ref"]) == ("RESULT", "p")
    assert told["results"]["a"] == {"ok": True, "id": "id-a"}
    assert told["results"]["b"]["error"]["code"] == 1402
    assert told["results"]["c"]["error"]["code"] == 1501
    assert told["results"]["c"]["error"]["retryable"] is True
    assert [one[:2] for one in done] == [("1", "a")]
    assert msgspec.json.decode(done[0][2]) == {"m": 1}
    for wrong in ([], [{"key": str(n), "action": "play"} for n in range(51)]):
        (error,) = await peer.ask("PUBLISH", messages=wrong)
        assert error["code"] == 1001
