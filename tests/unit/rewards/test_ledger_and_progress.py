"""Entries that sum to nothing, and how far somebody has come."""

from __future__ import annotations

from typing import Any, get_args

from hypothesis import given
from hypothesis import strategies as st

from groundswell.contract.terms import RewardRule, RewardTier
from groundswell.domains.rewards.ledger import Account, movement
from groundswell.domains.rewards.progress import (
    Standing,
    counted,
    measure_of,
    program_standing,
)

accounts = st.sampled_from(get_args(Account))


@given(amount=st.integers(0, 10**15), source=accounts, target=accounts)
def test_a_movement_sums_to_nothing(amount: int, source: Account, target: Account) -> None:
    entries = movement(amount, source, target, user_id="ann", program_id="p")
    assert sum(entry.amount_minor for entry in entries) == 0
    assert len(entries) == (2 if amount and source != target else 0)
    for entry in entries:
        assert entry.holder_id == ("p" if entry.account == "program" else "ann")


def rule(kind: Any, name: str = "r", **more: Any) -> RewardRule:
    said = {"role": "referrer", "currency": "EUR", **more}
    return RewardRule(rule_id=name, kind=kind, **said)


MILESTONES = (
    rule("milestone", "ten", at_count=10, amount_minor=1),
    rule("milestone", "three", at_count=3, amount_minor=1),
)


def test_steps_are_climbed_from_the_lowest_on() -> None:
    found = [program_standing(MILESTONES, {1: count}) for count in (0, 2, 3, 9, 10, 11)]
    assert found == [
        Standing(None, 0, 3),
        Standing(None, 2, 3),
        Standing("three", 3, 10),
        Standing("three", 9, 10),
        Standing("ten", 10, None),
        Standing("ten", 11, None),
    ]


def test_a_tier_without_a_name_is_called_after_its_rule() -> None:
    tiers = (RewardTier(from_count=1, amount_minor=1), RewardTier(from_count=5, amount_minor=2))
    assert program_standing((rule("tiered", tiers=tiers),), {1: 1}) == Standing("r-1", 1, 5)


@given(st.dictionaries(st.integers(1, 9), st.integers(0, 99)))
def test_counting_everything_is_counting_up_to_the_last(counts: dict[int, int]) -> None:
    assert counted(counts, None) == counted(counts, 9) == sum(counts.values())
    assert counted(counts, 1) == counts.get(1, 0)


def test_a_program_without_steps_counts_people() -> None:
    assert measure_of((rule("flat", amount_minor=1),)) == 1
    assert program_standing((), {1: 4, 2: 9}) == Standing(None, 4, None)


def test_a_program_counts_as_its_first_rule_with_steps_does() -> None:
    purchases = rule("milestone", at_count=5, amount_minor=1, max_occurrences=None)
    assert program_standing((purchases,), {1: 1, 2: 1, 3: 1}) == Standing(None, 3, 5)
