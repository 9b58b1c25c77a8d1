"""Reward terms: what a referral program promises, as data.

A program's rules hold them, a conversion carries them as they stood, and whoever grants rewards
reads them there. Money is in minor units of an ISO 4217 currency (or a unit of the host's own,
such as ``PTS``), shares are in basis points: 1250 are 12.5 %.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

RewardRole = Literal["referrer", "referee"]
RewardKind = Literal["flat", "percent", "tiered", "milestone"]
RewardType = Literal["credit", "cash", "discount", "points", "gift"]
CapPeriod = Literal["all_time", "month", "week", "day"]
CapScope = Literal["referrer", "program"]

RuleId = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
Currency = Annotated[str, Meta(pattern=r"^[A-Z]{3}$")]
MinorUnits = Annotated[int, Meta(ge=0, le=10**15)]
Count = Annotated[int, Meta(ge=1, le=1_000_000_000)]
HoldDays = Annotated[int, Meta(ge=0, le=90)]
BasisPoints = Annotated[int, Meta(ge=1, le=10_000)]


class _Terms(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename="camel",
    forbid_unknown_fields=True,
    omit_defaults=True,
):
    """What all parts of reward terms have in common."""


class RewardTier(_Terms, frozen=True, kw_only=True):
    """From the ``from_count``-th counted conversion of a referrer on, ``amount_minor`` is given.

    ``name`` is what progress bars call it.
    """

    from_count: Count
    amount_minor: MinorUnits
    name: Annotated[str, Meta(max_length=80)] | None = None


class RewardCap(_Terms, frozen=True, kw_only=True):
    """No more than this within a period: a sum of money, a number of rewards, or both.

    Periods are calendar ones in UTC, weeks begin on Monday. The last reward is cut to what is left
    of the sum. ``scope`` says whether each referrer has a cap of their own or the program has one.
    """

    scope: CapScope = "referrer"
    period: CapPeriod = "all_time"
    amount_minor: MinorUnits | None = None
    rewards: Count | None = None


class RewardRule(_Terms, frozen=True, kw_only=True):
    """One promise of a program.

    Attributes:
        rule_id: its name within the program; a reward is known by program, conversion, rule,
            role and occurrence.
        role: who gets it.
        kind: ``flat``: ``amount_minor`` per conversion. ``percent``: ``basis_points`` of the
            conversion's own amount, at most ``max_amount_minor``, nothing without an amount.
            ``tiered``: per conversion, what the highest tier reached says. ``milestone``:
            ``amount_minor`` once ever, when the referrer's counted conversions reach ``at_count``.
        type: what it is to those who get it.
        currency: of all amounts of this rule.
        hold_days: how long after the conversion it becomes eligible.
        max_occurrences: up to which occurrence (1, 2, …) of one referee's conversion it is given;
            None for all.
        needs_approval: whether the host has to approve it once it is eligible.
        expires_days: how long it may stay unclaimed after approval; None for ever.
        upfront: for referees: given at attribution already, not at the conversion.
        revoke_on_drop: for milestones: taken back when a reversal makes the count fall below.
        caps: all of them hold.
        tiers: for ``tiered``, by rising ``from_count``.
    """

    rule_id: RuleId
    role: RewardRole
    kind: RewardKind
    currency: Currency
    type: RewardType = "credit"
    amount_minor: MinorUnits | None = None
    basis_points: BasisPoints | None = None
    max_amount_minor: MinorUnits | None = None
    at_count: Count | None = None
    hold_days: HoldDays = 15
    max_occurrences: Count | None = 1
    needs_approval: bool = False
    expires_days: Annotated[int, Meta(ge=1, le=3650)] | None = None
    upfront: bool = False
    revoke_on_drop: bool = False
    caps: Annotated[tuple[RewardCap, ...], Meta(max_length=10)] = ()
    tiers: Annotated[tuple[RewardTier, ...], Meta(max_length=50)] = ()


RewardTerms = Annotated[tuple[RewardRule, ...], Meta(max_length=40)]
"""All promises of one version of a program."""


def faults(terms: tuple[RewardRule, ...]) -> list[tuple[str, str]]:
    """What is wrong with terms beyond the types of their fields, as (path, message)."""
    found = [
        (f"{place}.{field}", message)
        for place, rule in enumerate(terms)
        for field, message in _rule_faults(rule)
    ]
    names = [rule.rule_id for rule in terms]
    found += [
        (f"{place}.ruleId", "another rule has this id")
        for place, name in enumerate(names)
        if name in names[:place]
    ]
    return found


def _rule_faults(rule: RewardRule) -> list[tuple[str, str]]:
    needed: dict[str, dict[str, object]] = {
        "flat": {"amountMinor": rule.amount_minor},
        "percent": {"basisPoints": rule.basis_points},
        "tiered": {"tiers": rule.tiers or None},
        "milestone": {"amountMinor": rule.amount_minor, "atCount": rule.at_count},
    }
    found = [
        (field, f"a {rule.kind} reward needs it")
        for field, value in needed[rule.kind].items()
        if value is None
    ]
    counts = [tier.from_count for tier in rule.tiers]
    if counts != sorted(set(counts)):
        found.append(("tiers", "fromCount must rise from tier to tier"))
    if rule.upfront and rule.role != "referee":
        found.append(("upfront", "only a referee's reward can be given upfront"))
    if rule.kind == "milestone" and rule.role != "referrer":
        found.append(("role", "milestones are reached by referrers"))
    return found + [
        (f"caps.{place}", "a cap needs amountMinor or rewards")
        for place, cap in enumerate(rule.caps)
        if cap.amount_minor is None and cap.rewards is None
    ]
