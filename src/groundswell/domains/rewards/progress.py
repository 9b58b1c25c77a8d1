"""How far a referrer has come: what is counted, which steps there are, which one is next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from groundswell.contract.terms import RewardRule

PEOPLE = 1
"""The measure that counts each referred person once."""


class Step(msgspec.Struct, frozen=True):
    """A number of conversions at which something changes, and how that is called."""

    threshold: int
    name: str
    rule_id: str


class Standing(msgspec.Struct, frozen=True):
    """Where somebody stands among steps."""

    tier: str | None
    count: int
    next_threshold: int | None


def counted(counts: Mapping[int, int], measure: int | None) -> int:
    """Conversions up to the ``measure``-th of each referred person; None for all.

    ``counts`` says how many conversions were somebody's first, second, …
    """
    return sum(
        many for occurrence, many in counts.items() if measure is None or occurrence <= measure
    )


def tracked(terms: Sequence[RewardRule]) -> list[RewardRule]:
    """The rules that reward how many conversions a referrer has."""
    return [rule for rule in terms if rule.role == "referrer" and _steps_of(rule)]


def measure_of(terms: Sequence[RewardRule]) -> int | None:
    """What a program's progress counts: as its first rule with steps does, else people."""
    rules = tracked(terms)
    return rules[0].max_occurrences if rules else PEOPLE


def steps(rules: Sequence[RewardRule], measure: int | None) -> list[Step]:
    """All steps of the rules with this measure, from the lowest on."""
    found = [step for rule in rules if rule.max_occurrences == measure for step in _steps_of(rule)]
    return sorted(found, key=lambda step: step.threshold)


def standing(rules: Sequence[RewardRule], measure: int | None, count: int) -> Standing:
    """Where a count stands among the steps of rules."""
    ladder = steps(rules, measure)
    reached = [step.name for step in ladder if step.threshold <= count]
    ahead = [step.threshold for step in ladder if step.threshold > count]
    return Standing(reached[-1] if reached else None, count, ahead[0] if ahead else None)


def program_standing(terms: Sequence[RewardRule], counts: Mapping[int, int]) -> Standing:
    """Where a referrer stands in a program."""
    measure = measure_of(terms)
    return standing(tracked(terms), measure, counted(counts, measure))


def _steps_of(rule: RewardRule) -> list[Step]:
    if rule.kind == "milestone" and rule.at_count is not None:
        return [Step(rule.at_count, rule.rule_id, rule.rule_id)]
    if rule.kind == "tiered":
        return [
            Step(tier.from_count, tier.name or f"{rule.rule_id}-{tier.from_count}", rule.rule_id)
            for tier in rule.tiers
        ]
    return []
