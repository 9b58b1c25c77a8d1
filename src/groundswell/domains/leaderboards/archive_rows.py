"""Reading closed windows: what their newest archive holds."""

from __future__ import annotations

from typing import Final

from groundswell.contract.events.leaderboards import BoardEntry
from groundswell.contract.paging import Page, Whole, decode_cursor, encode_cursor, page_of
from groundswell.contract.times import to_rfc3339
from groundswell.domains.leaderboards.board_rows import Board
from groundswell.domains.leaderboards.definitions import IS_HIDDEN
from groundswell.domains.leaderboards.prizes import prizes
from groundswell.domains.leaderboards.views import (
    ArchiveView,
    PrizeView,
    Standings,
    entry,
    window_view,
)
from groundswell.domains.leaderboards.windows import Window
from groundswell.store import Row, Statement, Transaction

NEWEST = Statement(
    """
    SELECT archive_id, version, members, prize_review FROM board_archives
    WHERE board_id = :board_id AND window_start = :window_start
    ORDER BY version DESC LIMIT 1
    """
)
_SHOWN: Final = """
    archive_id = :archive_id AND NOT EXISTS (
        SELECT 1 FROM board_hidden h WHERE h.board_id = :board_id AND h.user_id = r.user_id
    )
"""
AFTER = Statement(
    f"""
    SELECT place, user_id, position, score, reached_at FROM board_archive_rows r
    WHERE {_SHOWN} AND place > :place ORDER BY place LIMIT :count
    """  # noqa: S608 - our own text
)
BEFORE = Statement(
    f"""
    SELECT place, user_id, position, score, reached_at FROM board_archive_rows r
    WHERE {_SHOWN} AND place < :place ORDER BY place DESC LIMIT :count
    """  # noqa: S608 - our own text
)
OF_USER = Statement(
    """
    SELECT place, user_id, position, score, reached_at FROM board_archive_rows
    WHERE archive_id = :archive_id AND user_id = :user_id
    """
)
WINNERS = Statement(
    """
    SELECT user_id, position FROM board_archive_rows
    WHERE archive_id = :archive_id AND position <= :places ORDER BY place
    """
)
ARCHIVES = Statement(
    """
    SELECT archive_id, window_start, window_end, version, members, archived_at, prize_review
    FROM board_archives
    WHERE board_id = :board_id AND (window_start, version) < (:window_start, :version)
    ORDER BY window_start DESC, version DESC LIMIT :count
    """
)
_FIRST: Final = (2**62, 0)

_Row = tuple[int, str, int, int, int]


async def archived(
    transaction: Transaction,
    board: Board,
    window: Window,
    *,
    limit: int,
    cursor: str | None,
    user_id: str | None,
    around: bool,
    prizes_too: bool,
) -> Standings:
    """A part of a closed window, as its newest archive has it."""
    rows = await transaction.fetch(NEWEST, board_id=board.board_id, window_start=window.start)
    archive_id, version, members, review = rows[0]
    mine = await transaction.fetch(OF_USER, archive_id=archive_id, user_id=user_id or "")
    more = False
    if around:
        shown = await _around(transaction, board, archive_id, mine, limit)
    else:
        place = 0 if cursor is None else decode_cursor(cursor, Whole)
        found = await _read(transaction, AFTER, board, archive_id, place, limit + 1)
        shown, more = found[:limit], len(found) > limit
    hidden = user_id is not None and bool(
        await transaction.fetch(IS_HIDDEN, board_id=board.board_id, user_id=user_id)
    )
    return Standings(
        board_id=board.board_id,
        window=window_view(window, closed=True),
        version=version,
        members=members,
        entries=[_entry(row) for row in shown],
        next_cursor=encode_cursor(shown[-1][0]) if more else None,
        me=_entry(mine[0]) if mine else None,
        hidden=hidden,
        archive_id=archive_id,
        prizes=await _prizes(transaction, board, archive_id) if prizes_too else [],
        prize_review=prizes_too and bool(review),
    )


async def archives(
    transaction: Transaction, board_id: str, limit: int, cursor: str | None, as_of: str
) -> Page[ArchiveView]:
    """Archives of a board, newest window first, newest version first."""
    start, version = _FIRST if cursor is None else decode_cursor(cursor, tuple[Whole, Whole])
    rows = await transaction.fetch(
        ARCHIVES, board_id=board_id, window_start=start, version=version, count=limit + 1
    )
    return page_of(rows, limit, as_of, show=_archive, place=lambda row: (row[1], row[3]))


def _archive(row: Row) -> ArchiveView:
    return ArchiveView(
        archive_id=row[0],
        window_start=to_rfc3339(row[1]),
        window_end=to_rfc3339(row[2]),
        version=row[3],
        members=row[4],
        archived_at=to_rfc3339(row[5]),
        prize_review=bool(row[6]),
    )


async def _around(
    transaction: Transaction, board: Board, archive_id: str, mine: list[_Row], limit: int
) -> list[_Row]:
    if not mine:
        return []
    place, others = mine[0][0], limit - 1
    above = await _read(transaction, BEFORE, board, archive_id, place, others)
    below = await _read(transaction, AFTER, board, archive_id, place, others)
    up = min(len(above), max(others // 2, others - len(below)))
    return [*reversed(above[:up]), mine[0], *below[: others - up]]


async def _read(
    transaction: Transaction,
    statement: Statement,
    board: Board,
    archive_id: str,
    place: int,
    count: int,
) -> list[_Row]:
    rows = await transaction.fetch(
        statement, archive_id=archive_id, board_id=board.board_id, place=place, count=count
    )
    return [(row[0], row[1], row[2], row[3], row[4]) for row in rows]


async def _prizes(transaction: Transaction, board: Board, archive_id: str) -> list[PrizeView]:
    if not board.prize_places:
        return []
    rows = await transaction.fetch(WINNERS, archive_id=archive_id, places=board.prize_places)
    won = prizes([(row[0], row[1]) for row in rows], board.prize_places, board.prize_policy)
    return [
        PrizeView(user_id=one.user_id, first=one.first, last=one.last, share=str(one.share))
        for one in won
    ]


def _entry(row: _Row) -> BoardEntry:
    return entry(*row[1:])
