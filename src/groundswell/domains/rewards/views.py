"""What rewards answer."""

from __future__ import annotations

from decimal import Decimal
from typing import TypeVar

import msgspec

from groundswell.contract.events.rewards import RewardStatus
from groundswell.contract.money import Money
from groundswell.contract.terms import RewardKind, RewardRole, RewardType
from groundswell.domains.rewards.ledger import Account

T = TypeVar("T")


class View(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Base of answers: camelCase names, times as RFC 3339."""


class RewardView(View, frozen=True, kw_only=True):
    """A reward as its owner sees it.

    `amount` is what was granted, `reversedAmount` what of it was taken back, both in `currency`.
    `eligibleDate` is when the hold period ends, `expiresAt` until when an approved one can be paid.
    """

    reward_id: str
    user_id: str
    role: RewardRole
    program_id: str
    rule_id: str
    kind: RewardKind
    referral_id: str
    conversion_id: str | None
    type: RewardType
    amount: Decimal
    currency: str
    reversed_amount: Decimal
    status: RewardStatus
    eligible_date: str
    needs_approval: bool
    reason: str | None
    earned_at: str
    approved_at: str | None
    paid_at: str | None
    expires_at: str | None
    updated_at: str


class RewardRecord(RewardView, frozen=True, kw_only=True):
    """A reward as the host sees it: with who referred whom, and who holds it."""

    referrer_id: str
    referee_id: str
    occurrence: int
    rule_version: int
    held_by: list[str]


class EntryView(View, frozen=True, kw_only=True):
    """An entry of the ledger; those with one `seq` sum to nothing."""

    seq: int
    account: Account
    holder_id: str
    reward_id: str
    amount: Decimal
    currency: str
    at: str


class RuleOutcome(View, frozen=True, kw_only=True, omit_defaults=True):
    """What became of one rule for a conversion, and which reward came of it."""

    rule_id: str
    outcome: str
    reward_id: str | None = None


class ConversionRewards(View, frozen=True, kw_only=True):
    """What a conversion led to, rule by rule."""

    conversion_id: str
    program_id: str
    referral_id: str
    referrer_id: str
    referee_id: str
    occurrence: int
    counted: bool
    reversed: bool
    decisions: list[RuleOutcome]


class Tracker(View, frozen=True, kw_only=True):
    """How far somebody has come towards the steps of one rule."""

    rule_id: str
    kind: RewardKind
    tier: str | None
    count: int
    next_threshold: int | None
    reward: Money | None


class ProgramProgress(View, frozen=True, kw_only=True):
    """How far somebody has come in a program, as `referral.progress.updated` tells it, and for
    each rule that has steps; `reward` is what the next step brings."""

    program_id: str
    program_name: str | None
    tier: str | None
    count: int
    next_threshold: int | None
    trackers: list[Tracker]


class Balance(View, frozen=True, kw_only=True):
    """What somebody has in one currency.

    `pending` is granted, `held` waits for a decision, `payable` is approved (below zero: it is
    owed because something was taken back after it was paid), `paid` is all that was ever paid.
    """

    currency: str
    pending: Money
    held: Money
    payable: Money
    paid: Money


class ChangedRewards(View, frozen=True, kw_only=True):
    """How many rewards a command changed."""

    rewards: int


class Swept(View, frozen=True, kw_only=True):
    """What time brought about; ``more`` if there may be more at once."""

    rewards: int
    more: bool
