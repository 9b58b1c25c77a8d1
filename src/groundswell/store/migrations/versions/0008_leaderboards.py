"""Leaderboards: boards, their windows, what counts in them, standings and archives."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make the tables of leaderboards."""
    op.create_table(
        "board_archive_rows",
        sa.Column("archive_id", sa.Text(), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("score", sa.BigInteger(), nullable=False),
        sa.Column("reached_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("archive_id", "place", name=op.f("pk_board_archive_rows")),
    )
    op.create_index(
        "ix_board_archive_rows_user_id",
        "board_archive_rows",
        ["archive_id", "user_id"],
        unique=True,
    )
    op.create_table(
        "board_archives",
        sa.Column("archive_id", sa.Text(), nullable=False),
        sa.Column("board_id", sa.Text(), nullable=False),
        sa.Column("window_start", sa.BigInteger(), nullable=False),
        sa.Column("window_end", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("members", sa.BigInteger(), nullable=False),
        sa.Column("archived_at", sa.BigInteger(), nullable=False),
        sa.Column("prize_review", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("archive_id", name=op.f("pk_board_archives")),
    )
    op.create_index(
        "ix_board_archives_window",
        "board_archives",
        ["board_id", "window_start", "version"],
        unique=True,
    )
    op.create_table(
        "board_counts",
        sa.Column("board_id", sa.Text(), nullable=False),
        sa.Column("window_start", sa.BigInteger(), nullable=False),
        sa.Column("level", sa.BigInteger(), nullable=False),
        sa.Column("bucket", sa.BigInteger(), nullable=False),
        sa.Column("members", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "board_id", "window_start", "level", "bucket", name=op.f("pk_board_counts")
        ),
        postgresql_with={"fillfactor": "50"},
    )
    op.create_table(
        "board_entries",
        sa.Column("board_id", sa.Text(), nullable=False),
        sa.Column("window_start", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("descending", sa.BigInteger(), nullable=False),
        sa.Column("reached_at", sa.BigInteger(), nullable=False),
        sa.Column("corrections", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "board_id", "window_start", "user_id", name=op.f("pk_board_entries")
        ),
    )
    op.create_index(
        "ix_board_entries_order",
        "board_entries",
        ["board_id", "window_start", "descending", "reached_at", "user_id"],
        unique=False,
    )
    op.create_table(
        "board_events",
        sa.Column("board_id", sa.Text(), nullable=False),
        sa.Column("event_key", sa.Text(), nullable=False),
        sa.Column("window_start", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("first_points", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("board_id", "event_key", name=op.f("pk_board_events")),
    )
    op.create_index(
        "ix_board_events_participant",
        "board_events",
        ["board_id", "window_start", "user_id", "at"],
        unique=False,
    )
    op.create_table(
        "board_hidden",
        sa.Column("board_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("hidden_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("board_id", "user_id", name=op.f("pk_board_hidden")),
    )
    op.create_table(
        "board_states",
        sa.Column("board_id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("told_version", sa.BigInteger(), nullable=False),
        sa.Column("told_at", sa.BigInteger(), nullable=False),
        sa.Column("told_start", sa.BigInteger(), nullable=False),
        sa.Column("told_end", sa.BigInteger(), nullable=False),
        sa.Column("told", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("board_id", name=op.f("pk_board_states")),
    )
    op.create_table(
        "board_windows",
        sa.Column("board_id", sa.Text(), nullable=False),
        sa.Column("window_start", sa.BigInteger(), nullable=False),
        sa.Column("window_end", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("archive_version", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("amended_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("board_id", "window_start", name=op.f("pk_board_windows")),
    )
    op.create_index(
        "ix_board_windows_amended",
        "board_windows",
        ["amended_at"],
        unique=False,
        sqlite_where=sa.text("amended_at IS NOT NULL"),
        postgresql_where=sa.text("amended_at IS NOT NULL"),
    )
    op.create_index(
        "ix_board_windows_open",
        "board_windows",
        ["window_end"],
        unique=False,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "boards",
        sa.Column("board_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("metric", sa.Text(), nullable=False),
        sa.Column("recurrence", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("program_id", sa.Text(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("prize_places", sa.BigInteger(), nullable=False),
        sa.Column("prize_policy", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        sa.Column("defined_seq", sa.BigInteger(), nullable=False),
        sa.Column("ended_seq", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("board_id", name=op.f("pk_boards")),
    )
    op.create_index("ix_boards_metric", "boards", ["metric"], unique=False)


def downgrade() -> None:
    """Drop them."""
    op.drop_index("ix_boards_metric", table_name="boards")
    op.drop_table("boards")
    op.drop_index(
        "ix_board_windows_open",
        table_name="board_windows",
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.drop_index(
        "ix_board_windows_amended",
        table_name="board_windows",
        sqlite_where=sa.text("amended_at IS NOT NULL"),
        postgresql_where=sa.text("amended_at IS NOT NULL"),
    )
    op.drop_table("board_windows")
    op.drop_table("board_states")
    op.drop_table("board_hidden")
    op.drop_index("ix_board_events_participant", table_name="board_events")
    op.drop_table("board_events")
    op.drop_index("ix_board_entries_order", table_name="board_entries")
    op.drop_table("board_entries")
    op.drop_table("board_counts")
    op.drop_index("ix_board_archives_window", table_name="board_archives")
    op.drop_table("board_archives")
    op.drop_index("ix_board_archive_rows_user_id", table_name="board_archive_rows")
    op.drop_table("board_archive_rows")
