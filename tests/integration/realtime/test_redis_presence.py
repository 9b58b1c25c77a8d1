"""Presence in Redis: the same as in one process, seen by several."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundswell.contract.times import SECOND
from groundswell.realtime.broker.base import Degraded
from groundswell.realtime.presence.members import Device
from groundswell.realtime.presence.memory import MemoryPresence
from groundswell.realtime.presence.redis import RedisPresence
from tests.services.redis import RedisServer
from tests.support.core import ManualClock
from tests.unit.realtime.presence_conformance import (
    BOB,
    PHONE,
    ROOM,
    SCOPE,
    PresenceConformance,
    told,
)

_steps = st.lists(
    st.tuples(
        st.sampled_from(["enter", "update", "heartbeat", "leave", "wait"]),
        st.sampled_from([Device(user, client) for user in "ab" for client in "xyz"]),
        st.sampled_from(["online", "away", "invisible"]),
        st.sampled_from([b"{}", ROOM]),
        st.integers(1, 40),
    ),
    max_size=25,
)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def presence(redis_server: RedisServer, clock: ManualClock) -> AsyncIterator[RedisPresence]:
    presence = RedisPresence(redis_server.url, namespace=uuid4().hex, clock=clock)
    yield presence
    await presence.close()


class TestRedisPresence(PresenceConformance):
    """The same tests as for the one in memory."""


@settings(max_examples=40)
@given(_steps)
async def test_it_shows_what_the_one_in_memory_shows(
    redis_server: RedisServer, steps: list[tuple[str, Device, str, bytes, int]]
) -> None:
    clock = ManualClock()
    shared = RedisPresence(redis_server.url, namespace=uuid4().hex, clock=clock)
    alone = MemoryPresence(clock=clock)
    try:
        for done, device, status, data, seconds in steps:
            clock.advance(1_000)
            if done == "wait":
                clock.advance(seconds * SECOND)
                continue
            details = (status, data) if done in {"enter", "update"} else ()
            answers = [await getattr(one, done)(SCOPE, device, *details) for one in (shared, alone)]
            assert answers[0] == answers[1]
            pages = [await one.members(SCOPE) for one in (shared, alone)]
            assert told(pages[0]) == told(pages[1])
            assert pages[0].count == pages[1].count
    finally:
        await shared.close()


async def test_two_processes_see_the_same(redis_server: RedisServer, clock: ManualClock) -> None:
    namespace = uuid4().hex
    one, other = (
        RedisPresence(redis_server.url, namespace=namespace, clock=clock) for _ in range(2)
    )
    await one.enter(SCOPE, PHONE, "online", ROOM)
    await other.enter(SCOPE, BOB, "away", b"{}")
    assert told(await one.members(SCOPE)) == told(await other.members(SCOPE))
    assert await one.glance([SCOPE]) == await other.glance([SCOPE])
    assert await other.heartbeat(SCOPE, PHONE)
    await one.close()
    await other.close()


async def test_any_number_may_come_at_once(presence: RedisPresence) -> None:
    devices = [Device(f"u{number}", "phone") for number in range(300)]
    await asyncio.gather(*(presence.enter(SCOPE, one, "online", b"{}") for one in devices))
    assert await presence.count(SCOPE) == 300


async def test_without_redis_presence_says_so(own_redis: RedisServer, clock: ManualClock) -> None:
    presence = RedisPresence(own_redis.url, namespace="x", clock=clock)
    await presence.enter(SCOPE, PHONE, "online", b"{}")
    own_redis.stop()
    with pytest.raises(Degraded):
        await presence.enter(SCOPE, PHONE, "online", b"{}")
    with pytest.raises(Degraded):
        await presence.members(SCOPE)
    with pytest.raises(Degraded):
        await presence.glance([SCOPE])
    own_redis.start()
    await presence.enter(SCOPE, PHONE, "online", b"{}")
    assert await presence.count(SCOPE) == 1
    await presence.close()
