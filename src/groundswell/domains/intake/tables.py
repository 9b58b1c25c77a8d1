"""The table of what was taken in. Instants are in microseconds."""

from __future__ import annotations

from sqlalchemy import Index, PrimaryKeyConstraint, Table

from groundswell.store.schema import metadata, number, text

intake_events = Table(
    "intake_events",
    metadata,
    text("source"),
    text("source_id"),
    text("event_type"),
    number("seq"),
    number("received_at"),
    PrimaryKeyConstraint("source", "source_id"),
    Index("ix_intake_events_received_at", "received_at"),
)
"""One row per event of the host, by which a repeat is known; ``seq`` is its place in the log."""
