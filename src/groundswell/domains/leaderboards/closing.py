"""Closing windows, each exactly once, and superseding archives when something came late."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from uuid_utils import uuid7

from groundswell.contract.events.leaderboards import LeaderboardClosed
from groundswell.contract.times import MINUTE
from groundswell.domains.leaderboards import board_rows
from groundswell.domains.leaderboards.board_rows import Board, find_board
from groundswell.domains.leaderboards.commands import AmendWindow, CloseWindow, Done
from groundswell.domains.leaderboards.prizes import prizes
from groundswell.domains.leaderboards.standing_rows import count_members
from groundswell.domains.leaderboards.telling import tell
from groundswell.store import Statement, Transaction
from groundswell.store.commands import EventTail
from groundswell.store.transaction import Row

GRACE: Final = 5 * MINUTE
"""How long after its end a window waits for what is late."""

GATHERING: Final = MINUTE
"""How long after a closed window changed its archive is superseded, with all that came until."""

TO_CLOSE = Statement(
    """
    SELECT board_id, window_start FROM board_windows
    WHERE closed_at IS NULL AND window_end <= :until
    ORDER BY window_end LIMIT :count
    """
)
TO_AMEND = Statement(
    """
    SELECT board_id, window_start FROM board_windows
    WHERE amended_at IS NOT NULL AND amended_at <= :until
    ORDER BY amended_at LIMIT :count
    """
)
CLOSED = Statement(
    """
    UPDATE board_windows
    SET closed_at = coalesce(closed_at, :at), archive_version = :version, amended_at = NULL
    WHERE board_id = :board_id AND window_start = :window_start
    """
)
ADD_ARCHIVE = Statement(
    """
    INSERT INTO board_archives (
        archive_id, board_id, window_start, window_end, version, members, archived_at, prize_review
    ) VALUES (
        :archive_id, :board_id, :window_start, :window_end, :version, :members, :at, :prize_review
    )
    """
)
ADD_ROWS = Statement(
    """
    INSERT INTO board_archive_rows (archive_id, place, user_id, position, score, reached_at)
    SELECT CAST(:archive_id AS TEXT), row_number() OVER shown, user_id,
        rank() OVER (ORDER BY descending), -descending, reached_at
    FROM board_entries
    WHERE board_id = :board_id AND window_start = :window_start
    WINDOW shown AS (ORDER BY descending, reached_at, user_id)
    """
)
ARCHIVE_OF = Statement(
    """
    SELECT archive_id FROM board_archives
    WHERE board_id = :board_id AND window_start = :window_start AND version = :version
    """
)
WINNERS = Statement(
    """
    SELECT user_id, position FROM board_archive_rows
    WHERE archive_id = :archive_id AND position <= :places
    ORDER BY place
    """
)


async def close_window(transaction: Transaction, command: CloseWindow, tail: EventTail) -> Done:
    """Archive a window that is over, and begin the one that follows it.

    All of it is one transaction: after a crash the window is either closed or still to be closed.
    """
    board = await find_board(transaction, command.board_id)
    row = await _window(transaction, command.board_id, command.window_start)
    if board is None or row is None:
        return Done(0)
    end, closed_at, _, _ = row
    if closed_at is not None or end + GRACE > command.at:
        return Done(0)
    await _archive(transaction, board, command, end, 1, tail)
    if board.state == "active":
        following = board.window_at(end)
        await transaction.write(board_rows.ADD_WINDOWS, rows=[(board.board_id, *following)])
    return Done(1)


async def amend_window(transaction: Transaction, command: AmendWindow, tail: EventTail) -> Done:
    """Supersede an archive that lacks something; who won before is not told otherwise by this."""
    board = await find_board(transaction, command.board_id)
    row = await _window(transaction, command.board_id, command.window_start)
    if board is None or row is None:
        return Done(0)
    end, closed_at, version, amended_at = row
    if closed_at is None or amended_at is None:
        return Done(0)
    await _archive(transaction, board, command, end, version + 1, tail)
    return Done(1)


async def _window(
    transaction: Transaction, board_id: str, window_start: int
) -> tuple[int, int | None, int, int | None] | None:
    rows = await transaction.fetch(
        board_rows.FIND_WINDOW, board_id=board_id, window_start=window_start
    )
    return rows[0] if rows else None


async def _archive(
    transaction: Transaction,
    board: Board,
    command: CloseWindow | AmendWindow,
    end: int,
    version: int,
    tail: EventTail,
) -> None:
    archive_id = f"archive-{uuid7().hex}"
    names: dict[str, Any] = {"board_id": board.board_id, "window_start": command.window_start}
    members = await count_members(transaction, board.board_id, command.window_start)
    await transaction.write(ADD_ROWS, archive_id=archive_id, **names)
    review = version > 1 and await _winners_differ(transaction, board, command, archive_id, version)
    await transaction.write(
        ADD_ARCHIVE,
        archive_id=archive_id,
        **names,
        window_end=end,
        version=version,
        members=members,
        at=command.at,
        prize_review=int(review),
    )
    await transaction.write(CLOSED, **names, at=command.at, version=version)
    event = LeaderboardClosed(
        board_id=board.board_id,
        window_start=command.window_start,
        window_end=end,
        archive_id=archive_id,
        version=version,
        members=members,
        prize_review=review,
    )
    tail.append(event, command.at)
    await tell(transaction, board, command.at, tail, anyhow=True)


async def _winners_differ(
    transaction: Transaction,
    board: Board,
    command: CloseWindow | AmendWindow,
    archive_id: str,
    version: int,
) -> bool:
    """Whether somebody has to look at the prizes again; nothing is ever taken back by itself."""
    before = await transaction.fetch(
        ARCHIVE_OF, board_id=board.board_id, window_start=command.window_start, version=version - 1
    )
    old, new = [
        await transaction.fetch(WINNERS, archive_id=one, places=board.prize_places)
        for one in (before[0][0], archive_id)
    ]
    places, policy = board.prize_places, board.prize_policy
    return prizes(_pairs(old), places, policy) != prizes(_pairs(new), places, policy)


def _pairs(rows: Sequence[Row]) -> list[tuple[str, int]]:
    return [(user, position) for user, position in rows]
