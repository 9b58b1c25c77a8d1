"""What can be asked about boards."""

from __future__ import annotations

from typing import Any

import msgspec

from groundswell.contract.errors import Invalid, NotFound
from groundswell.contract.events.leaderboards import BoardEntry, board_topic, window_told
from groundswell.contract.paging import Name, Page, Whole, decode_cursor, encode_cursor, page_of
from groundswell.contract.times import Clock, from_rfc3339, to_rfc3339
from groundswell.domains.leaderboards import archive_rows, board_rows
from groundswell.domains.leaderboards.board_rows import Board, BoardNotFound, find_board
from groundswell.domains.leaderboards.definitions import IS_HIDDEN
from groundswell.domains.leaderboards.standing_pages import (
    Asked,
    Head,
    Part,
    Placed,
    ReadCopy,
    read_part,
)
from groundswell.domains.leaderboards.standing_rows import START, Row
from groundswell.domains.leaderboards.views import (
    ArchiveView,
    BoardView,
    Standings,
    VisibilityView,
    entry,
    window_view,
)
from groundswell.domains.leaderboards.windows import FOREVER, Window
from groundswell.store import Statement, Store, Transaction

METRICS = Statement("SELECT DISTINCT metric FROM boards")
TOLD = Statement(
    """
    SELECT board_id, told_version, told_at, told_start, told_end, told FROM board_states
    WHERE told_version > 0
    """
)
EXPORT_ENTRIES = Statement(
    """
    SELECT board_id, window_start, -descending, reached_at FROM board_entries
    WHERE user_id = :user_id ORDER BY board_id, window_start
    """
)
EXPORT_HIDDEN = Statement(
    "SELECT board_id FROM board_hidden WHERE user_id = :user_id ORDER BY board_id"
)


class WindowNotFound(NotFound):
    """The board has no such window: it had not begun, or it is still to come."""

    code = "window_not_found"

    def __init__(self) -> None:
        super().__init__("The leaderboard has no such window.")


class _Cursor(msgspec.Struct, array_like=True):
    window_start: int
    user_id: str
    score: int
    reached_at: int


class BoardQueries:
    """Boards, their standings and archives.

    Args:
        store: what is asked.
        clock: the time.
        copied: answers without the store what it can.
    """

    def __init__(self, store: Store, clock: Clock, copied: ReadCopy | None = None) -> None:
        self._store = store
        self._clock = clock
        self._copied = copied
        self._boards: dict[str, Board] = {}

    async def board(self, board_id: str) -> BoardView:
        """How a board is defined.

        Raises:
            BoardNotFound: there is none.
        """
        async with self._store.reading() as transaction:
            return (await _board(transaction, board_id)).view()

    async def boards(self, limit: int, cursor: str | None) -> Page[BoardView]:
        """All boards, by id."""
        after = "" if cursor is None else decode_cursor(cursor, Name)
        rows = await self._store.fetch(board_rows.ALL_BOARDS, after=after, count=limit + 1)
        return page_of(
            [Board(*row) for row in rows],
            limit,
            to_rfc3339(self._clock()),
            show=Board.view,
            place=lambda one: one.board_id,
        )

    async def standings(
        self,
        board_id: str,
        *,
        window: str = "current",
        limit: int = 20,
        cursor: str | None = None,
        user_id: str | None = None,
        around: bool = False,
        prizes_too: bool = False,
    ) -> Standings:
        """A part of a board: from the top, after a cursor, or ``around`` the user.

        Who has won is for the host: ``prizes_too``.

        Raises:
            BoardNotFound, WindowNotFound: there is no such board, or window.
            Invalid: the window or the cursor is not one.
        """
        board = await self._defined(board_id)
        span = self._window(board, window)
        asked = Asked(board_id, span.start, limit, _after(cursor, span), user_id or "", around)
        head, part = await self._read(asked)
        if head.closed:
            async with self._store.reading() as transaction:
                return await archive_rows.archived(
                    transaction,
                    await _board(transaction, board_id),
                    span,
                    limit=limit,
                    cursor=cursor,
                    user_id=user_id,
                    around=around,
                    prizes_too=prizes_too,
                )
        if not head.known and not (window == "current" and board.starts_at < span.end):
            raise WindowNotFound
        if cursor is not None:
            decode_cursor(cursor, _Cursor)
        return _standings(asked, span, head, part)

    async def _read(self, asked: Asked) -> tuple[Head, Part]:
        copied = None if self._copied is None else await self._copied(asked)
        return copied or await read_part(self._store, asked)

    async def _defined(self, board_id: str) -> Board:
        """A board; what it counts, in which windows, is never changed."""
        if (known := self._boards.get(board_id)) is None:
            async with self._store.reading() as transaction:
                known = self._boards[board_id] = await _board(transaction, board_id)
        return known

    async def archives(self, board_id: str, limit: int, cursor: str | None) -> Page[ArchiveView]:
        """A board's closed windows, newest first, with every version of each."""
        async with self._store.reading() as transaction:
            await _board(transaction, board_id)
            return await archive_rows.archives(
                transaction, board_id, limit, cursor, to_rfc3339(self._clock())
            )

    async def visibility(self, board_id: str, user_id: str) -> VisibilityView:
        """Whether a user is shown on a board."""
        async with self._store.reading() as transaction:
            await _board(transaction, board_id)
            hidden = await transaction.fetch(IS_HIDDEN, board_id=board_id, user_id=user_id)
            return VisibilityView(board_id=board_id, visible=not hidden)

    async def metrics(self) -> set[str]:
        """What is counted on any board."""
        return {row[0] for row in await self._store.fetch(METRICS)}

    async def told(self) -> dict[str, bytes]:
        """For each board's topic what was told last, as if it were told with no change."""
        rows = await self._store.fetch(TOLD)
        return {board_topic(row[0]): _state(*row) for row in rows}

    async def export(self, user_id: str) -> dict[str, Any]:
        """Everything that boards hold about a user."""
        async with self._store.reading() as transaction:
            entries = await transaction.fetch(EXPORT_ENTRIES, user_id=user_id)
            hidden = await transaction.fetch(EXPORT_HIDDEN, user_id=user_id)
        return {
            "leaderboards": [
                {
                    "boardId": row[0],
                    "windowStart": to_rfc3339(row[1]),
                    "score": row[2],
                    "reachedAt": to_rfc3339(row[3]),
                }
                for row in entries
            ],
            "hiddenOnLeaderboards": [row[0] for row in hidden],
        }

    def _window(self, board: Board, wanted: str) -> Window:
        if wanted == "current" or board.recurrence == "all_time":
            return board.window_at(self._clock())
        try:
            return board.window_at(from_rfc3339(wanted))
        except (ValueError, OverflowError) as error:
            raise Invalid.at("window", "Expected current, or an instant in it") from error


async def _board(transaction: Transaction, board_id: str) -> Board:
    board = await find_board(transaction, board_id)
    if board is None:
        raise BoardNotFound
    return board


def _standings(asked: Asked, window: Window, head: Head, part: Part) -> Standings:
    return Standings(
        board_id=asked.board_id,
        window=window_view(window, closed=False),
        version=head.version,
        members=part.members,
        entries=[_entry(one) for one in part.rows],
        next_cursor=encode_cursor([window.start, *part.rows[-1].row]) if part.more else None,
        me=None if part.me is None else _entry(part.me),
        hidden=part.hidden,
    )


def _entry(one: Placed) -> BoardEntry:
    return entry(one.row.user_id, one.position, one.row.score, one.row.reached_at)


def _after(cursor: str | None, window: Window) -> Row:
    """Where a page begins; with a cursor of an archive that is for the archive to say."""
    place = None if cursor is None else decode_cursor(cursor, _Cursor | Whole)
    if not isinstance(place, _Cursor):
        return START
    if place.window_start != window.start:
        raise Invalid.at("cursor", "Of another window")
    return Row(place.user_id, place.score, place.reached_at)


def _state(board_id: str, version: int, told_at: int, start: int, end: int, told: str) -> bytes:
    lasting = end == FOREVER
    state: dict[str, Any] = {
        "eventType": "referral.leaderboard.updated",
        "boardId": board_id,
        "changes": [],
        "version": version,
        "window": window_told(None if lasting else start, None if lasting else end),
        "entries": msgspec.Raw(told.encode()),
        "timestamp": to_rfc3339(told_at),
    }
    return msgspec.json.encode(state)
