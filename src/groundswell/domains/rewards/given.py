"""What a rule gave already, for the period of each of its caps."""

from __future__ import annotations

from collections import defaultdict

from groundswell.contract.terms import RewardCap
from groundswell.domains.rewards.caps import Given, period_of

EVERYBODY = "*"
"""The subject of sums over a whole program; no user id looks like it."""

Sums = defaultdict[tuple[str, str, str], dict[int, list[int]]]
"""By program, rule and subject, and by day: the amount and the number of rewards."""


class GivenWithin:
    """Tells of a cap what one rule gave within its scope and its period around a day."""

    def __init__(
        self, sums: Sums, program_id: str, rule_id: str, referrer_id: str, day: int
    ) -> None:
        self._sums = sums
        self._key = (program_id, rule_id)
        self._referrer_id = referrer_id
        self._day = day

    def __call__(self, cap: RewardCap) -> Given:
        """What stands against the cap."""
        subject = EVERYBODY if cap.scope == "program" else self._referrer_id
        first, after = period_of(cap.period, self._day)
        found = [
            sums for day, sums in self._sums[(*self._key, subject)].items() if first <= day < after
        ]
        return Given(sum(amount for amount, _ in found), sum(many for _, many in found))
