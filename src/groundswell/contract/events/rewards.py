"""What happens to rewards, and how far referrers have come.

Instants in fields are in microseconds, amounts in minor units of their currency. Listeners get the
fields that are about the reward; the rest is for those who read the log.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal

import msgspec
from msgspec import Meta

from groundswell.contract.events.base import Event, Notice, Privacy
from groundswell.contract.events.referrals import referrals_topic
from groundswell.contract.inbox import Delivery
from groundswell.contract.money import to_money
from groundswell.contract.terms import RewardKind, RewardRole, RewardType
from groundswell.contract.times import to_rfc3339
from groundswell.contract.units import Instant, Minor

RewardStatus = Literal[
    "pending",
    "eligible",
    "approved",
    "paid",
    "held",
    "rejected",
    "cancelled",
    "expired",
    "reversed",
]


class RewardFacts(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What never changes about a reward.

    Attributes:
        role: whether it is the referrer's or the referee's.
        conversion_id: what it is for; None for one given at the attribution already.
        granted_minor: its amount when it was granted.
        counted_at: when what it is for happened; by this instant caps count it.
        needs_approval, expires_days: as its rule said then.
    """

    role: RewardRole
    rule_id: str
    kind: RewardKind
    rule_version: int
    conversion_id: str | None
    occurrence: int
    granted_minor: Minor
    counted_at: Instant
    granted_at: Instant
    needs_approval: bool = False
    expires_days: int | None = None


class RewardEvent(Event, frozen=True, kw_only=True):
    """Something happened to a reward.

    Attributes:
        amount_minor: what this event is about: the amount granted, paid, given up, taken back.
        status: afterwards.
        eligible_at: when its hold period ends, held or not.
        reversed_minor: how much of it was taken back so far.
        referrer_id, referee_id: who referred whom.
        private: its owner wishes that amounts are not told, only read.
        uncounts: it was taken back by hand, and so its conversion does not count any more.
    """

    privacy: ClassVar[Privacy] = "personal"
    critical: ClassVar[bool] = True
    user_id: str
    reward_id: str
    referral_id: str
    program_id: str
    amount_minor: Minor
    currency: str
    type: RewardType
    status: RewardStatus
    eligible_at: Annotated[Instant, Meta(extra={"name": "eligibleDate"})]
    reason: str | None = None
    reversed_minor: Minor = 0
    referrer_id: str
    referee_id: str
    private: bool = False
    uncounts: bool = False
    facts: RewardFacts

    @property
    def partition_key(self) -> str:
        """What happens to one user's rewards stays in order."""
        return f"user.{self.user_id}"

    def topics(self) -> Sequence[str]:
        """Whose reward it is."""
        return (referrals_topic(self.user_id),)

    def told(self) -> dict[str, Any]:
        """What its owner may know: nothing of the other person."""
        return {
            "userId": self.user_id,
            "rewardId": self.reward_id,
            "referralId": self.referral_id,
            "programId": self.program_id,
            "amount": None if self.private else self._amount(),
            "currency": None if self.private else self.currency,
            "type": self.type,
            "status": self.status,
            "eligibleDate": to_rfc3339(self.eligible_at),
            "reason": self.reason,
        }

    def notices(self) -> Sequence[Notice]:
        """Its owner must not miss it."""
        return (Notice(user_id=self.user_id, data=self.told()),) if self.critical else ()

    def _amount(self) -> str:
        return str(to_money(self.amount_minor, self.currency).amount)


class RewardEarned(RewardEvent, frozen=True, kw_only=True):
    """Somebody has a new reward, pending or held."""

    event_type: ClassVar[str] = "referral.reward.earned"


class RewardHeld(RewardEvent, frozen=True, kw_only=True):
    """A reward waits until somebody looked at it; its hold period runs on."""

    event_type: ClassVar[str] = "referral.reward.held"


class RewardReleased(RewardEvent, frozen=True, kw_only=True):
    """A held reward goes on in the state it was in."""

    event_type: ClassVar[str] = "referral.reward.released"


class RewardEligible(RewardEvent, frozen=True, kw_only=True):
    """A reward's hold period is over."""

    event_type: ClassVar[str] = "referral.reward.eligible"
    critical: ClassVar[bool] = False


class RewardApproved(RewardEvent, frozen=True, kw_only=True):
    """A reward can be paid."""

    event_type: ClassVar[str] = "referral.reward.approved"


class RewardPaid(RewardEvent, frozen=True, kw_only=True):
    """A reward was paid."""

    event_type: ClassVar[str] = "referral.reward.paid"


class RewardCancelled(RewardEvent, frozen=True, kw_only=True):
    """A reward will not be paid: cancelled, or rejected while it was held."""

    event_type: ClassVar[str] = "referral.reward.cancelled"


class RewardReversed(RewardEvent, frozen=True, kw_only=True):
    """A reward was taken back, all of it or a part: ``status`` says which."""

    event_type: ClassVar[str] = "referral.reward.reversed"


class RewardExpired(RewardEvent, frozen=True, kw_only=True):
    """An approved reward was not claimed in time."""

    event_type: ClassVar[str] = "referral.reward.expired"


class _OfProgress(Event, frozen=True, kw_only=True):
    """How far a referrer has come in a program.

    Attributes:
        tier: the name of the highest step reached, None before the first.
        count: conversions that count.
        next_threshold: at how many the next step is reached, None after the last.
    """

    privacy: ClassVar[Privacy] = "personal"
    user_id: str
    program_id: str
    tier: str | None
    count: int
    next_threshold: int | None

    @property
    def partition_key(self) -> str:
        """A user's progress stays in order."""
        return f"user.{self.user_id}"

    def topics(self) -> Sequence[str]:
        """Whose progress it is."""
        return (referrals_topic(self.user_id),)


class MilestoneReached(_OfProgress, frozen=True, kw_only=True):
    """A referrer reached a step for the first time: a milestone, or a tier of a tiered reward."""

    event_type: ClassVar[str] = "referral.milestone.reached"
    delivery: ClassVar[Delivery] = "normal"

    def notices(self) -> Sequence[Notice]:
        """Worth reading later; a reward for it is told by an event of its own."""
        return (Notice(user_id=self.user_id, data=self.told(), delivery=self.delivery),)


class ProgressUpdated(_OfProgress, frozen=True, kw_only=True):
    """The count moved, up or down."""

    event_type: ClassVar[str] = "referral.progress.updated"


EVENTS: tuple[type[Event], ...] = (
    RewardEarned,
    RewardHeld,
    RewardReleased,
    RewardEligible,
    RewardApproved,
    RewardPaid,
    RewardCancelled,
    RewardReversed,
    RewardExpired,
    MilestoneReached,
    ProgressUpdated,
)
