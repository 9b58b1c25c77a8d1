"""Windows shared through a real Redis, and what happens while it is away."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from groundswell.access.limits import Limit, RateLimits
from groundswell.access.principal import RateKey
from groundswell.access.redis_windows import RedisWindows
from groundswell.contract.errors import RateLimited
from groundswell.contract.times import DAY, SECOND
from tests.services.ports import free_port
from tests.services.process import ChildProcess

MIDNIGHT = 20_000 * DAY
NOON = MIDNIGHT + DAY // 2
_names = count()


class Clock:
    """A clock that stands until it is moved; the Redis client is made to read it too."""

    def __init__(self, now: int = NOON) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now

    def time(self) -> float:
        return self.now / SECOND


@pytest.fixture(scope="module")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Redis of the tests' own that keeps nothing."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.fail("Redis is not installed (Debian: redis-server)")
    directory: Path = tmp_path_factory.mktemp("redis")
    port, log = free_port(), directory / "log"
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(directory)]
    server = ChildProcess([program, *options], log=log)
    server.start()
    try:
        server.wait_until(lambda: "Ready to accept" in server.logs(), seconds=10)
        yield f"redis://127.0.0.1:{port}"
    finally:
        server.end()


def limited(url: str, clock: Clock, monkeypatch: pytest.MonkeyPatch, limit: Limit) -> RateLimits:
    monkeypatch.setattr("limits.aio.storage.redis.redispy.time", SimpleNamespace(time=clock.time))
    return RateLimits((limit,), RedisWindows(url), clock)


async def accepted(limits: RateLimits, action: str, key: str | RateKey) -> bool:
    try:
        await limits.hit(action, key)
    except RateLimited:
        return False
    return True


def action() -> str:
    """A name that no other example used, so that each begins with an empty window."""
    return f"vote{next(_names)}"


@given(
    st.integers(1, 5),
    st.integers(1, 5),
    st.lists(st.tuples(st.integers(0, 6), st.booleans()), max_size=40),
)
def test_two_processes_together_accept_exactly_the_limit(
    redis_server: str, times_allowed: int, seconds: int, hits: list[tuple[int, bool]]
) -> None:
    """Feature: social-engagement, Property 12: Rate Limiting Enforcement (shared).

    Unlike in memory, a hit still counts at the very instant its window ends.
    """

    async def scenario(patch: pytest.MonkeyPatch) -> None:
        clock = Clock()
        limit = Limit(action(), times_allowed, seconds * SECOND)
        one, two = (limited(redis_server, clock, patch, limit) for _ in range(2))
        seen: list[int] = []
        for step, first in hits:
            clock.now += step * SECOND
            recent = [at for at in seen if at >= clock.now - limit.window]
            got = await accepted(one if first else two, limit.action, "someone")
            assert got == (len(recent) < limit.count)
            if got:
                seen.append(clock.now)

    with pytest.MonkeyPatch.context() as patch:
        asyncio.run(scenario(patch))


# Two hundred ask at the same moment, and each waits a quarter of a second for Redis at most.
@pytest.mark.alone
async def test_any_number_may_ask_at_once(
    redis_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = Limit(action(), 10, 60 * SECOND)
    one, two = (limited(redis_server, Clock(), monkeypatch, limit) for _ in range(2))
    asked = [accepted(limits, limit.action, "someone") for limits in (one, two) * 100]
    assert (await asyncio.gather(*asked)).count(True) == 10


async def test_midnight_gives_nothing_extra(
    redis_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(MIDNIGHT - 10 * SECOND)
    limit = Limit(action(), 3, 60 * SECOND)
    limits = limited(redis_server, clock, monkeypatch, limit)
    before, after = RateKey("day one", "day zero"), RateKey("day two", "day one")
    assert [await accepted(limits, limit.action, before) for _ in range(2)] == [True, True]
    clock.now = MIDNIGHT + 20 * SECOND
    assert [await accepted(limits, limit.action, after) for _ in range(2)] == [True, False]
    clock.now = MIDNIGHT + 50 * SECOND + 1
    assert [await accepted(limits, limit.action, after) for _ in range(3)] == [True, True, False]


async def test_who_waits_as_long_as_told_is_accepted(
    redis_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(NOON + 123_457)
    limit = Limit(action(), 1, 10 * SECOND)
    limits = limited(redis_server, clock, monkeypatch, limit)
    assert await accepted(limits, limit.action, "someone")
    for passed in (1, SECOND, 8 * SECOND):
        clock.now += passed
        with pytest.raises(RateLimited) as refusal:
            await limits.hit(limit.action, "someone")
    clock.now += refusal.value.retry_after * SECOND
    assert await accepted(limits, limit.action, "someone")


@pytest.mark.alone
async def test_many_hits_at_once_never_pass_the_limit(redis_server: str) -> None:
    limit = Limit(action(), 10, 60 * SECOND)
    limits = RateLimits((limit,), RedisWindows(redis_server))
    got = await asyncio.gather(*(accepted(limits, limit.action, "someone") for _ in range(50)))
    assert sum(got) == 10


async def test_while_redis_is_away_each_process_keeps_the_limit_itself() -> None:
    clock = Clock()
    limit = Limit(action(), 2, 60 * SECOND)
    limits = RateLimits((limit,), RedisWindows(f"redis://127.0.0.1:{free_port()}"), clock)
    with capture_logs() as logs:
        got = [await accepted(limits, limit.action, "someone") for _ in range(4)]
    assert got == [True, True, False, False]
    assert len(logs) == 1
    clock.now += 5 * SECOND
    with capture_logs() as logs:
        assert not await accepted(limits, limit.action, "someone")
    assert len(logs) == 1


async def test_connections_are_given_back(redis_server: str) -> None:
    windows = RedisWindows(redis_server)
    await windows(Limit(action(), 1, SECOND)).hit("someone", NOON, None)
    await windows.close()
