"""The table of wishes. Instants are in microseconds."""

from __future__ import annotations

from sqlalchemy import PrimaryKeyConstraint, Table

from groundswell.store.schema import metadata, number, text

privacy_settings = Table(
    "privacy_settings",
    metadata,
    text("user_id"),
    text("settings"),
    number("updated_at"),
    PrimaryKeyConstraint("user_id"),
)
"""One row per user who ever said a wish; ``settings`` is a ``Discretion`` as JSON."""
