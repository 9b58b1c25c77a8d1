"""How far each import has come, and the statements that read and move it."""

from __future__ import annotations

from sqlalchemy import PrimaryKeyConstraint, Table

from groundswell.store import Statement
from groundswell.store.schema import metadata, number, text

import_progress = Table(
    "import_progress",
    metadata,
    text("import_id"),
    number("position"),
    number("shift"),
    number("started_at"),
    number("updated_at"),
    PrimaryKeyConstraint("import_id"),
)
"""One row per import. ``position`` counts the steps stored, ``shift`` (µs) moves their times."""

READ_PROGRESS = Statement(
    "SELECT position, shift FROM import_progress WHERE import_id = :import_id"
)

LOCK_PROGRESS = Statement(
    "SELECT position FROM import_progress WHERE import_id = :import_id {lock}"
)

START_PROGRESS = Statement(
    """
    INSERT INTO import_progress (import_id, position, shift, started_at, updated_at)
    VALUES (:import_id, 0, :shift, :now, :now)
    ON CONFLICT (import_id) DO NOTHING
    """
)

MOVE_PROGRESS = Statement(
    """
    UPDATE import_progress SET position = :new_position, updated_at = :now
    WHERE import_id = :import_id AND position = :expected_position
    """
)
