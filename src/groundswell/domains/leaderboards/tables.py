"""The tables of leaderboards. Instants are in microseconds, JSON is text.

The order of display is ``descending`` (the score's negative), ``reached_at``, ``user_id``, all
ascending, so that one index serves pages in both directions.
"""

from __future__ import annotations

from sqlalchemy import Index, PrimaryKeyConstraint, Table
from sqlalchemy import text as sql

from groundswell.store.schema import ROOM_FOR_UPDATES, metadata, number, ordered_text, text

boards = Table(
    "boards",
    metadata,
    text("board_id"),
    text("name"),
    text("metric"),
    text("recurrence"),
    text("time_zone"),
    text("program_id", null=True),
    text("currency", null=True),
    number("prize_places"),
    text("prize_policy"),
    text("state"),
    number("starts_at"),
    number("defined_seq"),
    number("ended_seq", null=True),
    number("created_at"),
    number("updated_at"),
    PrimaryKeyConstraint("board_id"),
    Index("ix_boards_metric", "metric"),
)
"""What is counted on a board, in which windows. Before ``starts_at`` nothing counts,
nor does what stands in the log before ``defined_seq`` or after ``ended_seq``."""

board_windows = Table(
    "board_windows",
    metadata,
    text("board_id"),
    number("window_start"),
    number("window_end"),
    number("closed_at", null=True),
    number("archive_version", default=0),
    number("amended_at", null=True),
    PrimaryKeyConstraint("board_id", "window_start"),
    Index(
        "ix_board_windows_open",
        "window_end",
        sqlite_where=sql("closed_at IS NULL"),
        postgresql_where=sql("closed_at IS NULL"),
    ),
    Index(
        "ix_board_windows_amended",
        "amended_at",
        sqlite_where=sql("amended_at IS NOT NULL"),
        postgresql_where=sql("amended_at IS NOT NULL"),
    ),
)
"""A board's windows, each half-open. ``amended_at``: when something first came that the newest
archive does not have."""

board_events = Table(
    "board_events",
    metadata,
    text("board_id"),
    text("event_key"),
    number("window_start"),
    text("user_id"),
    number("at"),
    number("points"),
    number("first_points"),
    PrimaryKeyConstraint("board_id", "event_key"),
    Index("ix_board_events_participant", "board_id", "window_start", "user_id", "at"),
    sqlite_with_rowid=False,
)
"""What scores are made of. ``points`` are what it is worth now, 0 once reversed; ``first_points``
what it was worth when it came."""

board_entries = Table(
    "board_entries",
    metadata,
    text("board_id"),
    number("window_start"),
    ordered_text("user_id"),
    number("descending"),
    number("reached_at"),
    number("corrections"),
    PrimaryKeyConstraint("board_id", "window_start", "user_id"),
    Index(
        "ix_board_entries_order",
        "board_id",
        "window_start",
        "descending",
        "reached_at",
        "user_id",
    ),
    sqlite_with_rowid=False,
)
"""One row per participant and window. ``corrections``: how many events of negative points count."""

board_counts = Table(
    "board_counts",
    metadata,
    text("board_id"),
    number("window_start"),
    number("level"),
    number("bucket"),
    number("members"),
    PrimaryKeyConstraint("board_id", "window_start", "level", "bucket"),
    postgresql_with=ROOM_FOR_UPDATES,
    sqlite_with_rowid=False,
)
"""How many participants have a score (level 0) or one in a bucket of 16, 256, … scores."""

board_hidden = Table(
    "board_hidden",
    metadata,
    text("board_id"),
    text("user_id"),
    number("hidden_at"),
    PrimaryKeyConstraint("board_id", "user_id"),
)
"""Participants who are not shown; they keep their places."""

board_states = Table(
    "board_states",
    metadata,
    text("board_id"),
    number("version"),
    number("told_version"),
    number("told_at"),
    number("told_start"),
    number("told_end"),
    text("told"),
    number("stamp", default=0),
    PrimaryKeyConstraint("board_id"),
)
"""``version`` counts the changes of a board; ``told`` is what listeners were told last, as JSON.
``stamp`` names its present state: a number that chance chose anew with every change."""

board_changes = Table(
    "board_changes",
    metadata,
    text("board_id"),
    number("version"),
    number("follows"),
    number("stamp"),
    text("changed"),
    PrimaryKeyConstraint("board_id", "version"),
)
"""What led from the stamp ``follows`` to ``stamp``, for those who keep a copy of a board:
``changed`` lists pairs of a window and a participant, as JSON. Old ones are removed."""

board_archives = Table(
    "board_archives",
    metadata,
    text("archive_id"),
    text("board_id"),
    number("window_start"),
    number("window_end"),
    number("version"),
    number("members"),
    number("archived_at"),
    number("prize_review"),
    PrimaryKeyConstraint("archive_id"),
    Index("ix_board_archives_window", "board_id", "window_start", "version", unique=True),
)
"""Closed windows. A row is never changed, only superseded by one of a higher version."""

board_archive_rows = Table(
    "board_archive_rows",
    metadata,
    text("archive_id"),
    number("place"),
    text("user_id"),
    number("position"),
    number("score"),
    number("reached_at"),
    PrimaryKeyConstraint("archive_id", "place"),
    Index("ix_board_archive_rows_user_id", "archive_id", "user_id", unique=True),
)
"""Every participant's final rank. ``place`` is the order of display, 1, 2, 3."""

board_archivings = Table(
    "board_archivings",
    metadata,
    text("board_id"),
    number("window_start"),
    text("archive_id"),
    text("state"),
    PrimaryKeyConstraint("board_id", "window_start"),
)
"""Archives that are being written, a portion at a time. ``state`` is ``copying``; ``undoing``
while what was copied is taken out again; ``clearing`` once the archive is there."""

board_kept = Table(
    "board_kept",
    metadata,
    text("archive_id"),
    ordered_text("user_id"),
    number("descending", null=True),
    number("reached_at", null=True),
    PrimaryKeyConstraint("archive_id", "user_id"),
    Index("ix_board_kept_order", "archive_id", "descending", "reached_at", "user_id"),
)
"""How participants stood when the writing of an archive began, of those who changed since. Who was
not on the board has no ``descending``."""
