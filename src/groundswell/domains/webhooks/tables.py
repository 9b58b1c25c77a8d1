"""The tables of webhooks. Instants are in microseconds, JSON is text."""

from __future__ import annotations

from sqlalchemy import Index, PrimaryKeyConstraint, Table
from sqlalchemy import text as sql

from groundswell.store.schema import metadata, number, text

webhook_endpoints = Table(
    "webhook_endpoints",
    metadata,
    text("endpoint_id"),
    text("url"),
    text("description", null=True),
    text("patterns"),
    text("privacy"),
    number("enabled"),
    text("disabled_reason", null=True),
    number("secret_version"),
    number("old_secret_until"),
    number("queued_to"),
    number("failures"),
    number("open_until"),
    number("failing_since", null=True),
    number("delivered_at", null=True),
    number("failed_at", null=True),
    number("created_at"),
    number("updated_at"),
    PrimaryKeyConstraint("endpoint_id"),
)
"""Where events are sent. Events up to ``queued_to`` were looked at. ``failures``: how many sendings
in a row have failed, the first of them at ``failing_since``; until ``open_until`` none is tried."""

webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    text("endpoint_id"),
    number("seq"),
    number("attempts"),
    number("due_at", null=True),
    number("queued_at"),
    number("tried_at", null=True),
    number("status", null=True),
    text("error", null=True),
    number("dead_at", null=True),
    PrimaryKeyConstraint("endpoint_id", "seq"),
    Index(
        "ix_webhook_deliveries_due",
        "endpoint_id",
        "due_at",
        sqlite_where=sql("due_at IS NOT NULL"),
        postgresql_where=sql("due_at IS NOT NULL"),
    ),
    Index(
        "ix_webhook_deliveries_dead",
        "endpoint_id",
        "dead_at",
        sqlite_where=sql("dead_at IS NOT NULL"),
        postgresql_where=sql("dead_at IS NOT NULL"),
    ),
)
"""Events to be sent. A row leaves when it was taken; one that failed too often has no ``due_at``
any more, and stays for a while as a failure."""
