"""Writing an archive a portion at a time, as the board stood when the first was written.

Each portion is a transaction of the writer's; what is done is in the tables, so that whoever comes
next goes on from there, after a crash as well as beside another process. Who changes meanwhile is
kept as they stood before (``KEEP``), and archived like that.
"""

from __future__ import annotations

from typing import Any, Final, Literal, NamedTuple

from uuid_utils import uuid7

from groundswell.domains.leaderboards.ranks import TOP
from groundswell.store import BIGINT, TEXT, Statement, Transaction

State = Literal["copying", "undoing", "clearing"]

FIND = Statement(
    """
    SELECT archive_id, state FROM board_archivings
    WHERE board_id = :board_id AND window_start = :window_start
    """
)
BEGIN = Statement(
    """
    INSERT INTO board_archivings (board_id, window_start, archive_id, state)
    VALUES (:board_id, :window_start, :archive_id, 'copying')
    """
)
TURN = Statement("UPDATE board_archivings SET state = :state WHERE archive_id = :archive_id")
END = Statement("DELETE FROM board_archivings WHERE archive_id = :archive_id")
TO_CLEAR = Statement("SELECT board_id, window_start FROM board_archivings WHERE state = 'clearing'")
LAST = Statement(
    """
    SELECT place, position, -score, reached_at, user_id FROM board_archive_rows
    WHERE archive_id = :archive_id ORDER BY place DESC LIMIT 1
    """
)
COPY = Statement(
    """
    INSERT INTO board_archive_rows (archive_id, place, user_id, position, score, reached_at)
    SELECT CAST(:archive_id AS TEXT), :place + row_number() OVER shown, user_id,
        CASE WHEN descending = :descending THEN :position
            ELSE :place + rank() OVER (ORDER BY descending) END,
        -descending, reached_at
    FROM (
        SELECT * FROM (
            SELECT e.descending, e.reached_at, e.user_id FROM board_entries e
            WHERE e.board_id = :board_id AND e.window_start = :window_start
                AND (e.descending, e.reached_at, e.user_id) > (:descending, :reached_at, :user_id)
                AND NOT EXISTS (
                    SELECT 1 FROM board_kept k
                    WHERE k.archive_id = :archive_id AND k.user_id = e.user_id
                )
            ORDER BY e.descending, e.reached_at, e.user_id LIMIT :portion
        ) unchanged
        UNION ALL
        SELECT * FROM (
            SELECT descending, reached_at, user_id FROM board_kept
            WHERE archive_id = :archive_id AND descending IS NOT NULL
                AND (descending, reached_at, user_id) > (:descending, :reached_at, :user_id)
            ORDER BY descending, reached_at, user_id LIMIT :portion
        ) changed
        ORDER BY descending, reached_at, user_id LIMIT :portion
    ) next
    WINDOW shown AS (ORDER BY descending, reached_at, user_id)
    """
)
UNCOPY = Statement(
    "DELETE FROM board_archive_rows WHERE archive_id = :archive_id AND place > :place"
)
KEEP = Statement(
    """
    INSERT INTO board_kept (archive_id, user_id, descending, reached_at)
    SELECT a.archive_id, r.user_id, e.descending, e.reached_at
    FROM {rows} r
    JOIN board_archivings a ON a.board_id = r.board_id AND a.window_start = r.window_start
        AND a.state <> 'clearing'
    LEFT JOIN board_entries e ON e.board_id = r.board_id AND e.window_start = r.window_start
        AND e.user_id = r.user_id
    WHERE true
    ON CONFLICT (archive_id, user_id) DO NOTHING
    """,
    rows={"board_id": TEXT, "window_start": BIGINT, "user_id": TEXT},
)
"""To be written before these participants change."""

IS_KEPT = Statement("SELECT 1 FROM board_kept WHERE archive_id = :archive_id LIMIT 1")
CLEAR = Statement(
    """
    DELETE FROM board_kept WHERE archive_id = :archive_id AND user_id IN (
        SELECT user_id FROM board_kept WHERE archive_id = :archive_id
        ORDER BY user_id LIMIT :portion
    )
    """
)
UNDO_RENAMED = Statement(
    """
    UPDATE board_archivings SET state = 'undoing'
    WHERE state = 'copying' AND (
        EXISTS (
            SELECT 1 FROM board_entries e
            WHERE e.board_id = board_archivings.board_id
                AND e.window_start = board_archivings.window_start AND e.user_id = :user_id
        ) OR EXISTS (
            SELECT 1 FROM board_kept k
            WHERE k.archive_id = board_archivings.archive_id AND k.user_id = :user_id
        )
    )
    """
)
"""Who has another name stands elsewhere among equals: what was copied is copied again."""


class _Last(NamedTuple):
    place: int
    position: int
    descending: int
    reached_at: int
    user_id: str


_NONE: Final = _Last(0, 0, -TOP, 0, "")


class Archiving(NamedTuple):
    """An archive that is being written. ``known``: others can see that it is."""

    archive_id: str
    state: State
    known: bool


async def find_archiving(
    transaction: Transaction, board_id: str, window_start: int
) -> Archiving | None:
    """The archive of a window that is being written, if there is one."""
    rows = await transaction.fetch(FIND, board_id=board_id, window_start=window_start)
    return Archiving(rows[0][0], rows[0][1], known=True) if rows else None


def new_archiving() -> Archiving:
    """An archive of which nothing is written yet."""
    return Archiving(f"archive-{uuid7().hex}", "copying", known=False)


async def copy(
    transaction: Transaction, archiving: Archiving, board_id: str, window_start: int, portion: int
) -> int | None:
    """Archive the next participants; how many there are in all, once the last are copied."""
    names: dict[str, Any] = {"board_id": board_id, "window_start": window_start}
    archive_id = archiving.archive_id
    last = await _last(transaction, archive_id)
    await transaction.write(COPY, archive_id=archive_id, **names, **last._asdict(), portion=portion)
    place = (await _last(transaction, archive_id)).place
    if place - last.place < portion:
        return place
    if not archiving.known:
        await transaction.write(BEGIN, archive_id=archive_id, **names)
    return None


async def undo(transaction: Transaction, archiving: Archiving, portion: int) -> None:
    """Take out the participants archived last; once there are none, begin again."""
    archive_id = archiving.archive_id
    place = (await _last(transaction, archive_id)).place
    if place:
        await transaction.write(UNCOPY, archive_id=archive_id, place=place - portion)
    else:
        await transaction.write(TURN, archive_id=archive_id, state="copying")


async def somebody_changed(transaction: Transaction, archiving: Archiving) -> bool:
    """Whether anything counted in the window since the first portion."""
    return bool(await transaction.fetch(IS_KEPT, archive_id=archiving.archive_id))


async def clear(transaction: Transaction, archiving: Archiving, portion: int) -> bool:
    """Remove what was only there while the archive was written; whether some of it is left."""
    archive_id = archiving.archive_id
    await transaction.write(CLEAR, archive_id=archive_id, portion=portion)
    left = await somebody_changed(transaction, archiving)
    if not left:
        await transaction.write(END, archive_id=archive_id)
    return left


async def _last(transaction: Transaction, archive_id: str) -> _Last:
    rows = await transaction.fetch(LAST, archive_id=archive_id)
    return _Last(*rows[0]) if rows else _NONE
