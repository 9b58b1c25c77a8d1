"""What can be done about rewards."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar, Literal

from groundswell.contract.events.referrals import (
    AttributionAssigned,
    ConversionCompleted,
    ConversionReversed,
)
from groundswell.contract.terms import RewardRole, RewardRule
from groundswell.domains.rewards.views import ChangedRewards, RewardRecord, Swept
from groundswell.store.commands import Command

HostAction = Literal["approve", "pay", "hold", "release", "reverse"]


class NoteProgram(Command, frozen=True, kw_only=True):
    """Remember what a program promises."""

    answer: ClassVar[type] = ChangedRewards
    program_id: str
    version: int
    name: str
    terms: tuple[RewardRule, ...]


class JoinProgram(Command, frozen=True, kw_only=True):
    """Somebody has a code of a program: their progress begins at nothing."""

    answer: ClassVar[type] = ChangedRewards
    program_id: str
    user_id: str


class GrantRewards(Command, frozen=True, kw_only=True):
    """Grant what a conversion promises."""

    answer: ClassVar[type] = ChangedRewards
    conversion: ConversionCompleted


class GrantUpfront(Command, frozen=True, kw_only=True):
    """Grant what an attribution promises already; ``attributed_at`` is when it was made."""

    answer: ClassVar[type] = ChangedRewards
    attribution: AttributionAssigned
    attributed_at: int


class ReverseRewards(Command, frozen=True, kw_only=True):
    """A conversion was undone, or paid back in part."""

    answer: ClassVar[type] = ChangedRewards
    reversal: ConversionReversed


class RejectReferral(Command, frozen=True, kw_only=True):
    """A referral turned out to be none: nothing of it is kept."""

    answer: ClassVar[type] = ChangedRewards
    referral_id: str
    reason: str


class HoldReferrals(Command, frozen=True, kw_only=True):
    """Something looks wrong about these referrals, or about a referrer: rewards wait.

    With ``referrer_id`` all of the referrer's in the program are meant.
    """

    answer: ClassVar[type] = ChangedRewards
    program_id: str
    referral_ids: tuple[str, ...]
    referrer_id: str | None
    reason: str


class ReleaseReferrals(Command, frozen=True, kw_only=True):
    """Nothing is suspected about these referrals any more."""

    answer: ClassVar[type] = ChangedRewards
    referral_ids: tuple[str, ...]
    reason: str


class DecideReward(Command, frozen=True, kw_only=True):
    """The host decides about a reward. ``amount`` is how much of it to take back, None for all."""

    answer: ClassVar[type] = RewardRecord
    reward_id: str
    action: HostAction
    reason: str | None = None
    amount: Decimal | None = None


class CancelUnpaid(Command, frozen=True, kw_only=True):
    """Somebody is to get nothing more: their unpaid rewards end, of one program or of all.

    With a ``role`` only those they have in this role.
    """

    answer: ClassVar[type] = ChangedRewards
    user_id: str
    program_id: str | None
    reason: str
    role: RewardRole | None = None


class SweepRewards(Command, frozen=True, kw_only=True):
    """Do what time alone brings about, a portion at a time."""

    answer: ClassVar[type] = Swept
    portion: int = 200


COMMANDS: tuple[type[Command], ...] = (
    NoteProgram,
    JoinProgram,
    GrantRewards,
    GrantUpfront,
    ReverseRewards,
    RejectReferral,
    HoldReferrals,
    ReleaseReferrals,
    DecideReward,
    CancelUnpaid,
    SweepRewards,
)
