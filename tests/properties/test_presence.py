"""P3: to others, whoever is invisible is like whoever is offline, byte for byte, in any history.

Two worlds live through the same history up to a moment. There, in one, Ada's devices all go; in the
other one of them turns invisible and stays, while the rest of them do as they like. From then on
nothing that a watcher is told, and nothing that anybody can ask for, may differ.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from groundswell.contract.times import SECOND
from groundswell.realtime.presence.base import Presence
from groundswell.realtime.presence.members import Device, Status
from groundswell.realtime.presence.memory import MemoryPresence
from groundswell.realtime.presence.redis import RedisPresence
from groundswell.realtime.presence.watching import PresenceWatch
from tests.services.redis import RedisServer
from tests.support.core import ManualClock

SCOPE = "presence.lobby"
HIDING = Device("ada", "hiding")
ADA = (HIDING, Device("ada", "laptop"), Device("ada", "phone"))
OTHERS = (Device("bob", "phone"), Device("cay", "phone"))

Deed = tuple[str, Device, Status, bytes]


def _deeds(devices: Sequence[Device]) -> st.SearchStrategy[Deed]:
    return st.tuples(
        st.sampled_from(["enter", "update", "heartbeat", "leave"]),
        st.sampled_from(devices),
        st.sampled_from(["online", "away", "invisible"]),
        st.sampled_from([b"{}", b'{"room":"red"}', b'{"room":"blue"}']),
    )


waits = st.integers(0, 30)
"""Seconds; a device of which nothing is heard for 45 is gone."""
before = st.lists(st.tuples(_deeds((*ADA, *OTHERS)), waits), max_size=12)
after = st.lists(st.tuples(_deeds(ADA[1:]), _deeds(OTHERS), waits), min_size=1, max_size=12)

Before = list[tuple[Deed, int]]
After = list[tuple[Deed, Deed, int]]


class World:
    """A presence and somebody who watches it from the beginning."""

    def __init__(self, presence: Presence, clock: ManualClock) -> None:
        self._presence = presence
        self._clock = clock
        self._watch = PresenceWatch(presence)
        self._told: list[bytes] = []
        self._watch.watch(SCOPE, self, lambda said: self._told.append(msgspec.json.encode(said)))

    async def do(self, deed: Deed) -> None:
        kind, device, status, data = deed
        if kind in ("enter", "update"):
            await getattr(self._presence, kind)(SCOPE, device, status, data)
        else:
            await getattr(self._presence, kind)(SCOPE, device)
        await self._watch.look()

    async def go(self) -> None:
        """All of Ada's devices leave, and are looked at when the last has gone."""
        for device in ADA:
            await self._presence.leave(SCOPE, device)
        await self._watch.look()

    async def hide(self) -> None:
        await self.do(("enter", HIDING, "invisible", b'{"room":"secret"}'))

    async def wait(self, seconds: int) -> None:
        self._clock.advance(seconds * SECOND)
        await self._watch.look()

    async def stay_hidden(self) -> None:
        assert await self._presence.heartbeat(SCOPE, HIDING)

    async def shown(self) -> dict[str, Any]:
        """Everything that anybody else can see or was told; and what there was to tell is over."""
        told, self._told = self._told, []
        return {
            "told": told,
            "members": msgspec.json.encode(await self._presence.members(SCOPE)),
            "first page": msgspec.json.encode(await self._presence.members(SCOPE, None, 1)),
            "count": await self._presence.count(SCOPE),
            "at a glance": (await self._presence.glance([SCOPE]))[SCOPE].count,
        }


async def _live_through(gone: World, hidden: World, before: Before, after: After) -> None:
    both = (gone, hidden)
    for deed, seconds in before:
        for world in both:
            await world.do(deed)
            await world.wait(seconds)
        assert await gone.shown() == await hidden.shown()
    await gone.go()
    await hidden.hide()
    assert await gone.shown() == await hidden.shown()
    for ada, other, seconds in after:
        await hidden.do(ada)
        for world in both:
            await world.do(other)
            await world.wait(seconds)
        await hidden.stay_hidden()
        assert await gone.shown() == await hidden.shown()


async def _compare(make: Callable[[ManualClock], Presence], before: Before, after: After) -> None:
    clocks = ManualClock(), ManualClock()
    gone, hidden = (World(make(clock), clock) for clock in clocks)
    await _live_through(gone, hidden, before, after)


@given(before, after)
async def test_p3_invisible_is_like_offline(before: Before, after: After) -> None:
    await _compare(lambda clock: MemoryPresence(clock=clock), before, after)


@asynccontextmanager
async def _redis_presences(url: str) -> AsyncIterator[Callable[[ManualClock], RedisPresence]]:
    made: list[RedisPresence] = []

    def make(clock: ManualClock) -> RedisPresence:
        made.append(RedisPresence(url, namespace=uuid4().hex, clock=clock))
        return made[-1]

    try:
        yield make
    finally:
        for one in made:
            await one.close()


@given(before, after)
async def test_p3_holds_for_presence_in_redis(
    redis_server: RedisServer, before: Before, after: After
) -> None:
    async with _redis_presences(redis_server.url) as make:
        await _compare(make, before, after)
