"""The rules of ranking at their edges."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundswell.domains.engagement.ranking import (
    by_hotness,
    by_score,
    controversy,
    diversify,
    hotness,
    rising,
    rounded,
    velocity,
    wilson_lower_bound,
    wilson_parts,
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (12.5, 13),
        (-37.5, -37),
        (-0.5, 0),
        (-0.2, 0),
        (0.5, 1),
        (2.5, 3),
        (-2.5, -2),
        (-2.51, -3),
        (0.49999999999999994, 0),
        (4503599627370497.0, 4503599627370497),
        (1e300, 2**63 - 1),
        (-1e300, -(2**63) + 1),
    ],
)
def test_rounding_is_that_of_javascript_within_64_bits(value: float, expected: int) -> None:
    assert rounded(value) == expected


def test_nothing_at_all_scores_nothing() -> None:
    assert hotness(0, 0, 0, 0, 5.0) == (0.0, 0.5 ** (5 / 24), 0.0, 0)


def test_one_day_halves_the_score() -> None:
    assert hotness(1, 0, 0, 0, 24.0).score == 50
    assert hotness(1, 2, 3, 4, 0.0).score == (1 + 4 + 9 + 6) * 100


def test_halves_are_rounded_up_on_both_sides_of_zero() -> None:
    assert hotness(1, 0, 0, 0, 72.0).unrounded == 12.5
    assert hotness(1, 0, 0, 0, 72.0).score == 13
    assert hotness(1, -2, 0, 0, 72.0).unrounded == -37.5
    assert hotness(1, -2, 0, 0, 72.0).score == -37


def test_a_very_old_file_scores_zero_and_does_not_fail() -> None:
    assert hotness(10_000, 0, 0, 0, 24 * 365 * 100).score == 0
    assert hotness(1, 0, 0, 0, 7.6 * 24).score == 1
    assert hotness(1, 0, 0, 0, 24 * math.log2(200) + 0.01).score == 0


def test_a_file_from_the_future_is_as_new_as_one_of_this_moment() -> None:
    assert hotness(1, 0, 0, 0, -480.0) == hotness(1, 0, 0, 0, 0.0)


def test_a_score_beyond_64_bits_stays_at_their_end() -> None:
    assert hotness(2**63 - 1, 0, 0, 0, 0.0).score == 2**63 - 1
    assert hotness(10**400, 0, 0, 0, 0.0).score == 2**63 - 1
    assert hotness(0, -(2**63), 0, 0, 0.0).score == -(2**63) + 1


def test_velocity_is_per_hour_and_knows_no_age() -> None:
    assert velocity(24, 0, 0, 0, 24.0) == 1.0
    assert velocity(1, 1, 1, 1, 1.0) == 7.5
    assert velocity(1, -2, 0, 0, 1.0) == -3.0


def test_a_steady_hit_does_not_rise_and_a_newcomer_does() -> None:
    assert rising(900, 900.0) == 0.0
    assert rising(6, 0.0) == pytest.approx(6 / math.sqrt(10))
    assert rising(3, 5.0) < 0


def test_wilson_needs_votes_and_prefers_more_of_them() -> None:
    assert wilson_lower_bound(0, 0) == 0.0
    assert wilson_lower_bound(0, 7) == 0.0
    assert wilson_lower_bound(1, 0) == pytest.approx(0.2065, abs=1e-4)
    assert wilson_lower_bound(100, 0) == pytest.approx(0.9630, abs=1e-4)
    assert wilson_lower_bound(60, 40) == pytest.approx(0.5020, abs=1e-4)
    assert wilson_lower_bound(100, 0) > wilson_lower_bound(10, 0)


def test_controversy_asks_for_both_sides() -> None:
    assert controversy(100, 0) == controversy(0, 100) == 0.0
    assert controversy(50, 50) == 100.0
    assert controversy(50, 50) > controversy(90, 10)


def test_equal_scores_are_told_apart_by_the_last_event_then_by_the_id() -> None:
    keys = [by_score(1.0, None, 9), by_score(1.0, 5, 1), by_score(1.0, 5, 2), by_score(2.0, 0, 0)]
    assert sorted(keys, reverse=True) == [keys[3], keys[2], keys[1], keys[0]]


def test_hotness_puts_the_newer_file_first_before_the_id_decides() -> None:
    assert by_hotness(0.0, None, 7, 1) > by_hotness(0.0, None, 6, 2) > by_hotness(-0.1, 9, 9, 9)
    assert by_hotness(-0.0, None, 7, 1) == by_hotness(0.0, None, 7, 1)


def _owner(entry: tuple[str | None, int]) -> str | None:
    return entry[0]


def test_a_third_file_of_one_owner_waits_until_after_the_tenth() -> None:
    entries = [("a", n) for n in range(4)] + [(None, n) for n in range(8)] + [("b", 0)]
    shown = diversify(entries, _owner)
    assert shown[:10] == [("a", 0), ("a", 1), *((None, n) for n in range(8))]
    assert shown[10:] == [("a", 2), ("a", 3), ("b", 0)]


def test_one_owner_alone_keeps_the_order() -> None:
    entries = [("a", n) for n in range(30)]
    assert diversify(entries, _owner) == entries


_ENTRIES = st.lists(st.sampled_from([None, "a", "b", "c", "d"]), max_size=40)


@given(owners=_ENTRIES)
def test_diversity_loses_nobody_and_reorders_only_what_it_displaces(
    owners: list[str | None],
) -> None:
    entries = [(owner, place) for place, owner in enumerate(owners)]
    shown = diversify(entries, _owner)
    assert sorted(shown, key=lambda one: one[1]) == entries
    for owner in ("a", "b", "c", "d", None):
        mine = [one for one in shown if one[0] == owner]
        assert mine == sorted(mine, key=lambda one: one[1])
    filled = sum(min(2, owners.count(owner)) for owner in "abcd") + owners.count(None)
    first = [owner for owner, _ in shown[: min(10, filled)]]
    assert all(first.count(owner) <= 2 for owner in "abcd")


@given(up=st.integers(0, 10**6), down=st.integers(0, 10**6))
def test_wilson_is_a_share_below_the_observed_one(up: int, down: int) -> None:
    bound = wilson_lower_bound(up, down)
    assert 0.0 <= bound <= 1.0
    if up + down:
        assert bound <= up / (up + down) + 1e-9
        share, smoothing, margin, weight = wilson_parts(up, down)
        assert bound == pytest.approx((share + smoothing - margin) * weight, abs=1e-12)
