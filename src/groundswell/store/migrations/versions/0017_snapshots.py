"""Snapshots: folds of projections, so that a replay begins near the end of the log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Make room for snapshots and their parts."""
    op.create_table(
        "projection_snapshots",
        sa.Column("projection", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("log_id", sa.Text(), nullable=False),
        sa.Column("shape", sa.Text(), nullable=False),
        sa.Column("parts", sa.BigInteger(), nullable=False),
        sa.Column("checksum", sa.Text(), nullable=False),
        sa.Column("taken_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("projection", "seq", name=op.f("pk_projection_snapshots")),
    )
    op.create_table(
        "projection_snapshot_parts",
        sa.Column("projection", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("part", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint(
            "projection", "seq", "part", name=op.f("pk_projection_snapshot_parts")
        ),
    )


def downgrade() -> None:
    """Forget all snapshots: a replay begins with the first event."""
    op.drop_table("projection_snapshot_parts")
    op.drop_table("projection_snapshots")
