"""Inboxes: messages, devices, read states, saved subscriptions and web push."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_WAITING = "acked_at IS NULL AND delivery = 'critical' AND data IS NOT NULL"


def upgrade() -> None:
    """Make the tables of inboxes."""
    op.create_table(
        "inbox_users",
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("trimmed", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("read_vv", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_inbox_users")),
    )
    op.create_table(
        "inbox_messages",
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("event_type", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=True),
        sa.Column("delivery", sa.Text(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("filed_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("log_seq", sa.BigInteger(), nullable=False),
        sa.Column("acked_at", sa.BigInteger(), nullable=True),
        sa.Column("acked_by", sa.Text(), nullable=True),
        sa.Column("read_state", sa.Text(), nullable=False),
        sa.Column("read_at", sa.BigInteger(), nullable=False),
        sa.Column("read_by", sa.Text(), nullable=True),
        sa.Column("read_vv", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("user_id", "seq", name=op.f("pk_inbox_messages")),
    )
    op.create_index(
        "ix_inbox_messages_message_id", "inbox_messages", ["message_id", "user_id"], unique=True
    )
    op.create_index("ix_inbox_messages_filed_at", "inbox_messages", ["filed_at"], unique=False)
    op.create_index(
        "ix_inbox_messages_waiting",
        "inbox_messages",
        ["filed_at"],
        unique=False,
        sqlite_where=sa.text(_WAITING),
        postgresql_where=sa.text(_WAITING),
    )
    op.create_table(
        "inbox_devices",
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("joined_seq", sa.BigInteger(), nullable=False),
        sa.Column("acked_to", sa.BigInteger(), nullable=False),
        sa.Column("last_seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "client_id", name=op.f("pk_inbox_devices")),
    )
    op.create_index(
        "ix_inbox_devices_last_seen_at", "inbox_devices", ["last_seen_at"], unique=False
    )
    op.create_table(
        "inbox_deliveries",
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("acked_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("user_id", "seq", "client_id", name=op.f("pk_inbox_deliveries")),
    )
    op.create_table(
        "inbox_preferences",
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("subscriptions", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_inbox_preferences")),
    )
    op.create_table(
        "push_endpoints",
        sa.Column("endpoint_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("p256dh", sa.Text(), nullable=False),
        sa.Column("auth", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("endpoint_id", name=op.f("pk_push_endpoints")),
    )
    op.create_index("ix_push_endpoints_user_id", "push_endpoints", ["user_id"], unique=False)
    op.create_table(
        "push_queue",
        sa.Column("endpoint_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("endpoint_id", "user_id", "seq", name=op.f("pk_push_queue")),
    )
    op.create_index("ix_push_queue_due_at", "push_queue", ["due_at"], unique=False)


def downgrade() -> None:
    """Drop them, with all that is in them."""
    op.drop_index("ix_push_queue_due_at", table_name="push_queue")
    op.drop_table("push_queue")
    op.drop_index("ix_push_endpoints_user_id", table_name="push_endpoints")
    op.drop_table("push_endpoints")
    op.drop_table("inbox_preferences")
    op.drop_table("inbox_deliveries")
    op.drop_index("ix_inbox_devices_last_seen_at", table_name="inbox_devices")
    op.drop_table("inbox_devices")
    op.drop_index("ix_inbox_messages_waiting", table_name="inbox_messages")
    op.drop_index("ix_inbox_messages_filed_at", table_name="inbox_messages")
    op.drop_index("ix_inbox_messages_message_id", table_name="inbox_messages")
    op.drop_table("inbox_messages")
    op.drop_table("inbox_users")
