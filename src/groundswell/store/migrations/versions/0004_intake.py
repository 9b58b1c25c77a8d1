"""The intake: which events of the host application were taken in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the table by which repeats are known."""
    op.create_table(
        "intake_events",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("event_type", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("source", "source_id", name=op.f("pk_intake_events")),
    )
    op.create_index("ix_intake_events_received_at", "intake_events", ["received_at"], unique=False)


def downgrade() -> None:
    """Forget what was taken in."""
    op.drop_table("intake_events")
