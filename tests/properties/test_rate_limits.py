"""What holds of every sequence of hits: never more than the limit, never less."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from groundswell.access.hashing import AddressHasher
from groundswell.access.limits import Limit, RateLimits
from groundswell.access.principal import Principal, rate_key
from groundswell.contract.errors import RateLimited
from groundswell.contract.times import DAY, SECOND

START = 20_000 * DAY
ACTION = "vote"
limits = st.builds(
    Limit, st.just(ACTION), st.integers(1, 6), st.integers(1, 5).map(lambda n: n * SECOND)
)
# Steps are mostly short against a window, and often end exactly at its edge or beside it.
steps = (
    st.integers(0, SECOND // 2)
    | st.integers(0, 6 * SECOND)
    | st.builds(
        lambda halves, off: max(0, halves * SECOND // 2 + off),
        st.integers(0, 10),
        st.integers(-1, 1),
    )
)
hits = st.lists(st.tuples(steps, st.sampled_from("abc")), max_size=60)


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self, now: int) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


async def retry_after(limited: RateLimits, key: str) -> int | None:
    """None if the hit was accepted, else the seconds to wait."""
    try:
        await limited.hit(ACTION, key)
    except RateLimited as refusal:
        return refusal.retry_after
    return None


@given(limits, hits)
def test_exactly_what_the_limit_allows_is_accepted(
    limit: Limit, sequence: list[tuple[int, str]]
) -> None:
    """Feature: social-engagement, Property 12: Rate Limiting Enforcement.

    A hit is accepted if and only if fewer than the limit were accepted in the window before it.
    """

    async def scenario() -> None:
        clock = Clock(START)
        limited = RateLimits((limit,), clock=clock)
        accepted: dict[str, list[int]] = {"a": [], "b": [], "c": []}
        for step, key in sequence:
            clock.now += step
            recent = [at for at in accepted[key] if at > clock.now - limit.window]
            wait = await retry_after(limited, key)
            assert (wait is None) == (len(recent) < limit.count)
            if wait is None:
                accepted[key].append(clock.now)

    asyncio.run(scenario())


@given(limits, st.lists(steps, min_size=1, max_size=60))
def test_no_window_wherever_it_begins_holds_more_than_the_limit(
    limit: Limit, sequence: list[int]
) -> None:
    """Feature: social-engagement, Property 12: Rate Limiting Enforcement (every window)."""

    async def scenario() -> list[int]:
        clock = Clock(START)
        limited = RateLimits((limit,), clock=clock)
        accepted = []
        for step in sequence:
            clock.now += step
            if await retry_after(limited, "a") is None:
                accepted.append(clock.now)
        return accepted

    accepted = asyncio.run(scenario())
    for end in accepted:
        assert sum(end - limit.window < at <= end for at in accepted) <= limit.count


@given(limits, st.lists(steps, min_size=1, max_size=40))
def test_who_waits_as_long_as_told_is_accepted(limit: Limit, sequence: list[int]) -> None:
    """Feature: social-engagement, Property 12: Rate Limiting Enforcement (Retry-After)."""

    async def scenario() -> None:
        clock = Clock(START)
        limited = RateLimits((limit,), clock=clock)
        for step in sequence:
            clock.now += step
            wait = await retry_after(limited, "a")
            if wait is not None:
                assert 1 <= wait <= limit.window // SECOND
                clock.now += wait * SECOND
                assert await retry_after(limited, "a") is None

    asyncio.run(scenario())


@given(limits, st.lists(st.integers(-5 * SECOND, 5 * SECOND), min_size=1, max_size=40).map(sorted))
def test_midnight_gives_an_address_nothing_extra(limit: Limit, around: list[int]) -> None:
    """Feature: social-engagement, Property 12: Rate Limiting Enforcement (across midnight).

    The key of an address changes at midnight; the window does not.
    """

    async def scenario() -> None:
        clock = Clock(START)
        hasher = AddressHasher(b"s" * 32, clock=clock)
        visitor = Principal("visitor", None, "203.0.113.7", None)
        limited = RateLimits((limit,), clock=clock)
        accepted: list[int] = []
        for offset in around:
            clock.now = START + offset
            recent = [at for at in accepted if at > clock.now - limit.window]
            try:
                await limited.hit(ACTION, rate_key(visitor, hasher))
            except RateLimited:
                assert len(recent) == limit.count
            else:
                assert len(recent) < limit.count
                accepted.append(clock.now)

    asyncio.run(scenario())
