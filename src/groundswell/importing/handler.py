"""Executes batches of imports: their commands and the move of the position, all or nothing."""

from __future__ import annotations

from collections.abc import Sequence

from groundswell.contract.times import Clock
from groundswell.importing.batch import BatchOutcome, ImportBatch
from groundswell.importing.progress import advance, position_for
from groundswell.store.commands import EventTail, Handle, Handler
from groundswell.store.transaction import Transaction


def import_handler(engagement: Handle, clock: Clock) -> Handler:
    """A handler of ``ImportBatch``. ``engagement`` executes the commands inside a batch."""

    async def execute(
        transaction: Transaction, batch: ImportBatch, tail: EventTail
    ) -> BatchOutcome:
        position = await position_for(transaction, batch)
        if position != batch.expected_position:
            return BatchOutcome(position=position, applied=False)
        answers: Sequence[object] = ()
        if batch.commands:
            answers = await engagement(transaction, batch.commands, tail)
        if batch.new_position != position:
            await advance(transaction, batch, clock())
        return BatchOutcome(batch.new_position, applied=True, answers=tuple(answers))

    async def handle(
        transaction: Transaction, batches: Sequence[ImportBatch], tail: EventTail
    ) -> list[BatchOutcome]:
        return [await execute(transaction, batch, tail) for batch in batches]

    return Handler(commands=(ImportBatch,), handle=handle)
