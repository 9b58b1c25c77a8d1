"""What events of referral programs have in common: their words, their topics, who is told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

import msgspec

from groundswell.contract.events.base import Event, Privacy

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
Side = Literal["referrer", "referee"]
"""One of the two people of a referral."""
Resolution = Literal["confirmed", "dismissed", "expired"]


def referrals_topic(user_id: str) -> str:
    """Where a user hears of their referrals."""
    return f"user.{user_id}.referrals"


def program_topic(program_id: str) -> str:
    """Where the members of a program hear of it."""
    return f"program.{program_id}.updates"


class OfReferrer(Event, frozen=True, kw_only=True):
    """Something that concerns one referrer in one program."""

    program_id: str
    referrer_id: str

    @property
    def partition_key(self) -> str:
        """What concerns one referrer stays in order."""
        return f"referrer.{self.referrer_id}"


class OfReferral(OfReferrer, frozen=True, kw_only=True):
    """Something about one person's referral by another."""

    privacy: ClassVar[Privacy] = "personal"
    referral_id: str

    def topics(self) -> Sequence[str]:
        """The referrer hears of it."""
        return (referrals_topic(self.referrer_id),)


class NamingReferee(OfReferral, frozen=True, kw_only=True):
    """Something that the referrer hears of, with who it was unless somebody wishes otherwise.

    Attributes:
        anonymous: the referral is one whose referrer never learns who it was.
        unnamed: who, when it happened, wished not to be named to the other one.
    """

    anonymous: bool = False
    unnamed: tuple[Side, ...] = ()

    @property
    def referee(self) -> str:
        """Who was referred."""
        raise NotImplementedError

    @property
    def names_referee(self) -> bool:
        """Whether the referrer may learn who it was."""
        return not self.anonymous and "referee" not in self.unnamed

    @property
    def makes_known(self) -> bool:
        """Whether each of the two may learn who the other one is."""
        return self.names_referee and "referrer" not in self.unnamed

    def without_person(self, field: str) -> dict[str, Any]:
        """What is told: ``field`` is null if the person is not to be named."""
        told: dict[str, Any] = msgspec.to_builtins(self)
        told.pop("anonymous", None)
        told.pop("unnamed", None)
        return told if self.names_referee else {**told, field: None}
