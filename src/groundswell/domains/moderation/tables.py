"""The review queue. Instants are in microseconds."""

from __future__ import annotations

from sqlalchemy import Index, PrimaryKeyConstraint, Table

from groundswell.store.schema import metadata, number, text

moderation_items = Table(
    "moderation_items",
    metadata,
    text("item_id"),
    text("kind"),
    text("author_id", null=True),
    text("body", null=True),
    text("payload", null=True),
    text("rules"),
    text("state"),
    text("reason", null=True),
    number("created_at"),
    number("decided_at", null=True),
    number("released_at", null=True),
    PrimaryKeyConstraint("item_id"),
    Index("ix_moderation_items_state", "state", "created_at", "item_id"),
)
"""What is held for a review, and what was decided. ``body`` and ``payload`` leave once it is
published or rejected; ``released_at`` is when it was published."""
