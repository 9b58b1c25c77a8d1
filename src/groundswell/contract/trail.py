"""Which events tell an operator who decided what, and what was refused and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

import msgspec

TrailKind = Literal["decisions", "rewards", "refusals", "rules", "webhooks", "privacy"]

TRAIL: Final[Mapping[TrailKind, tuple[str, ...]]] = {
    "decisions": (
        "moderation.content.approved",
        "moderation.content.rejected",
        "testimonial.reviewed",
        "testimonial.published",
        "testimonial.rejected",
        "testimonial.hidden",
        "referral.fraud.resolved",
        "referral.referrer.suspended",
        "referral.referrer.reinstated",
        "referral.attribution.overridden",
        "system.announcement.made",
    ),
    "rewards": (
        "referral.reward.held",
        "referral.reward.released",
        "referral.reward.approved",
        "referral.reward.paid",
        "referral.reward.cancelled",
        "referral.reward.reversed",
        "referral.reward.expired",
    ),
    "refusals": (
        "moderation.content.held",
        "referral.conversion.rejected",
        "referral.conversion.reversed",
        "referral.attribution.expired",
        "referral.fraud.flagged",
        "social.share.failed",
    ),
    "rules": (
        "referral.program.created",
        "referral.program.updated",
        "referral.leaderboard.defined",
        "referral.code.revoked",
    ),
    "webhooks": (
        "webhook.endpoint.created",
        "webhook.endpoint.updated",
        "webhook.endpoint.disabled",
        "webhook.endpoint.deleted",
        "webhook.endpoint.tested",
    ),
    "privacy": ("privacy.export.ready", "privacy.erasure.completed"),
}
"""By what an operator looks for. An index of the log has exactly these types: whoever adds one
makes that index anew in a migration."""

TRAIL_TYPES: Final = tuple(sorted(name for names in TRAIL.values() for name in names))


class TrailEntry(msgspec.Struct, frozen=True):
    """One of these events. ``data`` is its payload; instants are in microseconds."""

    seq: int
    event_id: str
    event_type: str
    at: int
    data: dict[str, Any]
