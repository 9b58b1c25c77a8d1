"""What was refused. Instants are in microseconds."""

from __future__ import annotations

from sqlalchemy import Index, PrimaryKeyConstraint, Table

from groundswell.store.schema import metadata, number, text

refusals = Table(
    "refusals",
    metadata,
    text("refusal_id"),
    number("at"),
    number("last_at"),
    number("times"),
    number("status"),
    text("code"),
    text("route", null=True),
    text("method", null=True),
    text("caller"),
    text("caller_id", null=True),
    text("subject_kind", null=True),
    text("subject_id", null=True),
    text("request_id", null=True),
    text("detail", null=True),
    PrimaryKeyConstraint("refusal_id"),
    Index("ix_refusals_at", "at", "refusal_id"),
    Index("ix_refusals_code", "code", "at", "refusal_id"),
    Index("ix_refusals_caller", "caller", "at", "refusal_id"),
    Index("ix_refusals_caller_id", "caller_id", "at", "refusal_id"),
    Index("ix_refusals_subject_id", "subject_id", "at", "refusal_id"),
)
"""A row for what was refused to one caller, at one place, with one code, within one minute; each
process writes rows of its own. ``times`` is how often."""
