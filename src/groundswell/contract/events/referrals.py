"""What happens in referral programs: codes, clicks, attributions, conversions, suspicions.

Instants in fields are in microseconds. Amounts are in minor units of their currency.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

import msgspec

from groundswell.contract.events.base import Event, Notice
from groundswell.contract.terms import RewardRule
from groundswell.contract.times import DAY, to_rfc3339

RejectionReason = Literal[
    "code_not_found",
    "code_expired",
    "code_not_started",
    "code_exhausted",
    "program_inactive",
    "program_limit_reached",
    "referrer_limit_reached",
    "referrer_not_eligible",
    "self_referral",
    "already_referred",
    "existing_user",
    "recipient_mismatch",
    "condition_failed",
    "budget_exhausted",
    "attribution_window_elapsed",
    "qualification_window_elapsed",
    "fraud_confirmed",
    "circular_referral",
]
ReversalReason = Literal[
    "refund", "partial_refund", "chargeback", "cancelled", "mistake", "fraud_confirmed"
]
AttributionModel = Literal["first_touch", "last_touch"]
Severity = Literal["low", "medium", "high"]
Resolution = Literal["confirmed", "dismissed", "expired"]


def referrals_topic(user_id: str) -> str:
    """Where a user hears of their referrals."""
    return f"user.{user_id}.referrals"


def program_topic(program_id: str) -> str:
    """Where the members of a program hear of it."""
    return f"program.{program_id}.updates"


class _OfReferrer(Event, frozen=True, kw_only=True):
    """Something that concerns one referrer in one program."""

    program_id: str
    referrer_id: str

    @property
    def partition_key(self) -> str:
        """What concerns one referrer stays in order."""
        return f"referrer.{self.referrer_id}"


class ProgramEvent(Event, frozen=True, kw_only=True):
    """Something about a program as a whole; its members are told."""

    program_id: str
    version: int
    name: str
    state: str
    reward_terms: tuple[RewardRule, ...]

    @property
    def partition_key(self) -> str:
        """A program's versions stay in order."""
        return f"program.{self.program_id}"

    def topics(self) -> Sequence[str]:
        """The members of the program."""
        return (program_topic(self.program_id),)


class ProgramCreated(ProgramEvent, frozen=True, kw_only=True):
    """There is a new program."""

    event_type: ClassVar[str] = "referral.program.created"


class ProgramUpdated(ProgramEvent, frozen=True, kw_only=True):
    """A program has a new version of its rules. ``changed`` names what is different."""

    event_type: ClassVar[str] = "referral.program.updated"
    changed: tuple[str, ...]


class _OfCode(Event, frozen=True, kw_only=True):
    code_id: str
    user_id: str
    program_id: str

    @property
    def partition_key(self) -> str:
        """A code's life stays in order."""
        return f"referrer.{self.user_id}"

    def topics(self) -> Sequence[str]:
        """Whose code it is."""
        return (referrals_topic(self.user_id),)


class CodeGenerated(_OfCode, frozen=True, kw_only=True):
    """Somebody has a code of a program, and a link."""

    event_type: ClassVar[str] = "referral.code.generated"


class CodeRevoked(_OfCode, frozen=True, kw_only=True):
    """A code was taken back; clicks made before still count."""

    event_type: ClassVar[str] = "referral.code.revoked"
    reason: str


class CodeExpired(_OfCode, frozen=True, kw_only=True):
    """A code's time is over."""

    event_type: ClassVar[str] = "referral.code.expired"
    reason: str


class LinkClicked(_OfReferrer, frozen=True, kw_only=True):
    """Somebody, or something, followed a link.

    ``source_ip`` is a keyed hash, ``user_agent`` a family. Only a counted click is a touch and has
    a referral; a repeat within the hour has those of the first. ``discard_reason`` says why one is
    not counted.
    """

    event_type: ClassVar[str] = "referral.link.clicked"
    referral_id: str | None
    source_ip: str | None
    user_agent: str
    click_id: str
    counted: bool
    discard_reason: str | None
    code_id: str


class _OfReferral(_OfReferrer, frozen=True, kw_only=True):
    """Something about one person's referral by another."""

    referral_id: str

    def topics(self) -> Sequence[str]:
        """The referrer hears of it."""
        return (referrals_topic(self.referrer_id),)


class AttributionAssigned(_OfReferral, frozen=True, kw_only=True):
    """A new user is bound to a referrer, for good.

    ``reward_terms`` are those of ``rule_version``, for rewards given upfront.
    """

    event_type: ClassVar[str] = "referral.attribution.assigned"
    referee_id: str
    model: AttributionModel
    touch_id: str
    touch_kind: str
    rule_version: int
    reward_terms: tuple[RewardRule, ...] = ()
    held: bool = False
    anonymous: bool = False

    def told(self) -> dict[str, Any]:
        """Without the terms; without the person if they want it so."""
        return {
            "referralId": self.referral_id,
            "programId": self.program_id,
            "referrerId": self.referrer_id,
            "refereeId": None if self.anonymous else self.referee_id,
            "model": self.model,
            "touchId": self.touch_id,
        }


class AttributionExpired(_OfReferral, frozen=True, kw_only=True):
    """The time in which the referral had to qualify is over."""

    event_type: ClassVar[str] = "referral.attribution.expired"
    referee_id: str
    model: AttributionModel
    touch_id: str
    anonymous: bool = False

    def told(self) -> dict[str, Any]:
        """Without the person if they want it so."""
        return _without_person(self, "refereeId", self.anonymous)


class AttributionOverridden(_OfReferral, frozen=True, kw_only=True):
    """The host decided who referred somebody; ``previous_referrer_id`` was bound before."""

    event_type: ClassVar[str] = "referral.attribution.overridden"
    referee_id: str
    model: AttributionModel
    touch_id: str
    previous_referrer_id: str | None
    reason: str
    anonymous: bool = False

    def topics(self) -> Sequence[str]:
        """Both the old and the new referrer hear of it."""
        told = (self.referrer_id, self.previous_referrer_id)
        return tuple(referrals_topic(one) for one in told if one is not None)

    def told(self) -> dict[str, Any]:
        """Without the person if they want it so, and without the host's reason."""
        told = _without_person(self, "refereeId", self.anonymous)
        return {name: value for name, value in told.items() if name != "reason"}


class ConversionStarted(_OfReferral, frozen=True, kw_only=True):
    """A referred person reached a stage on the way to a conversion."""

    event_type: ClassVar[str] = "referral.conversion.started"
    prospect_id: str
    stage: str
    anonymous: bool = False

    def told(self) -> dict[str, Any]:
        """Without the person if they want it so."""
        return _without_person(self, "prospectId", self.anonymous)


class ConversionCompleted(_OfReferral, frozen=True, kw_only=True):
    """A referred person did what the program rewards.

    All that rewards depend on is here, as it stood then:

    Attributes:
        conversion_id: of this conversion; one referral may have several, ``occurrence`` 1, 2, …
        conversion_type: the stage that completed it (``registration``, ``bid_awarded``, …).
        rule_version: of the program, at attribution; ``reward_terms`` are those of that version.
        converted_at: when the host says it happened.
        amount_minor, currency: of what the person bought or was paid, if the host said.
        held: rewards must wait: a suspicion about it or its referrer is open (``flags`` names the
            rules). ``referral.fraud.resolved`` lists what no longer has to wait.
        external_id: what the host knows the qualifying event by.
        anonymous: the referrer is not to learn who it was.
    """

    event_type: ClassVar[str] = "referral.conversion.completed"
    critical: ClassVar[bool] = True
    new_user_id: str
    conversion_id: str
    conversion_type: str
    occurrence: int
    rule_version: int
    reward_terms: tuple[RewardRule, ...]
    converted_at: int
    amount_minor: int | None = None
    currency: str | None = None
    held: bool = False
    flags: tuple[str, ...] = ()
    external_id: str = ""
    anonymous: bool = False

    def told(self) -> dict[str, Any]:
        """What the referrer may know, with what they can look forward to."""
        told: dict[str, Any] = {
            "referralId": self.referral_id,
            "referrerId": self.referrer_id,
            "newUserId": None if self.anonymous else self.new_user_id,
            "programId": self.program_id,
            "conversionType": self.conversion_type,
        }
        promised = [rule for rule in self.reward_terms if rule.role == "referrer"]
        told["rewardPending"] = bool(promised)
        flat = [rule for rule in promised if rule.kind == "flat"]
        return told | ({"reward": self._reward(flat[0])} if flat else {})

    def _reward(self, rule: RewardRule) -> dict[str, Any]:
        return {
            "type": rule.type,
            "amountMinor": rule.amount_minor,
            "currency": rule.currency,
            "status": "held" if self.held else "pending",
            "eligibleDate": to_rfc3339(self.converted_at + rule.hold_days * DAY),
        }

    def notices(self) -> Sequence[Notice]:
        """The referrer must not miss it."""
        return (Notice(user_id=self.referrer_id, data=self.told()),)


class ConversionRejected(Event, frozen=True, kw_only=True):
    """A referral or a conversion was refused, for one reason of the closed list.

    Ids are None as far as nothing of the kind exists: a code nobody has has no referrer. The
    operator sees it; the referrer hears of it if a referral of theirs is over.
    """

    event_type: ClassVar[str] = "referral.conversion.rejected"
    referral_id: str | None
    reason: RejectionReason
    program_id: str | None
    referrer_id: str | None
    user_id: str | None
    conversion_id: str | None = None
    external_id: str | None = None

    @property
    def partition_key(self) -> str:
        """In order with what else concerns the referrer."""
        return f"referrer.{self.referrer_id or ''}"

    def topics(self) -> Sequence[str]:
        """The referrer, if a referral of theirs is over."""
        if self.referrer_id is None or self.referral_id is None:
            return ()
        return (referrals_topic(self.referrer_id),)

    def told(self) -> dict[str, Any]:
        """Which referral, and why."""
        return {
            "referralId": self.referral_id,
            "programId": self.program_id,
            "reason": self.reason,
        }


class ConversionReversed(_OfReferral, frozen=True, kw_only=True):
    """A completed conversion was undone, or part of what was paid for it was paid back.

    ``refunded_minor`` of ``amount_minor`` were paid back so far; None if all of it is undone.
    """

    event_type: ClassVar[str] = "referral.conversion.reversed"
    reason: ReversalReason
    conversion_id: str
    new_user_id: str
    occurrence: int
    rule_version: int
    amount_minor: int | None = None
    refunded_minor: int | None = None
    external_id: str = ""

    def told(self) -> dict[str, Any]:
        """Which referral, and why."""
        return {
            "referralId": self.referral_id,
            "programId": self.program_id,
            "reason": self.reason,
        }


class _FraudEvent(Event, frozen=True, kw_only=True):
    """Something about a case of the review queue. Operators only.

    ``subject_id`` is the referrer. ``referral_ids`` are the referrals it is about; a case of scope
    ``referrer`` is about all of the referrer's in the program.
    """

    case_id: str
    subject_id: str
    program_id: str
    rule: str
    severity: Severity
    scope: Literal["referral", "referrer"]
    resolution: Resolution | None
    referral_ids: tuple[str, ...]

    @property
    def partition_key(self) -> str:
        """In order with what else concerns the referrer."""
        return f"referrer.{self.subject_id}"


class FraudFlagged(_FraudEvent, frozen=True, kw_only=True):
    """Something looks wrong. If it ``holds``, rewards of these referrals wait."""

    event_type: ClassVar[str] = "referral.fraud.flagged"
    holds: bool
    signal_id: str


class FraudResolved(_FraudEvent, frozen=True, kw_only=True):
    """Somebody decided, or nobody did in time.

    ``released`` are the referrals no other open case holds: their rewards go on. After
    ``confirmed`` the referrals are rejected or reversed by events of their own.
    """

    event_type: ClassVar[str] = "referral.fraud.resolved"
    released: tuple[str, ...]
    by: str | None = None


class ReferrerSuspended(_OfReferrer, frozen=True, kw_only=True):
    """A referrer's part in a program is over: what they have not been paid is not paid."""

    event_type: ClassVar[str] = "referral.referrer.suspended"
    reason: str


class ReferrerReinstated(_OfReferrer, frozen=True, kw_only=True):
    """A referrer may take part again."""

    event_type: ClassVar[str] = "referral.referrer.reinstated"


def _without_person(event: Event, field: str, anonymous: bool) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(event)
    told.pop("anonymous", None)
    return {**told, field: None} if anonymous else told


EVENTS: tuple[type[Event], ...] = (
    ProgramCreated,
    ProgramUpdated,
    CodeGenerated,
    CodeRevoked,
    CodeExpired,
    LinkClicked,
    AttributionAssigned,
    AttributionExpired,
    AttributionOverridden,
    ConversionStarted,
    ConversionCompleted,
    ConversionRejected,
    ConversionReversed,
    FraudFlagged,
    FraudResolved,
    ReferrerSuspended,
    ReferrerReinstated,
)
