"""The tables of inboxes. Instants are in microseconds, JSON is text."""

from __future__ import annotations

from sqlalchemy import Index, PrimaryKeyConstraint, Table
from sqlalchemy import text as sql

from groundswell.store.schema import metadata, number, text

inbox_users = Table(
    "inbox_users",
    metadata,
    text("user_id"),
    number("seq"),
    number("trimmed", default=0),
    text("read_vv", null=True),
    PrimaryKeyConstraint("user_id"),
)
"""``seq``: the user's newest message. Messages up to ``trimmed`` are gone. ``read_vv``: the version
vector that covers every change of a read state."""

inbox_messages = Table(
    "inbox_messages",
    metadata,
    text("user_id"),
    number("seq"),
    text("message_id"),
    text("event_type"),
    text("data", null=True),
    text("delivery"),
    text("policy"),
    number("at"),
    number("filed_at"),
    number("expires_at", null=True),
    number("log_seq"),
    number("acked_at", null=True),
    text("acked_by", null=True),
    text("read_state"),
    number("read_at"),
    text("read_by", null=True),
    text("read_vv", null=True),
    PrimaryKeyConstraint("user_id", "seq"),
    Index("ix_inbox_messages_message_id", "message_id", "user_id", unique=True),
    Index("ix_inbox_messages_filed_at", "filed_at"),
    Index(
        "ix_inbox_messages_waiting",
        "filed_at",
        sqlite_where=sql("acked_at IS NULL AND delivery = 'critical' AND data IS NOT NULL"),
        postgresql_where=sql("acked_at IS NULL AND delivery = 'critical' AND data IS NOT NULL"),
    ),
)
"""One row per message. ``data`` is None once it is kept in summary only. ``acked_at`` is the first
acknowledgement by any device."""

inbox_devices = Table(
    "inbox_devices",
    metadata,
    text("user_id"),
    text("client_id"),
    number("joined_seq"),
    number("acked_to"),
    number("last_seen_at"),
    number("heard_at", default=0),
    PrimaryKeyConstraint("user_id", "client_id"),
    Index("ix_inbox_devices_last_seen_at", "last_seen_at"),
)
"""Devices that take messages. ``joined_seq``: the user's newest message when the device came;
``acked_to``: up to where it has acknowledged everything; ``heard_at``: until when it listened."""

inbox_deliveries = Table(
    "inbox_deliveries",
    metadata,
    text("user_id"),
    number("seq"),
    text("client_id"),
    number("attempts"),
    number("sent_at", null=True),
    number("acked_at", null=True),
    PrimaryKeyConstraint("user_id", "seq", "client_id"),
)
"""What was sent to a device, and what it acknowledged by id. No row: queued."""

inbox_preferences = Table(
    "inbox_preferences",
    metadata,
    text("user_id"),
    text("subscriptions"),
    number("updated_at"),
    PrimaryKeyConstraint("user_id"),
)
"""The subscriptions a user saved, as JSON."""

push_endpoints = Table(
    "push_endpoints",
    metadata,
    text("endpoint_id"),
    text("user_id"),
    text("endpoint"),
    text("p256dh"),
    text("auth"),
    number("expires_at", null=True),
    number("created_at"),
    PrimaryKeyConstraint("endpoint_id"),
    Index("ix_push_endpoints_user_id", "user_id"),
)
"""Where browsers take pushes. ``endpoint_id`` is the SHA-256 of the address: whoever signs in last
on a browser is the only one whose messages it gets."""

push_queue = Table(
    "push_queue",
    metadata,
    text("endpoint_id"),
    text("user_id"),
    number("seq"),
    number("attempts"),
    number("due_at"),
    PrimaryKeyConstraint("endpoint_id", "user_id", "seq"),
    Index("ix_push_queue_due_at", "due_at"),
)
"""Pushes to be made. A row leaves when it was taken, became pointless, or failed too often."""
