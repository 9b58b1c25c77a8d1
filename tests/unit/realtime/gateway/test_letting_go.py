"""A connection that is over is free at once: nobody has to look for circles of its parts."""

from __future__ import annotations

import gc
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from groundswell.realtime.codes import CloseCode
from groundswell.realtime.gateway.connection import Connection
from groundswell.realtime.gateway.errors import Refused
from groundswell.realtime.gateway.hearing import Hearing
from groundswell.realtime.gateway.jobs import Jobs
from groundswell.realtime.gateway.outlet import Outlet
from groundswell.realtime.gateway.telling import TailoredTelling
from tests.unit.realtime.gateway.dialogue import FakeLink, Peer, World, settle, user
from tests.unit.realtime.gateway.test_devices import with_inbox, with_presence
from tests.unit.realtime.gateway.test_last_words import acting

PARTS = (Connection, FakeLink, Hearing, Jobs, Outlet, TailoredTelling, Refused)
SCOPE = "presence.room"


Present = Callable[[], list[str]]


@pytest.fixture
def present() -> Iterator[Present]:
    """What there is of connections and their parts, beside those of other tests."""

    def names() -> list[str]:
        return [type(one).__name__ for one in gc.get_objects() if isinstance(one, PARTS)]

    gc.disable()
    # What is there already, millions of objects after many tests, is not looked at again.
    gc.freeze()
    yield names
    gc.unfreeze()
    gc.enable()


async def plain() -> tuple[World, Peer]:
    world = World()
    return world, await world.subscribed("activity", "hot")


async def tailored() -> tuple[World, Peer]:
    world = World()
    peer = await world.subscribed("activity", minIntervalMs=1_000)
    await world.publish(count=3)
    return world, peer


async def refused() -> tuple[World, Peer]:
    world = World()
    peer = await world.hello()
    for _ in range(3):
        (told,) = await peer.ask("HELLO", protocol=1)
        assert told["type"] == "ERROR"
    return world, peer


async def slow() -> tuple[World, Peer]:
    world = World()
    peer = await world.subscribed("activity")
    peer.link.pending_bytes = 10**9
    await world.publish(count=3)
    assert world.gateway.statistics().behind == 1
    return world, peer


async def at_work() -> tuple[World, Peer]:
    world, _ = acting()
    peer = await world.hello(user("1"))
    peer.say("SUBSCRIBE", topics=["activity"])
    peer.say("PUBLISH", messages=[{"key": str(one), "action": "play"} for one in range(20)])
    return world, peer


async def device() -> tuple[World, Peer]:
    world, inbox = with_inbox()
    await inbox.file(3)
    peer = await world.hello(user("1"), clientId="phone", features=["batch", "ack", "readstate"])
    await peer.ask("SUBSCRIBE", topics=["user.1.inbox"])
    assert peer.connection.device is not None
    return world, peer


async def among_others() -> tuple[World, Peer]:
    world, _ = with_presence("1")
    peer = await world.hello(user("1"), features=["presence"])
    await peer.ask("SUBSCRIBE", topics=[SCOPE], options={"presence": True})
    await peer.ask("PRESENCE", topic=SCOPE, op="enter", data={})
    assert peer.connection.viewing is not None
    assert peer.connection.appearance is not None
    return world, peer


KINDS: list[Callable[[], Awaitable[tuple[World, Peer]]]] = [
    plain,
    tailored,
    refused,
    slow,
    at_work,
    device,
    among_others,
]


@pytest.mark.parametrize("how", ["gone", "RESTART", "POLICY_CHANGED"])
@pytest.mark.parametrize("begin", KINDS)
async def test_nothing_is_left_of_it(begin: Any, how: str, present: Present) -> None:
    world, peer = await begin()
    connection = peer.connection
    assert "Connection" in present()
    if how != "gone":
        connection.close(CloseCode[how], "")
        await settle()
    connection.gone()
    await settle(200)
    del peer, connection
    # Until its turn on the wheel comes, a little of it stays; the link does not.
    assert "FakeLink" not in present()
    world.pass_time(120)
    await settle()
    assert present() == []
