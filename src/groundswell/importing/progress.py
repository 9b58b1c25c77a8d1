"""Where an import stands: read before it runs, moved in the transaction that stores its batch."""

from __future__ import annotations

import msgspec

from groundswell.importing.batch import ImportBatch
from groundswell.importing.tables import (
    LOCK_PROGRESS,
    MOVE_PROGRESS,
    READ_PROGRESS,
    START_PROGRESS,
)
from groundswell.store import Store, Transaction


class Standing(msgspec.Struct, frozen=True):
    """Steps stored so far, and by how much (µs) the times of this import are moved."""

    position: int
    shift: int


async def standing(store: Store, import_id: str) -> Standing | None:
    """Where the import stands; None if it never began."""
    rows = await store.fetch(READ_PROGRESS, import_id=import_id)
    return Standing(position=rows[0][0], shift=rows[0][1]) if rows else None


async def begin(store: Store, import_id: str, shift: int, now: int) -> Standing:
    """Where the import stands, after noting that it began; the first shift stays."""
    async with store.writing() as tx:
        await tx.fetch(START_PROGRESS, import_id=import_id, shift=shift, now=now)
    found = await standing(store, import_id)
    return found or Standing(0, shift)


async def position_for(tx: Transaction, batch: ImportBatch) -> int:
    """The position of the batch's import, locked until the transaction ends.

    The batch may be stored only if this is the position it expects.
    """
    rows = await tx.fetch(LOCK_PROGRESS, import_id=batch.import_id)
    return int(rows[0][0]) if rows else 0


async def advance(tx: Transaction, batch: ImportBatch, now: int) -> None:
    """Move the position past the batch; to be called in the transaction that stores it."""
    # Not ``write``: another batch in the same transaction must see the new position.
    await tx.fetch(
        MOVE_PROGRESS,
        import_id=batch.import_id,
        expected_position=batch.expected_position,
        new_position=batch.new_position,
        now=now,
    )
