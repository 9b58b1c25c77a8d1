"""Closing windows, each exactly once, and superseding archives when something came late."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from groundswell.contract.events.leaderboards import LeaderboardClosed
from groundswell.contract.times import MINUTE
from groundswell.domains.leaderboards import archiving, board_rows
from groundswell.domains.leaderboards.archiving import Archiving
from groundswell.domains.leaderboards.board_rows import Board, find_board
from groundswell.domains.leaderboards.changes import Change, say
from groundswell.domains.leaderboards.commands import AmendWindow, CloseWindow, Done
from groundswell.domains.leaderboards.prizes import prizes
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
    SET closed_at = coalesce(closed_at, :at), archive_version = :version,
        amended_at = CAST(:amended_at AS BIGINT)
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
    """Archive the next portion of a window that is over; with the last, the window is closed.

    Until then nobody sees an archive. The window that follows begins with the same transaction.
    """
    board = await find_board(transaction, command.board_id)
    row = await _window(transaction, command.board_id, command.window_start)
    if board is None or row is None:
        return Done(0)
    end, closed_at, _, _ = row
    due = closed_at is None and end + GRACE <= command.at
    return await _go_on(transaction, board, command, tail, _Wanted(end, 1, due))


async def amend_window(transaction: Transaction, command: AmendWindow, tail: EventTail) -> Done:
    """Supersede an archive that lacks something; who won before is not told otherwise by this."""
    board = await find_board(transaction, command.board_id)
    row = await _window(transaction, command.board_id, command.window_start)
    if board is None or row is None:
        return Done(0)
    end, closed_at, version, amended_at = row
    due = closed_at is not None and amended_at is not None
    return await _go_on(transaction, board, command, tail, _Wanted(end, version + 1, due))


class _Wanted(NamedTuple):
    """The version of an archive of the window that ends at ``end``, and whether it is due."""

    end: int
    version: int
    due: bool


async def _window(
    transaction: Transaction, board_id: str, window_start: int
) -> tuple[int, int | None, int, int | None] | None:
    rows = await transaction.fetch(
        board_rows.FIND_WINDOW, board_id=board_id, window_start=window_start
    )
    return rows[0] if rows else None


async def _go_on(
    transaction: Transaction,
    board: Board,
    command: CloseWindow | AmendWindow,
    tail: EventTail,
    wanted: _Wanted,
) -> Done:
    """One portion of what is to be done: of clearing up, of undoing, or of the archive."""
    start, portion = command.window_start, command.portion
    found = await archiving.find_archiving(transaction, board.board_id, start)
    if found is not None and found.state == "clearing":
        left = await archiving.clear(transaction, found, portion)
        return Done(0, left=left)
    if not wanted.due:
        return Done(0)
    if found is not None and found.state == "undoing":
        await archiving.undo(transaction, found, portion)
        return Done(0, left=True)
    one = found or archiving.new_archiving()
    members = await archiving.copy(transaction, one, board.board_id, start, portion)
    if members is None:
        return Done(0, left=True)
    await _archived(transaction, board, command, tail, wanted, one, members)
    return Done(1, left=one.known)


async def _archived(
    transaction: Transaction,
    board: Board,
    command: CloseWindow | AmendWindow,
    tail: EventTail,
    wanted: _Wanted,
    one: Archiving,
    members: int,
) -> None:
    """Everybody is copied: let it be seen, tell of it, and begin the window that follows."""
    archive_id, version = one.archive_id, wanted.version
    names: dict[str, Any] = {"board_id": board.board_id, "window_start": command.window_start}
    review = version > 1 and await _winners_differ(transaction, board, command, archive_id, version)
    changed = await archiving.somebody_changed(transaction, one)
    await transaction.write(
        ADD_ARCHIVE,
        archive_id=archive_id,
        **names,
        window_end=wanted.end,
        version=version,
        members=members,
        at=command.at,
        prize_review=int(review),
    )
    amended_at = command.at if changed else None
    await transaction.write(CLOSED, **names, at=command.at, version=version, amended_at=amended_at)
    if version == 1:
        await say(transaction, {board.board_id: Change(closed=[command.window_start])})
    if one.known:
        await transaction.write(archiving.TURN, archive_id=archive_id, state="clearing")
    event = LeaderboardClosed(
        board_id=board.board_id,
        window_start=command.window_start,
        window_end=wanted.end,
        archive_id=archive_id,
        version=version,
        members=members,
        prize_review=review,
    )
    tail.append(event, command.at)
    await tell(transaction, board, command.at, tail, anyhow=True)
    if version == 1 and board.state == "active":
        following = board.window_at(wanted.end)
        await transaction.write(board_rows.ADD_WINDOWS, rows=[(board.board_id, *following)])


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
