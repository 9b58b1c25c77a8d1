"""Where referrals name people. What was attributed and converted stays, under the tombstone."""

from __future__ import annotations

from groundswell.log.naming import Naming
from groundswell.store.persons import Eraser

_NAMING = Naming(
    names={
        "referral_codes": ("user_id", "recipient_id"),
        "referral_touches": ("user_id", "referrer_id"),
        "referral_people": ("user_id",),
        "referrers": ("user_id",),
        "referrals": ("referee_id", "referrer_id"),
        "referral_activities": ("user_id",),
        "referral_conversions": ("referrer_id",),
        "fraud_cases": ("referrer_id", "resolved_by"),
    },
    hashes={"referral_touches": ("address",), "referral_people": ("address",)},
    details={
        ("referral_touches", "user_id"): ("identity", "address", "visitor_id", "source", "query"),
        ("referral_people", "user_id"): (
            *("email", "email_domain", "address", "payment", "device", "visitor_id", "click_id"),
        ),
    },
    documents={
        "referrals": ("trace", "facts"),
        "referral_activities": ("facts", "parts"),
        "fraud_signals": ("evidence",),
    },
    parts={
        ("referral_activities", "user_id = :name"): ("external_id", "facts"),
        (
            "referral_conversions",
            "referral_id IN (SELECT o.referral_id FROM referrals o "
            "WHERE o.referee_id = :name OR o.referrer_id = :name)",
        ): ("external_id",),
    },
)

REFERRAL_ERASER = Eraser("referrals", _NAMING.forget)
