"""The tables of testimonials. Instants are in microseconds."""

from __future__ import annotations

from sqlalchemy import Index, PrimaryKeyConstraint, Table
from sqlalchemy import text as sql

from groundswell.store.schema import metadata, number, text

_LIVES = "state <> 'withdrawn'"
_PUBLIC = "state = 'published'"
_QUOTES = "share_id IS NOT NULL"

testimonials = Table(
    "testimonials",
    metadata,
    text("testimonial_id"),
    text("project_id"),
    text("author_id"),
    text("subject_id", null=True),
    text("title", null=True),
    text("state"),
    text("display_name", null=True),
    text("body", null=True),
    number("rating", null=True),
    text("share_id", null=True),
    text("reason", null=True),
    number("revision", default=0),
    number("requested_at"),
    number("changed_at"),
    number("published_at", null=True),
    PrimaryKeyConstraint("testimonial_id"),
    Index(
        "ix_testimonials_project_id",
        "project_id",
        "author_id",
        unique=True,
        sqlite_where=sql(_LIVES),
        postgresql_where=sql(_LIVES),
    ),
    Index("ix_testimonials_author_id", "author_id", "requested_at", "testimonial_id"),
    Index("ix_testimonials_state", "state", "changed_at", "testimonial_id"),
    Index(
        "ix_testimonials_published_at",
        "published_at",
        "testimonial_id",
        sqlite_where=sql(_PUBLIC),
        postgresql_where=sql(_PUBLIC),
    ),
    Index(
        "ix_testimonials_share_id",
        "share_id",
        sqlite_where=sql(_QUOTES),
        postgresql_where=sql(_QUOTES),
    ),
)
"""One row per testimonial; one per project and author, unless it was withdrawn. ``title`` is the
project's, ``share_id`` a share it quotes, ``reason`` why it was rejected or hidden."""

testimonial_consents = Table(
    "testimonial_consents",
    metadata,
    text("testimonial_id"),
    number("revision"),
    text("user_id"),
    text("text_version"),
    number("given_at"),
    number("withdrawn_at", null=True),
    PrimaryKeyConstraint("testimonial_id", "revision"),
    Index("ix_testimonial_consents_user_id", "user_id"),
)
"""To which text each author agreed, for which revision, and when; kept after the withdrawal."""

testimonial_reactions = Table(
    "testimonial_reactions",
    metadata,
    text("testimonial_id"),
    text("user_id"),
    text("kind"),
    number("at"),
    PrimaryKeyConstraint("testimonial_id", "user_id", "kind"),
    Index("ix_testimonial_reactions_user_id", "user_id"),
)
"""One row per user and kind."""
