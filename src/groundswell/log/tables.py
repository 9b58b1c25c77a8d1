"""The event log, the positions of its consumers, and its head."""

from __future__ import annotations

from typing import Final

from sqlalchemy import CheckConstraint, Index, PrimaryKeyConstraint, Table
from sqlalchemy import text as sql

from groundswell.contract.trail import TRAIL_TYPES
from groundswell.store.schema import ROOM_FOR_UPDATES, metadata, number, text

OF_TRAIL: Final = f"event_type IN ({', '.join(repr(name) for name in TRAIL_TYPES)})"
"""Whether an event belongs to the operator's trail."""

event_log = Table(
    "event_log",
    metadata,
    number("seq"),
    text("event_id"),
    text("event_type"),
    text("partition_key"),
    number("at"),
    number("recorded_at"),
    text("payload"),
    PrimaryKeyConstraint("seq"),
    Index("ix_event_log_event_id", "event_id", unique=True),
    Index(
        "ix_event_log_trail",
        "event_type",
        "seq",
        sqlite_where=sql(OF_TRAIL),
        postgresql_where=sql(OF_TRAIL),
    ),
)
"""Every event, in one total order: ``at`` when it happened, ``recorded_at`` when it was stored."""

log_head = Table(
    "log_head",
    metadata,
    number("id"),
    number("seq"),
    text("log_id"),
    PrimaryKeyConstraint("id"),
    CheckConstraint("id = 1", name="one_row"),
    postgresql_with=ROOM_FOR_UPDATES,
)
"""One row: the highest sequence number. Whoever holds its lock is the one who appends."""

consumer_positions = Table(
    "consumer_positions",
    metadata,
    text("consumer_group"),
    number("seq"),
    number("updated_at"),
    PrimaryKeyConstraint("consumer_group"),
)
"""Up to where each consumer group has read."""

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    text("scope"),
    text("idempotency_key"),
    text("fingerprint"),
    text("answer"),
    number("created_at"),
    PrimaryKeyConstraint("scope", "idempotency_key"),
    Index("ix_idempotency_keys_created_at", "created_at"),
)
"""Answers to writes that carried an Idempotency-Key, kept for a day."""

projection_snapshots = Table(
    "projection_snapshots",
    metadata,
    text("projection"),
    number("seq"),
    text("log_id"),
    text("shape"),
    number("parts"),
    text("checksum"),
    number("taken_at"),
    PrimaryKeyConstraint("projection", "seq"),
)
"""Folds of projections as they were after event ``seq``. ``shape`` says what code can read one,
``checksum`` is the SHA-256 of it and of what it is said to be."""

projection_snapshot_parts = Table(
    "projection_snapshot_parts",
    metadata,
    text("projection"),
    number("seq"),
    number("part"),
    text("content"),
    PrimaryKeyConstraint("projection", "seq", "part"),
)
"""The folds, compressed, in Base64, in parts of a size that every database takes."""
