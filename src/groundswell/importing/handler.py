"""Executes batches of imports: their commands and the move of the position, all or nothing."""

from __future__ import annotations

from collections.abc import Sequence

from groundswell.contract.times import Clock
from groundswell.importing.batch import BatchOutcome, EngagementCommand, ImportBatch
from groundswell.importing.progress import advance, position_for
from groundswell.store.commands import EventTail, Handler
from groundswell.store.transaction import Transaction


class ImportBatches:
    """Stores batches through the handlers that execute the same commands live.

    Args:
        handlers: who executes the commands inside a batch, in this order.
        clock: the present.
    """

    def __init__(self, handlers: Sequence[Handler], clock: Clock) -> None:
        self._handlers = tuple(handlers)
        self._clock = clock

    @property
    def handler(self) -> Handler:
        """What the writer needs to execute ``ImportBatch``."""
        return Handler(commands=(ImportBatch,), handle=self._handle)

    async def _handle(
        self, transaction: Transaction, batches: Sequence[ImportBatch], tail: EventTail
    ) -> list[object]:
        return [await self._store(transaction, batch, tail) for batch in batches]

    async def _store(
        self, transaction: Transaction, batch: ImportBatch, tail: EventTail
    ) -> BatchOutcome:
        """Nothing is done unless the import stands where the batch begins."""
        position = await position_for(transaction, batch)
        if position != batch.expected_position:
            return BatchOutcome(position=position, applied=False)
        answers = await self._execute(transaction, batch.commands, tail)
        if batch.new_position != position:
            await advance(transaction, batch, self._clock())
        return BatchOutcome(position=batch.new_position, applied=True, answers=answers)

    async def _execute(
        self, transaction: Transaction, commands: Sequence[EngagementCommand], tail: EventTail
    ) -> tuple[object, ...]:
        """The answers, in the order of the commands."""
        answers: list[object] = [None] * len(commands)
        for handler in self._handlers:
            places = [i for i, one in enumerate(commands) if type(one) in handler.commands]
            if places:
                family = [commands[place] for place in places]
                given = await handler.handle(transaction, family, tail)
                for place, answer in zip(places, given, strict=True):
                    answers[place] = answer
        return tuple(answers)
