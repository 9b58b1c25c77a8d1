"""Decisions and refusals are found in the log by an index of their own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

_TYPES = (
    "moderation.content.approved",
    "moderation.content.held",
    "moderation.content.rejected",
    "privacy.erasure.completed",
    "privacy.export.ready",
    "referral.attribution.expired",
    "referral.attribution.overridden",
    "referral.code.revoked",
    "referral.conversion.rejected",
    "referral.conversion.reversed",
    "referral.fraud.flagged",
    "referral.fraud.resolved",
    "referral.leaderboard.defined",
    "referral.program.created",
    "referral.program.updated",
    "referral.referrer.reinstated",
    "referral.referrer.suspended",
    "referral.reward.approved",
    "referral.reward.cancelled",
    "referral.reward.expired",
    "referral.reward.held",
    "referral.reward.paid",
    "referral.reward.released",
    "referral.reward.reversed",
    "social.share.failed",
    "system.announcement.made",
    "testimonial.hidden",
    "testimonial.published",
    "testimonial.rejected",
    "testimonial.reviewed",
    "webhook.endpoint.created",
    "webhook.endpoint.deleted",
    "webhook.endpoint.disabled",
    "webhook.endpoint.tested",
    "webhook.endpoint.updated",
)


def upgrade() -> None:
    """Make the index; other events are not in it and cost nothing."""
    where = sa.text(f"event_type IN ({', '.join(repr(name) for name in _TYPES)})")
    op.create_index(
        "ix_event_log_trail",
        "event_log",
        ["event_type", "seq"],
        unique=False,
        sqlite_where=where,
        postgresql_where=where,
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_index("ix_event_log_trail", table_name="event_log")
