"""How much a rule gives for a conversion, in minor units."""

from __future__ import annotations

from typing import Literal

import msgspec

from groundswell.contract.terms import RewardRule, RewardTier

BASIS = 10_000

NoAmount = Literal["no_amount", "other_currency", "no_tier"]


class Purchase(msgspec.Struct, frozen=True):
    """What a conversion was worth to the host, if it said so."""

    amount_minor: int | None = None
    currency: str | None = None


def share(amount: int, part: int, whole: int) -> int:
    """``part`` of ``whole`` of an amount, rounded half-even. ``whole`` is positive."""
    quotient, rest = divmod(amount * part, whole)
    return quotient + (2 * rest > whole or (2 * rest == whole and quotient % 2 == 1))


def amount_of(rule: RewardRule, purchase: Purchase, count: int) -> int | NoAmount:
    """What a rule gives, before caps, or why it gives nothing.

    ``count`` is how many conversions the rule counts for the referrer, this one included.
    """
    if rule.kind == "percent":
        return _percentage(rule, purchase)
    if rule.kind == "tiered":
        tier = tier_at(rule.tiers, count)
        return "no_tier" if tier is None else tier.amount_minor
    return rule.amount_minor or 0


def tier_at(tiers: tuple[RewardTier, ...], count: int) -> RewardTier | None:
    """The highest tier that a count reaches."""
    reached = [tier for tier in tiers if tier.from_count <= count]
    return reached[-1] if reached else None


def _percentage(rule: RewardRule, purchase: Purchase) -> int | NoAmount:
    if purchase.amount_minor is None or rule.basis_points is None:
        return "no_amount"
    if purchase.currency != rule.currency:
        return "other_currency"
    found = share(purchase.amount_minor, rule.basis_points, BASIS)
    if rule.max_amount_minor is not None:
        found = min(found, rule.max_amount_minor)
    return found or "no_amount"
