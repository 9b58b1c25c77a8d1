"""Where leaderboards name people. Positions stay, archives too, under the tombstone."""

from __future__ import annotations

from groundswell.domains.leaderboards.archiving import UNDO_RENAMED
from groundswell.domains.leaderboards.changes import boards_of, cut
from groundswell.log.naming import Naming
from groundswell.store import Transaction
from groundswell.store.commands import EventTail
from groundswell.store.persons import Eraser, Erasure, Trail

_NAMING = Naming(
    names={
        "board_events": ("user_id",),
        "board_entries": ("user_id",),
        "board_hidden": ("user_id",),
        "board_archive_rows": ("user_id",),
        "board_kept": ("user_id",),
    },
    documents={"board_states": ("told",)},
)


async def _forget(transaction: Transaction, erasure: Erasure, trail: Trail, tail: EventTail) -> int:
    if erasure.user_id is not None:
        await cut(transaction, await boards_of(transaction, erasure.user_id))
    touched = await _NAMING.forget(transaction, erasure, trail, tail)
    if touched:
        await transaction.write(UNDO_RENAMED, user_id=erasure.tombstone)
    return touched


LEADERBOARD_ERASER = Eraser("leaderboards", _forget)
