"""Telling listeners how boards changed: the top as it is, and who moved since it was told last."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from groundswell.contract.events.leaderboards import (
    BoardEntry,
    LeaderboardUpdated,
    PositionChange,
)
from groundswell.contract.times import SECOND
from groundswell.domains.leaderboards.board_rows import Board, find_board
from groundswell.domains.leaderboards.commands import Done, TellBoards
from groundswell.domains.leaderboards.definitions import IS_HIDDEN
from groundswell.domains.leaderboards.entry_rows import position_of
from groundswell.domains.leaderboards.standing_rows import (
    START,
    count_members,
    find_row,
    placed,
    rows_after,
)
from groundswell.domains.leaderboards.windows import FOREVER, Window
from groundswell.store import Statement, Transaction
from groundswell.store.commands import EventTail

SHOWN: Final = 20
"""How many entries listeners are told."""

QUIET: Final = SECOND
"""The least time between two tellings of one board."""

FIND_STATE = Statement(
    """
    SELECT version, told_version, told_at, told_start, told FROM board_states
    WHERE board_id = :board_id
    """
)
TOLD = Statement(
    """
    UPDATE board_states
    SET version = :version, told_version = :version, told_at = :at, told_start = :told_start,
        told_end = :told_end, told = :told
    WHERE board_id = :board_id
    """
)
TO_TELL = Statement(
    """
    SELECT s.board_id FROM board_states s JOIN boards b ON b.board_id = s.board_id
    WHERE (s.version > s.told_version OR (s.told_end <= :now AND b.state = 'active'))
        AND s.told_at <= :quiet_since
    """
)
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(list[BoardEntry]).decode


async def tell_boards(transaction: Transaction, command: TellBoards, tail: EventTail) -> Done:
    """Tell those of the boards that have changed, and none more often than it may be."""
    told = 0
    for board_id in command.board_ids:
        board = await find_board(transaction, board_id)
        if board is not None and await tell(transaction, board, command.at, tail):
            told += 1
    return Done(told)


async def tell(
    transaction: Transaction, board: Board, now: int, tail: EventTail, *, anyhow: bool = False
) -> bool:
    """Tell of one board if there is something to tell and the last time is long enough ago.

    ``anyhow``: without asking for either, so that the newest that was told is the board's state.
    """
    rows = await transaction.fetch(FIND_STATE, board_id=board.board_id)
    version, told_version, told_at, told_start, told = rows[0]
    window = board.window_at(now)
    turned = window.start != told_start
    due = told_at <= now - QUIET and (version > told_version or turned)
    if not (due or anyhow):
        return False
    # A window that begins is a change of the board too, although nobody scored.
    version += turned and version == told_version
    top = await rows_after(transaction, board.board_id, window.start, START, SHOWN)
    entries = await placed(transaction, board.board_id, window.start, top)
    before: list[BoardEntry] = [] if turned else _decode(told)
    changes = await _changes(transaction, board.board_id, window, before, entries)
    await transaction.write(
        TOLD,
        board_id=board.board_id,
        version=version,
        at=now,
        told_start=window.start,
        told_end=window.end,
        told=_encode(entries).decode(),
    )
    if not anyhow and not turned and not changes and before == entries:
        return False
    members = await count_members(transaction, board.board_id, window.start)
    tail.append(
        LeaderboardUpdated(
            board_id=board.board_id,
            changes=changes,
            version=version,
            window_start=None if window.end == FOREVER else window.start,
            window_end=None if window.end == FOREVER else window.end,
            members=members,
            entries=tuple(entries),
        ),
        now,
    )
    return True


async def _changes(
    transaction: Transaction,
    board_id: str,
    window: Window,
    before: Sequence[BoardEntry],
    after: Sequence[BoardEntry],
) -> tuple[PositionChange, ...]:
    old = {one.user_id: one.position for one in before}
    shown = {one.user_id for one in after}
    moved = [
        PositionChange(
            user_id=one.user_id, position=one.position, delta=delta(old.get(one.user_id), one)
        )
        for one in after
        if old.get(one.user_id) != one.position
    ]
    left = [one for one in before if one.user_id not in shown]
    return (*moved, *[await _left(transaction, board_id, window, one) for one in left])


def delta(before: int | None, now: BoardEntry) -> int | None:
    """How many positions somebody went up; None if they had none."""
    return None if before is None else before - now.position


async def _left(
    transaction: Transaction, board_id: str, window: Window, before: BoardEntry
) -> PositionChange:
    """Where one went who was among the entries told."""
    user = before.user_id
    row = await find_row(transaction, board_id, window.start, user)
    if row is None or await transaction.fetch(IS_HIDDEN, board_id=board_id, user_id=user):
        return PositionChange(user_id=user, position=None, delta=None)
    position = await position_of(transaction, board_id, window.start, row.score)
    return PositionChange(user_id=user, position=position, delta=before.position - position)
