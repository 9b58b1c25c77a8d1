"""What referred people do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from groundswell.contract.events.base import Event, Notice, Privacy
from groundswell.contract.events.referrals.common import (
    NamingReferee,
    OfReferral,
    RejectionReason,
    ReversalReason,
    referrals_topic,
)
from groundswell.contract.money import to_money
from groundswell.contract.terms import RewardRule
from groundswell.contract.times import DAY, to_rfc3339
from groundswell.contract.units import Instant, Minor


class ConversionStarted(NamingReferee, frozen=True, kw_only=True):
    """A referred person reached a stage on the way to a conversion."""

    event_type: ClassVar[str] = "referral.conversion.started"
    prospect_id: str
    stage: str

    @property
    def referee(self) -> str:
        """Who was referred."""
        return self.prospect_id

    def told(self) -> dict[str, Any]:
        """Without the person if they want it so."""
        return self.without_person("prospectId")


class ConversionCompleted(NamingReferee, frozen=True, kw_only=True):
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
        private: the referrer wishes that amounts of rewards are not told, only read.
    """

    event_type: ClassVar[str] = "referral.conversion.completed"
    critical: ClassVar[bool] = True
    new_user_id: str
    conversion_id: str
    conversion_type: str
    occurrence: int
    rule_version: int
    reward_terms: tuple[RewardRule, ...]
    converted_at: Instant
    amount_minor: Minor | None = None
    currency: str | None = None
    held: bool = False
    flags: tuple[str, ...] = ()
    external_id: str = ""
    private: bool = False

    @property
    def referee(self) -> str:
        """Who was referred."""
        return self.new_user_id

    def told(self) -> dict[str, Any]:
        """What the referrer may know, with what they can look forward to."""
        told: dict[str, Any] = {
            "referralId": self.referral_id,
            "referrerId": self.referrer_id,
            "newUserId": self.new_user_id if self.names_referee else None,
            "programId": self.program_id,
            "conversionType": self.conversion_type,
        }
        promised = [rule for rule in self.reward_terms if rule.role == "referrer"]
        told["rewardPending"] = bool(promised)
        flat = [rule for rule in promised if rule.kind == "flat"]
        return told | ({"reward": self._reward(flat[0])} if flat else {})

    def _reward(self, rule: RewardRule) -> dict[str, Any]:
        amount = str(to_money(rule.amount_minor or 0, rule.currency).amount)
        return {
            "type": rule.type,
            "amount": None if self.private else amount,
            "currency": None if self.private else rule.currency,
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
    privacy: ClassVar[Privacy] = "personal"
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


class ConversionReversed(OfReferral, frozen=True, kw_only=True):
    """A completed conversion was undone, or part of what was paid for it was paid back.

    ``refunded_minor`` of ``amount_minor`` were paid back so far; None if all of it is undone.
    """

    event_type: ClassVar[str] = "referral.conversion.reversed"
    reason: ReversalReason
    conversion_id: str
    new_user_id: str
    occurrence: int
    rule_version: int
    amount_minor: Minor | None = None
    refunded_minor: Minor | None = None
    external_id: str = ""

    def told(self) -> dict[str, Any]:
        """Which referral, and why."""
        return {
            "referralId": self.referral_id,
            "programId": self.program_id,
            "reason": self.reason,
        }
