"""Copying a board: everything in its open windows, as one snapshot of the database has it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

from groundswell.contract.errors import GroundswellError
from groundswell.domains.leaderboards.copies import At, Copies
from groundswell.domains.leaderboards.standing_rows import Row
from groundswell.store import BIGINT, TEXT, Statement, Store, Transaction

_PORTION: Final = 500
"""How many participants are copied at a time, in a few milliseconds: others wait for them."""

_STATE = Statement("SELECT version, stamp FROM board_states WHERE board_id = :board_id")
_COMPARED = Statement(
    """
    SELECT s.board_id, s.stamp, CASE WHEN EXISTS (
        SELECT 1 FROM board_changes c WHERE c.board_id = s.board_id AND c.version > r.version
    ) THEN 1 ELSE 0 END
    FROM {rows} r JOIN board_states s ON s.board_id = r.board_id
    """,
    rows={"board_id": TEXT, "version": BIGINT},
)
_OPEN = Statement(
    """
    SELECT window_start FROM board_windows
    WHERE board_id = :board_id AND closed_at IS NULL ORDER BY window_start
    """
)
_HIDDEN = Statement("SELECT user_id FROM board_hidden WHERE board_id = :board_id")
_ENTRIES = Statement(
    """
    SELECT user_id, -descending, reached_at FROM board_entries
    WHERE board_id = :board_id AND window_start = :window_start AND user_id > :after
    ORDER BY user_id LIMIT :portion
    """
)

Outcome = Literal["made", "busy", "unfit"]
"""``busy``: another process is making one. ``unfit``: the board cannot be held as it is."""


class Standing(NamedTuple):
    """The stamp of a board, and whether steps follow the version asked about."""

    stamp: int
    goes_on: bool


async def compared(store: Store, at: Mapping[str, At]) -> dict[str, Standing]:
    """How boards stand beside these copies of them; those that are no more are missing."""
    rows = await store.fetch(_COMPARED, rows=[(name, one.version) for name, one in at.items()])
    return {board_id: Standing(stamp, bool(more)) for board_id, stamp, more in rows}


async def copy_board(store: Store, copies: Copies, board_id: str) -> Outcome:
    """Make a copy, from which the steps after the snapshot lead on.

    Raises:
        CopiesGone, DatabaseUnavailable: one of them does not answer; what was begun is forgotten.
    """
    name = await copies.begin(board_id)
    if name is None:
        return "busy"
    try:
        if await _copied(store, copies, board_id, name):
            return "made"
    except GroundswellError:
        await copies.give_up(board_id, name)
        raise
    await copies.give_up(board_id, name)
    return "unfit"


async def _copied(store: Store, copies: Copies, board_id: str, name: str) -> bool:
    async with store.reading() as transaction:
        state = await transaction.fetch(_STATE, board_id=board_id)
        windows = [row[0] for row in await transaction.fetch(_OPEN, board_id=board_id)]
        hidden = [row[0] for row in await transaction.fetch(_HIDDEN, board_id=board_id)]
        for window in windows:
            if not await _copy_window(transaction, copies, board_id, name, window):
                return False
    return bool(state) and await copies.finish(board_id, name, At(*state[0]), windows, hidden)


async def _copy_window(
    transaction: Transaction, copies: Copies, board_id: str, name: str, window: int
) -> bool:
    after = ""
    while True:
        found = await transaction.fetch(
            _ENTRIES, board_id=board_id, window_start=window, after=after, portion=_PORTION
        )
        rows = [Row(*one) for one in found]
        if not await copies.put(board_id, name, window, rows):
            return False
        if len(rows) < _PORTION:
            return True
        after = rows[-1].user_id
