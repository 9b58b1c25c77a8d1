"""Limits as they are written in the settings, and how they are kept."""

from __future__ import annotations

import pytest

from groundswell.access.limits import DEFAULT_LIMITS, Limit, RateLimits, parse_limits
from groundswell.access.moving_window import MovingWindow
from groundswell.access.principal import RateKey
from groundswell.contract.errors import RateLimited
from groundswell.contract.times import DAY, HOUR, MINUTE, SECOND

NOON = 20_000 * DAY + 12 * HOUR


def test_the_defaults() -> None:
    found = {limit.action: limit for limit in parse_limits("")}
    assert found.keys() == DEFAULT_LIMITS.keys()
    assert found["vote"] == Limit("vote", 30, MINUTE)
    assert found["play"] == Limit("play", 60, MINUTE)
    assert found["comment"] == Limit("comment", 10, MINUTE)


def test_named_actions_change_and_the_others_stay() -> None:
    found = {limit.action: limit for limit in parse_limits(" vote = 5/10 seconds , play=off ,")}
    assert found["vote"] == Limit("vote", 5, 10 * SECOND)
    assert "play" not in found
    assert set(found) == set(DEFAULT_LIMITS) - {"play"}


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("vote=100 per hour", Limit("vote", 100, HOUR)),
        ("vote=1000/day", Limit("vote", 1000, DAY)),
        ("vote=1/second", Limit("vote", 1, SECOND)),
    ],
)
def test_the_ways_to_write_a_limit(text: str, limit: Limit) -> None:
    assert limit in parse_limits(text)


def test_off_limits_nothing() -> None:
    assert parse_limits(" off ") == ()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("vote", "'vote' is not ACTION=LIMIT"),
        ("sing=3/minute", "'sing=3/minute' is not ACTION=LIMIT"),
        ("vote=fast", "'fast' is not a limit"),
        ("vote=", "'' is not a limit"),
        ("vote=3/minute;9/hour", "is not a limit"),
        ("vote=0/minute", "at least 1"),
        ("vote=-1/minute", "is not a limit"),
        ("vote=5/month", "longer than a day"),
        ("vote=5/2 days", "longer than a day"),
    ],
)
def test_a_mistake_is_named(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match="rate limits") as caught:
        parse_limits(text)
    assert complaint in str(caught.value)


async def test_exactly_the_limit_is_accepted_and_one_over_is_not() -> None:
    limits = RateLimits(parse_limits("vote=30/minute"), clock=lambda: NOON)
    for _ in range(30):
        await limits.hit("vote", "someone")
    with pytest.raises(RateLimited) as caught:
        await limits.hit("vote", "someone")
    assert caught.value.retry_after == 60
    assert str(caught.value) == "Rate limit exceeded. Please try again in 60 seconds."
    await limits.hit("vote", "somebody else")
    await limits.hit("play", "someone")
    assert limits.statistics()['rejected_total{action="vote"}'] == 1
    assert limits.statistics()['rejected_total{action="play"}'] == 0


@pytest.mark.parametrize(
    ("passed", "expected"), [(0, 60), (1, 60), (SECOND, 59), (MINUTE - 1, 1), (59 * SECOND, 1)]
)
async def test_retry_after_is_rounded_up_to_whole_seconds(passed: int, expected: int) -> None:
    now = NOON
    limits = RateLimits((Limit("vote", 1, MINUTE),), clock=lambda: now)
    await limits.hit("vote", "someone")
    now += passed
    with pytest.raises(RateLimited) as caught:
        await limits.hit("vote", "someone")
    assert caught.value.retry_after == expected


async def test_the_host_and_unlimited_actions_pass() -> None:
    limits = RateLimits((Limit("vote", 1, MINUTE),), clock=lambda: NOON)
    for _ in range(5):
        await limits.hit("vote", None)
        await limits.hit("sing", "someone")


async def test_yesterdays_key_counts_only_while_the_window_reaches_back() -> None:
    midnight = 20_000 * DAY
    now = midnight - SECOND
    limits = RateLimits((Limit("vote", 1, MINUTE),), clock=lambda: now)
    await limits.hit("vote", RateKey("yesterday", "before"))
    now = midnight + 30 * SECOND
    with pytest.raises(RateLimited) as caught:
        await limits.hit("vote", RateKey("today", "yesterday"))
    assert caught.value.retry_after == 29
    now = midnight + 59 * SECOND
    await limits.hit("vote", RateKey("today", "yesterday"))


def test_ended_keys_are_forgotten() -> None:
    window = MovingWindow(3, MINUTE)
    for number in range(1_000):
        assert window.hit(f"visitor {number}", NOON + number) == 0
    assert len(window) == 1_000
    for number in range(1_000):
        assert window.hit("one more", NOON + MINUTE * (number + 2)) == 0
    assert len(window) == 1


def test_a_key_is_not_forgotten_while_one_of_its_hits_counts() -> None:
    window = MovingWindow(2, MINUTE)
    assert window.hit("early", NOON) == 0
    assert window.hit("early", NOON + 30 * SECOND) == 0
    assert window.hit("late", NOON + 70 * SECOND) == 0
    assert window.hit("early", NOON + 70 * SECOND) == 0
    assert window.hit("early", NOON + 70 * SECOND) == 20 * SECOND


def test_a_rejected_hit_is_not_counted() -> None:
    window = MovingWindow(1, MINUTE)
    assert window.hit("key", NOON) == 0
    for second in range(1, 60):
        assert window.hit("key", NOON + second * SECOND) == (60 - second) * SECOND
    assert window.hit("key", NOON + MINUTE) == 0
