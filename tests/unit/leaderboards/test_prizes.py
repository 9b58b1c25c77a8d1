"""Who wins when participants are equal at the edge of the prizes."""

from __future__ import annotations

from fractions import Fraction

from groundswell.domains.leaderboards.prizes import prizes

RANKED = [("ann", 1), ("bob", 2), ("cleo", 2), ("dan", 2), ("eve", 5)]


def test_by_default_the_earlier_one_wins() -> None:
    won = prizes(RANKED, 2, "earliest")
    assert [(one.user_id, one.first) for one in won] == [("ann", 1), ("bob", 2)]
    assert {one.share for one in won} == {Fraction(1)}


def test_equals_share_the_prizes_of_the_places_they_take_up() -> None:
    won = prizes(RANKED, 3, "share")
    assert [(one.user_id, one.first, one.last, one.share) for one in won] == [
        ("ann", 1, 1, Fraction(1)),
        ("bob", 2, 3, Fraction(1, 3)),
        ("cleo", 2, 3, Fraction(1, 3)),
        ("dan", 2, 3, Fraction(1, 3)),
    ]


def test_all_equals_win_the_whole_prize() -> None:
    won = prizes(RANKED, 2, "all")
    assert [(one.user_id, one.share) for one in won] == [
        (name, Fraction(1)) for name in ("ann", "bob", "cleo", "dan")
    ]


def test_without_prizes_nobody_wins() -> None:
    assert [prizes(RANKED, 0, policy) for policy in ("share", "earliest", "all")] == [()] * 3
