"""Archives of leaderboards are written a portion at a time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Make the tables of archives that are being written."""
    op.create_table(
        "board_archivings",
        sa.Column("board_id", sa.Text(), nullable=False),
        sa.Column("window_start", sa.BigInteger(), nullable=False),
        sa.Column("archive_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("board_id", "window_start", name=op.f("pk_board_archivings")),
    )
    op.create_table(
        "board_kept",
        sa.Column("archive_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("descending", sa.BigInteger(), nullable=True),
        sa.Column("reached_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("archive_id", "user_id", name=op.f("pk_board_kept")),
    )
    op.create_index(
        "ix_board_kept_order",
        "board_kept",
        ["archive_id", "descending", "reached_at", "user_id"],
        unique=False,
    )


def downgrade() -> None:
    """Forget what is being written, and the half of it that stands in the archives already."""
    op.execute(
        "DELETE FROM board_archive_rows WHERE archive_id IN"
        " (SELECT archive_id FROM board_archivings WHERE state <> 'clearing')"
    )
    op.drop_index("ix_board_kept_order", table_name="board_kept")
    op.drop_table("board_kept")
    op.drop_table("board_archivings")
