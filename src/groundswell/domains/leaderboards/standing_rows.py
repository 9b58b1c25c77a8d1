"""Reading a board in its order, without those who do not want to be shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from groundswell.contract.events.leaderboards import BoardEntry
from groundswell.domains.leaderboards import entry_rows
from groundswell.domains.leaderboards.entry_rows import position_of
from groundswell.domains.leaderboards.ranks import TOP
from groundswell.domains.leaderboards.views import entry
from groundswell.store import Statement, Transaction

SHOWN_SQL: Final = """
    NOT EXISTS (
        SELECT 1 FROM board_hidden h WHERE h.board_id = e.board_id AND h.user_id = e.user_id
    )
"""
AFTER = Statement(
    f"""
    SELECT e.user_id, -e.descending, e.reached_at FROM board_entries e
    WHERE e.board_id = :board_id AND e.window_start = :window_start
        AND (e.descending, e.reached_at, e.user_id) > (:descending, :reached_at, :user_id)
        AND {SHOWN_SQL}
    ORDER BY e.descending, e.reached_at, e.user_id LIMIT :count
    """  # noqa: S608 - our own text
)
BEFORE = Statement(
    f"""
    SELECT e.user_id, -e.descending, e.reached_at FROM board_entries e
    WHERE e.board_id = :board_id AND e.window_start = :window_start
        AND (e.descending, e.reached_at, e.user_id) < (:descending, :reached_at, :user_id)
        AND {SHOWN_SQL}
    ORDER BY e.descending DESC, e.reached_at DESC, e.user_id DESC LIMIT :count
    """  # noqa: S608 - our own text
)
FIND = Statement(
    """
    SELECT user_id, -descending, reached_at FROM board_entries
    WHERE board_id = :board_id AND window_start = :window_start AND user_id = :user_id
    """
)


class Row(NamedTuple):
    """A participant in the order of display."""

    user_id: str
    score: int
    reached_at: int


START: Final = Row("", TOP, 0)
"""Before everybody."""


async def find_row(
    transaction: Transaction, board_id: str, window_start: int, user_id: str
) -> Row | None:
    """A participant's row, shown or not."""
    rows = await transaction.fetch(
        FIND, board_id=board_id, window_start=window_start, user_id=user_id
    )
    return Row(*rows[0]) if rows else None


async def rows_after(
    transaction: Transaction, board_id: str, window_start: int, row: Row, count: int
) -> list[Row]:
    """Those who follow a row, in the order of display."""
    return await _rows(transaction, AFTER, board_id, window_start, row, count)


async def rows_around(
    transaction: Transaction, board_id: str, window_start: int, row: Row, count: int
) -> list[Row]:
    """About as many above a row as below it, itself among them: a slice of the order.

    Near an end of the board there are more of the other side.
    """
    others = count - 1
    above = await _rows(transaction, BEFORE, board_id, window_start, row, others)
    below = await _rows(transaction, AFTER, board_id, window_start, row, others)
    up = min(len(above), max(others // 2, others - len(below)))
    return [*reversed(above[:up]), row, *below[: others - up]]


async def placed(
    transaction: Transaction, board_id: str, window_start: int, rows: Sequence[Row]
) -> list[BoardEntry]:
    """Rows in the order of display with their positions, which count everybody, shown or not."""
    if not rows:
        return []
    highest, lowest = rows[0].score, rows[-1].score
    position = await position_of(transaction, board_id, window_start, highest)
    counts = await transaction.fetch(
        entry_rows.COUNTS_BETWEEN,
        board_id=board_id,
        window_start=window_start,
        lowest=lowest,
        highest=highest,
    )
    positions: dict[int, int] = {}
    for score, members in counts:
        positions[score] = position
        position += members
    return [entry(one.user_id, positions[one.score], one.score, one.reached_at) for one in rows]


async def count_members(transaction: Transaction, board_id: str, window_start: int) -> int:
    """How many take part, shown or not."""
    rows = await transaction.fetch(
        entry_rows.COUNT_MEMBERS, board_id=board_id, window_start=window_start
    )
    return int(rows[0][0])


async def _rows(
    transaction: Transaction,
    statement: Statement,
    board_id: str,
    window_start: int,
    row: Row,
    count: int,
) -> list[Row]:
    found = await transaction.fetch(
        statement,
        board_id=board_id,
        window_start=window_start,
        descending=-row.score,
        reached_at=row.reached_at,
        user_id=row.user_id,
        count=count,
    )
    return [Row(*each) for each in found]
