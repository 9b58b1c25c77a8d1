"""The tables of sharing. Instants are in microseconds, JSON is text."""

from __future__ import annotations

from sqlalchemy import Index, PrimaryKeyConstraint, Table
from sqlalchemy import text as sql

from groundswell.store.schema import metadata, number, text

shares = Table(
    "shares",
    metadata,
    text("share_id"),
    text("user_id"),
    text("content_type"),
    text("content_id"),
    text("platform"),
    text("share_format"),
    text("visibility"),
    text("state"),
    text("reason", null=True),
    text("metadata"),
    text("external_id", null=True),
    number("created_at"),
    number("changed_at"),
    number("clicks", default=0),
    number("views", default=0),
    number("engagements", default=0),
    PrimaryKeyConstraint("share_id"),
    Index("ix_shares_user_id", "user_id", "created_at", "share_id"),
    Index(
        "ix_shares_external_id",
        "platform",
        "external_id",
        unique=True,
        sqlite_where=sql("external_id IS NOT NULL"),
        postgresql_where=sql("external_id IS NOT NULL"),
    ),
)
"""One row per share. ``external_id`` is how the platform calls the post. ``clicks`` are people's,
``views`` all requests for the link, ``engagements`` what happened on the platform."""

share_engagements = Table(
    "share_engagements",
    metadata,
    text("share_id"),
    text("platform_event_id"),
    text("engagement_type"),
    text("engager"),
    number("at"),
    number("recorded_at"),
    PrimaryKeyConstraint("share_id", "platform_event_id"),
)
"""One row per engagement: the same event of a platform is one, however often it is told."""

parked_engagements = Table(
    "parked_engagements",
    metadata,
    text("platform"),
    text("platform_event_id"),
    text("reference"),
    text("engagement_type"),
    text("engager"),
    number("at"),
    number("parked_at"),
    PrimaryKeyConstraint("platform", "reference", "platform_event_id"),
    Index("ix_parked_engagements_parked_at", "parked_at"),
)
"""Engagements with shares nobody knows yet. ``reference`` is a share's id, or ``post:`` and how
the platform calls the post."""

share_visits = Table(
    "share_visits",
    metadata,
    text("share_id"),
    text("visitor"),
    number("expires_at"),
    PrimaryKeyConstraint("share_id", "visitor"),
    Index("ix_share_visits_expires_at", "expires_at"),
)
"""Who was counted lately, by a keyed hash of the address; gone within hours."""

suggestions = Table(
    "suggestions",
    metadata,
    text("suggestion_id"),
    text("user_id"),
    text("kind"),
    text("subject_id"),
    text("reason"),
    text("title", null=True),
    text("state"),
    number("created_at"),
    number("expires_at"),
    PrimaryKeyConstraint("suggestion_id"),
    Index("ix_suggestions_user_id", "user_id", "kind", "subject_id", unique=True),
)
"""What users may want to do; one per user, kind and subject, also after it was dismissed."""
