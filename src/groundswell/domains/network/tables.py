"""The tables of people who know each other. Instants are in microseconds."""

from __future__ import annotations

from sqlalchemy import Index, PrimaryKeyConstraint, Table

from groundswell.store.schema import metadata, number, text

connections = Table(
    "connections",
    metadata,
    text("user_low"),
    text("user_high"),
    text("state"),
    text("requested_by"),
    text("via"),
    number("joined", default=0),
    number("changed_at"),
    PrimaryKeyConstraint("user_low", "user_high"),
    Index("ix_connections_user_high", "user_high", "user_low"),
)
"""One row per two users, the smaller id first, so that friendship cannot be one-sided. ``joined``:
who referred the other was told that they came."""

blocks = Table(
    "blocks",
    metadata,
    text("user_id"),
    text("blocked_id"),
    number("at"),
    PrimaryKeyConstraint("user_id", "blocked_id"),
    Index("ix_blocks_blocked_id", "blocked_id"),
)
"""Who wants to see nothing of whom."""

collaborations = Table(
    "collaborations",
    metadata,
    text("project_id"),
    text("partner_id"),
    text("owner_id"),
    number("referred"),
    number("at"),
    PrimaryKeyConstraint("project_id", "partner_id"),
    Index("ix_collaborations_owner_id", "owner_id", "at"),
    Index("ix_collaborations_partner_id", "partner_id"),
)
"""Who worked on whose projects."""

people_suggestions = Table(
    "people_suggestions",
    metadata,
    text("suggestion_id"),
    text("user_id"),
    text("kind"),
    text("subject_id"),
    text("reason"),
    text("state"),
    number("created_at"),
    number("expires_at"),
    PrimaryKeyConstraint("suggestion_id"),
    Index("ix_people_suggestions_user_id", "user_id", "kind", "subject_id", unique=True),
    Index("ix_people_suggestions_subject_id", "subject_id"),
)
"""Whom users may want to know; one per user, kind and person, also after it was dismissed."""
