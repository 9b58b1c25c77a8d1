"""What looks wrong, and who may not take part any more."""

from __future__ import annotations

from typing import ClassVar, Literal

from groundswell.contract.events.base import Event, Severity
from groundswell.contract.events.referrals.common import (
    OfReferrer,
    Resolution,
)


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


class ReferrerSuspended(OfReferrer, frozen=True, kw_only=True):
    """A referrer's part in a program is over: what they have not been paid is not paid."""

    event_type: ClassVar[str] = "referral.referrer.suspended"
    reason: str


class ReferrerReinstated(OfReferrer, frozen=True, kw_only=True):
    """A referrer may take part again."""

    event_type: ClassVar[str] = "referral.referrer.reinstated"
