"""Who referred whom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from groundswell.contract.events.referrals.common import (
    AttributionModel,
    NamingReferee,
    referrals_topic,
)
from groundswell.contract.terms import RewardRule


class AttributionAssigned(NamingReferee, frozen=True, kw_only=True):
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

    @property
    def referee(self) -> str:
        """Who was referred."""
        return self.referee_id

    def told(self) -> dict[str, Any]:
        """Without the terms; without the person if they want it so."""
        return {
            "referralId": self.referral_id,
            "programId": self.program_id,
            "referrerId": self.referrer_id,
            "refereeId": self.referee_id if self.names_referee else None,
            "model": self.model,
            "touchId": self.touch_id,
        }


class AttributionExpired(NamingReferee, frozen=True, kw_only=True):
    """The time in which the referral had to qualify is over."""

    event_type: ClassVar[str] = "referral.attribution.expired"
    referee_id: str
    model: AttributionModel
    touch_id: str

    @property
    def referee(self) -> str:
        """Who was referred."""
        return self.referee_id

    def told(self) -> dict[str, Any]:
        """Without the person if they want it so."""
        return self.without_person("refereeId")


class AttributionOverridden(NamingReferee, frozen=True, kw_only=True):
    """The host decided who referred somebody; ``previous_referrer_id`` was bound before."""

    event_type: ClassVar[str] = "referral.attribution.overridden"
    referee_id: str
    model: AttributionModel
    touch_id: str
    previous_referrer_id: str | None
    reason: str

    @property
    def referee(self) -> str:
        """Who was referred."""
        return self.referee_id

    def topics(self) -> Sequence[str]:
        """Both the old and the new referrer hear of it."""
        told = (self.referrer_id, self.previous_referrer_id)
        return tuple(referrals_topic(one) for one in told if one is not None)

    def told(self) -> dict[str, Any]:
        """Without those who want it so, and without the host's reason."""
        told = self.without_person("refereeId")
        if "referrer" in self.unnamed:
            told |= {"referrerId": None, "previousReferrerId": None}
        return {name: value for name, value in told.items() if name != "reason"}
