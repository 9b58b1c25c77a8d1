"""Boards and their windows, as rows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from groundswell.contract.errors import NotFound
from groundswell.contract.times import to_rfc3339
from groundswell.domains.leaderboards.prizes import PrizePolicy
from groundswell.domains.leaderboards.views import BoardView
from groundswell.domains.leaderboards.windows import Recurrence, Window, window_at, zone_of
from groundswell.store import BIGINT, TEXT, Statement, Transaction

_COLUMNS: Final = """
    board_id, name, metric, recurrence, time_zone, program_id, currency, prize_places,
    prize_policy, state, starts_at, defined_seq, ended_seq, created_at, updated_at
"""
FIND_BOARD = Statement(f"SELECT {_COLUMNS} FROM boards WHERE board_id = :board_id")  # noqa: S608
FIND_BOARDS = Statement(
    f"SELECT {_COLUMNS} FROM boards WHERE board_id IN (SELECT r.board_id FROM {{rows}} r)",  # noqa: S608
    rows={"board_id": TEXT},
)
ALL_BOARDS = Statement(
    f"SELECT {_COLUMNS} FROM boards WHERE board_id > :after ORDER BY board_id LIMIT :count"  # noqa: S608
)
COUNTING_BOARDS = Statement(
    f"SELECT {_COLUMNS} FROM boards"  # noqa: S608
)
ADD_BOARD = Statement(
    f"""
    INSERT INTO boards ({_COLUMNS}) VALUES (
        :board_id, :name, :metric, :recurrence, :time_zone, :program_id, :currency,
        :prize_places, :prize_policy, :state, :starts_at, :defined_seq, :ended_seq, :created_at,
        :updated_at
    )
    """  # noqa: S608
)
CHANGE_BOARD = Statement(
    """
    UPDATE boards
    SET name = :name, prize_places = :prize_places, prize_policy = :prize_policy, state = :state,
        ended_seq = :ended_seq, updated_at = :updated_at
    WHERE board_id = :board_id
    """
)
ADD_WINDOWS = Statement(
    """
    INSERT INTO board_windows (board_id, window_start, window_end)
    SELECT board_id, window_start, window_end FROM {rows} r WHERE true
    ON CONFLICT (board_id, window_start) DO NOTHING
    """,
    rows={"board_id": TEXT, "window_start": BIGINT, "window_end": BIGINT},
)
FIND_WINDOW = Statement(
    """
    SELECT window_end, closed_at, archive_version, amended_at FROM board_windows
    WHERE board_id = :board_id AND window_start = :window_start
    """
)
ADD_STATE = Statement(
    """
    INSERT INTO board_states
        (board_id, version, told_version, told_at, told_start, told_end, told)
    VALUES (:board_id, 0, 0, 0, :told_start, :told_end, '[]')
    """
)


class BoardNotFound(NotFound):
    """No board has this id."""

    code = "board_not_found"

    def __init__(self) -> None:
        super().__init__("Leaderboard not found")


class Board(NamedTuple):
    """A row of ``boards``."""

    board_id: str
    name: str
    metric: str
    recurrence: Recurrence
    time_zone: str
    program_id: str | None
    currency: str | None
    prize_places: int
    prize_policy: PrizePolicy
    state: str
    starts_at: int
    defined_seq: int
    ended_seq: int | None
    created_at: int
    updated_at: int

    def window_at(self, instant: int) -> Window:
        """The window that holds an instant."""
        return window_at(self.recurrence, zone_of(self.time_zone), instant)

    def counts(self, metric: str, program_id: str | None, currency: str | None) -> bool:
        """Whether what happened is what is counted here."""
        return (
            self.metric == metric
            and self.program_id in (None, program_id)
            and self.currency in (None, currency)
        )

    def covers(self, seq: int, at: int) -> bool:
        """Whether the board counts what happened then, at this place of the log."""
        ended = self.ended_seq is not None and seq > self.ended_seq
        return self.defined_seq < seq and not ended and self.starts_at <= at

    def view(self) -> BoardView:
        """The board as it is answered."""
        return BoardView(
            board_id=self.board_id,
            name=self.name,
            metric=self.metric,
            window=self.recurrence,
            time_zone=self.time_zone,
            program_id=self.program_id,
            currency=self.currency,
            prize_places=self.prize_places,
            prize_policy=self.prize_policy,
            state=self.state,
            starts_at=to_rfc3339(self.starts_at),
            created_at=to_rfc3339(self.created_at),
            updated_at=to_rfc3339(self.updated_at),
        )


async def find_board(transaction: Transaction, board_id: str) -> Board | None:
    """The board, if there is one."""
    rows = await transaction.fetch(FIND_BOARD, board_id=board_id)
    return Board(*rows[0]) if rows else None


async def find_boards(transaction: Transaction, board_ids: Iterable[str]) -> dict[str, Board]:
    """Those of the boards that there are."""
    rows = await transaction.fetch(FIND_BOARDS, rows=[(one,) for one in sorted(board_ids)])
    return {row[0]: Board(*row) for row in rows}
