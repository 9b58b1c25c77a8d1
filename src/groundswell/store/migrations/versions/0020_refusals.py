"""What was refused leaves a trace."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"

_INDEXES = ("code", "caller", "caller_id", "subject_id")


def upgrade() -> None:
    """A table of refusals, by the minute."""
    op.create_table(
        "refusals",
        sa.Column("refusal_id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("times", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("route", sa.Text(), nullable=True),
        sa.Column("method", sa.Text(), nullable=True),
        sa.Column("caller", sa.Text(), nullable=False),
        sa.Column("caller_id", sa.Text(), nullable=True),
        sa.Column("subject_kind", sa.Text(), nullable=True),
        sa.Column("subject_id", sa.Text(), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("refusal_id", name=op.f("pk_refusals")),
    )
    op.create_index("ix_refusals_at", "refusals", ["at", "refusal_id"], unique=False)
    for name in _INDEXES:
        op.create_index(f"ix_refusals_{name}", "refusals", [name, "at", "refusal_id"], unique=False)


def downgrade() -> None:
    """Nobody knows what was refused."""
    op.drop_table("refusals")
