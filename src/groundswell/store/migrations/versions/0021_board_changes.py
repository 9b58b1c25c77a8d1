"""Boards tell what changed on them; positions are found by fewer rows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"

_LEVELS = (0, 4, 8, 12, 16, 20, 24, 32)
_LEVELS_BEFORE = (0, 6, 12, 18, 24, 30)

_CLUSTERED = {
    "board_counts": ("board_id", "window_start", "level", "bucket"),
    "board_entries": ("board_id", "window_start", "user_id"),
    "board_events": ("board_id", "event_key"),
}
_TEXTS = {"board_id", "event_key", "user_id"}
_COLUMNS = {
    "board_counts": (*_CLUSTERED["board_counts"], "members"),
    "board_entries": (*_CLUSTERED["board_entries"], "descending", "reached_at", "corrections"),
    "board_events": (
        *(*_CLUSTERED["board_events"], "window_start", "user_id"),
        *("at", "points", "first_points"),
    ),
}
_INDEXES = {
    "ix_board_entries_order": (
        "board_entries",
        ["board_id", "window_start", "descending", "reached_at", "user_id"],
    ),
    "ix_board_events_participant": ("board_events", ["board_id", "window_start", "user_id", "at"]),
}


def upgrade() -> None:
    """A chain of changes for each board, and tables in the order in which they are read."""
    op.add_column(
        "board_states", sa.Column("stamp", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.create_table(
        "board_changes",
        sa.Column("board_id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("follows", sa.BigInteger(), nullable=False),
        sa.Column("stamp", sa.BigInteger(), nullable=False),
        sa.Column("changed", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("board_id", "version", name=op.f("pk_board_changes")),
    )
    if op.get_bind().dialect.name == "sqlite":
        _cluster(with_rowid=False)
    else:
        # The order among equals is that of the bytes, whatever the language of the database.
        for table in ("board_entries", "board_kept"):
            op.execute(f'ALTER TABLE {table} ALTER COLUMN user_id TYPE TEXT COLLATE "C"')
    _count(_LEVELS)
    for table in ("board_entries", "board_counts"):
        op.execute(f"ANALYZE {table}")


def downgrade() -> None:
    """As it was; the order among equals stays."""
    op.drop_table("board_changes")
    op.drop_column("board_states", "stamp")
    if op.get_bind().dialect.name == "sqlite":
        _cluster(with_rowid=True)
    _count(_LEVELS_BEFORE)


def _cluster(*, with_rowid: bool) -> None:
    """SQLite keeps the rows in their primary key, or beside it."""
    for table, key in _CLUSTERED.items():
        columns = _COLUMNS[table]
        kinds = {name: sa.Text() if name in _TEXTS else sa.BigInteger() for name in columns}
        op.create_table(
            f"{table}_new",
            *(sa.Column(name, kind, nullable=False) for name, kind in kinds.items()),
            sa.PrimaryKeyConstraint(*key, name=op.f(f"pk_{table}")),
            sqlite_with_rowid=with_rowid,
        )
        listed, order = ", ".join(columns), ", ".join(key)
        op.execute(
            f"INSERT INTO {table}_new ({listed}) SELECT {listed} FROM {table} ORDER BY {order}"  # noqa: S608
        )
        op.drop_table(table)
        op.rename_table(f"{table}_new", table)
    for name, (table, columns_of) in _INDEXES.items():
        op.create_index(name, table, columns_of, unique=False)


def _count(levels: tuple[int, ...]) -> None:
    """The counts of all levels but the first are sums of the first."""
    op.execute("DELETE FROM board_counts WHERE level > 0")
    for level, shift in enumerate(levels):
        if level:
            op.execute(
                f"""
                INSERT INTO board_counts (board_id, window_start, level, bucket, members)
                SELECT board_id, window_start, {level}, bucket >> {shift}, sum(members)
                FROM board_counts WHERE level = 0
                GROUP BY board_id, window_start, bucket >> {shift}
                """  # noqa: S608 - numbers of ours
            )
