"""Activities, stages and conversions as they are kept, and how they are read and written."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from groundswell.contract.money import Money, to_money
from groundswell.contract.times import to_rfc3339
from groundswell.domains.referrals.views import ConversionView
from groundswell.store import Statement

_ACTIVITY = """
    user_id, external_id, parts, event_type, at, recorded_at, amount_minor, currency, facts,
    program_id
"""
ADD_ACTIVITY = Statement(
    f"""
    INSERT INTO referral_activities ({_ACTIVITY}) VALUES
      (:user_id, :external_id, :parts, :event_type, :at, :recorded_at, :amount_minor, :currency,
       :facts, :program_id)
    ON CONFLICT (user_id, external_id) DO NOTHING RETURNING external_id
    """  # noqa: S608
)
FIND_ACTIVITIES = Statement(
    f"""
    SELECT {_ACTIVITY} FROM referral_activities WHERE user_id = :user_id ORDER BY at, external_id
    """  # noqa: S608
)
FORGET_ACTIVITIES = Statement(
    """
    DELETE FROM referral_activities WHERE external_id IN (
      SELECT external_id FROM referral_activities
      WHERE recorded_at < :before ORDER BY recorded_at LIMIT :portion)
      AND recorded_at < :before
    RETURNING external_id
    """
)
ADD_STAGE = Statement(
    """
    INSERT INTO referral_stages (referral_id, stage, at) VALUES (:referral_id, :stage, :at)
    ON CONFLICT (referral_id, stage) DO NOTHING RETURNING stage
    """
)
_CONVERSION = """
    conversion_id, referral_id, program_id, referrer_id, external_id, stage, occurrence, at,
    recorded_at, amount_minor, currency, refunded_minor, state, reason
"""
ADD = Statement(
    f"""
    INSERT INTO referral_conversions ({_CONVERSION}) VALUES
      (:conversion_id, :referral_id, :program_id, :referrer_id, :external_id, :stage, :occurrence,
       :at, :recorded_at, :amount_minor, :currency, :refunded_minor, 'completed', NULL)
    """  # noqa: S608
)
FIND = Statement(
    f"SELECT {_CONVERSION} FROM referral_conversions WHERE conversion_id = :conversion_id"  # noqa: S608
)
FIND_OF_REFERRAL = Statement(
    f"""
    SELECT {_CONVERSION} FROM referral_conversions WHERE referral_id = :referral_id
    ORDER BY occurrence, conversion_id
    """  # noqa: S608
)
REVERSE = Statement(
    """
    UPDATE referral_conversions SET state = 'reversed', reason = :reason
    WHERE conversion_id = :conversion_id
    """
)
REFUND = Statement(
    """
    UPDATE referral_conversions SET refunded_minor = :refunded_minor, reason = :reason
    WHERE conversion_id = :conversion_id
    """
)


class Activity(msgspec.Struct, frozen=True):
    """What somebody did; fields in the order of the columns."""

    user_id: str
    external_id: str
    parts: str
    event_type: str
    at: int
    recorded_at: int
    amount_minor: int | None
    currency: str | None
    facts: str
    program_id: str | None = None

    def known(self) -> dict[str, Any]:
        """What conditions look at."""
        data: dict[str, Any] = msgspec.json.decode(self.facts)
        return {"data": data, "amountMinor": self.amount_minor, "currency": self.currency}


class Conversion(msgspec.Struct, frozen=True):
    """A conversion; fields in the order of the columns."""

    conversion_id: str
    referral_id: str
    program_id: str
    referrer_id: str
    external_id: str
    stage: str
    occurrence: int
    at: int
    recorded_at: int
    amount_minor: int | None
    currency: str | None
    refunded_minor: int
    state: Literal["completed", "reversed"]
    reason: str | None

    def view(self, user_id: str) -> ConversionView:
        """What the host is told; ``user_id`` is who did it."""
        return ConversionView(
            conversion_id=self.conversion_id,
            referral_id=self.referral_id,
            program_id=self.program_id,
            referrer_id=self.referrer_id,
            user_id=user_id,
            type=self.stage,
            occurrence=self.occurrence,
            external_event_id=self.external_id.removeprefix(f"{self.program_id}#"),
            state=self.state,
            reason=self.reason,
            amount=self._money(self.amount_minor),
            refunded=self._money(self.refunded_minor),
            converted_at=to_rfc3339(self.at),
        )

    def _money(self, minor: int | None) -> Money | None:
        return None if minor is None or self.currency is None else to_money(minor, self.currency)
