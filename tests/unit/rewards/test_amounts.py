"""Amounts, shares and caps as plain values."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundswell.contract.terms import CapPeriod, RewardCap, RewardRule, RewardTier
from groundswell.contract.times import DAY, from_datetime
from groundswell.domains.rewards.amounts import Purchase, amount_of, share
from groundswell.domains.rewards.caps import Given, allowed, day_of, period_of

amounts = st.integers(0, 10**15)


@given(amount=amounts, part=amounts, whole=st.integers(1, 10**15))
def test_a_share_is_rounded_half_even(amount: int, part: int, whole: int) -> None:
    exact = Decimal(amount) * part / whole
    if len(exact.as_tuple().digits) < 28:  # else Decimal itself has rounded
        assert share(amount, part, whole) == exact.quantize(Decimal(1), ROUND_HALF_EVEN)
    assert abs(share(amount, part, whole) * whole - amount * part) * 2 <= whole


@given(amount=amounts, whole=st.integers(1, 10**15), data=st.data())
def test_a_share_grows_with_its_part_and_is_never_more_than_all(
    amount: int, whole: int, data: st.DataObject
) -> None:
    less = data.draw(st.integers(0, whole))
    more = data.draw(st.integers(less, whole))
    assert 0 <= share(amount, less, whole) <= share(amount, more, whole) <= amount


@pytest.mark.parametrize(
    ("amount", "part", "whole", "found"),
    [(25, 1, 10, 2), (35, 1, 10, 4), (5, 1, 10, 0), (15, 1, 10, 2), (26, 1, 10, 3)],
)
def test_halves_go_to_the_even_side(amount: int, part: int, whole: int, found: int) -> None:
    assert share(amount, part, whole) == found


def rule(kind: Any, **more: Any) -> RewardRule:
    return RewardRule(rule_id="r", role="referrer", kind=kind, currency="EUR", **more)


@pytest.mark.parametrize(
    ("purchase", "found"),
    [
        (Purchase(10_000, "EUR"), 1_250),
        (Purchase(10_001, "EUR"), 1_250),
        (Purchase(None, None), "no_amount"),
        (Purchase(10_000, "USD"), "other_currency"),
        (Purchase(0, "EUR"), "no_amount"),
    ],
)
def test_a_percentage(purchase: Purchase, found: object) -> None:
    assert amount_of(rule("percent", basis_points=1_250), purchase, 1) == found


def test_tiers_count_this_conversion() -> None:
    tiers = (RewardTier(from_count=2, amount_minor=5), RewardTier(from_count=4, amount_minor=9))
    tiered = rule("tiered", tiers=tiers)
    found = [amount_of(tiered, Purchase(), count) for count in range(1, 6)]
    assert found == ["no_tier", 5, 5, 9, 9]


def moment(text: str) -> int:
    return day_of(from_datetime(datetime.fromisoformat(text).replace(tzinfo=UTC)))


@pytest.mark.parametrize(
    ("period", "first", "after"),
    [
        ("day", "2026-02-28", "2026-03-01"),
        ("week", "2026-02-23", "2026-03-02"),
        ("month", "2026-02-01", "2026-03-01"),
    ],
)
def test_periods_are_those_of_the_calendar(period: CapPeriod, first: str, after: str) -> None:
    assert period_of(period, moment("2026-02-28")) == (moment(first), moment(after))


def test_a_year_ends_in_december() -> None:
    bounds = period_of("month", moment("2026-12-31"))
    assert bounds == (moment("2026-12-01"), moment("2027-01-01"))


@given(day=st.integers(-40_000, 60_000), period=st.sampled_from(["day", "week", "month"]))
def test_every_day_is_in_one_period(day: int, period: CapPeriod) -> None:
    first, after = period_of(period, day)
    assert first <= day < after
    assert period_of(period, first) == period_of(period, after - 1) == (first, after)
    assert period_of(period, after) != (first, after)
    if period == "week":
        weekday = datetime.fromtimestamp(first * DAY / 1_000_000, UTC).weekday()
        assert (after - first, weekday) == (7, 0)


def given_already(amount: int, rewards: int) -> Callable[[RewardCap], Given]:
    return lambda _: Given(amount, rewards)


@pytest.mark.parametrize(
    ("cap", "before", "found"),
    [
        (RewardCap(amount_minor=100), (0, 0), 50),
        (RewardCap(amount_minor=100), (70, 9), 30),
        (RewardCap(amount_minor=100), (100, 2), None),
        (RewardCap(rewards=2), (0, 1), 50),
        (RewardCap(rewards=2), (0, 2), None),
        (RewardCap(amount_minor=100, rewards=2), (70, 2), None),
    ],
)
def test_what_a_cap_leaves(cap: RewardCap, before: tuple[int, int], found: int | None) -> None:
    assert allowed(50, (cap,), given_already(*before)) == found


@given(
    wanted=st.integers(1, 100),
    limits=st.lists(st.integers(1, 200), min_size=1, max_size=4),
    before=st.integers(0, 200),
)
def test_all_caps_hold(wanted: int, limits: list[int], before: int) -> None:
    caps = [RewardCap(amount_minor=limit) for limit in limits]
    found = allowed(wanted, caps, given_already(before, 0))
    room = min(limits) - before
    assert found == (min(wanted, room) if room > 0 else None)
