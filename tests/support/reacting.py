"""A slice on a running core that hears of other slices as they would tell it: by the log alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from groundswell.contract.events import Event
from groundswell.log.reactions import Reactions
from groundswell.store import Statement, Transaction
from groundswell.store.commands import Command, EventTail, Handler
from tests.support.core import Core, ManualClock


class Happen(Command, frozen=True, kw_only=True):
    """Something happened elsewhere."""

    answer: ClassVar[type] = int
    event: Event


async def _happen(_: Transaction, commands: Sequence[Happen], tail: EventTail) -> list[object]:
    return [tail.append(one.event, one.at) for one in commands]


HAPPENING = Handler((Happen,), _happen)
"""Writes into the log what happened elsewhere."""


@dataclass(kw_only=True)
class ReactingSlice:
    """A slice with its reactions.

    ``tables`` are those it fills, ``position`` is how far it heard, and ``step`` how many
    microseconds pass with an event.
    """

    core: Core
    reactions: Reactions
    tables: Sequence[str]
    step: int = 1
    position: int = field(default=0, init=False)

    @property
    def clock(self) -> ManualClock:
        return self.core.clock

    async def happen(self, *events: Event) -> None:
        """These are in the log, and the slice has reacted."""
        for event in events:
            await self.core.submit(Happen(at=self.clock.advance(self.step), event=event))
        await self.react()

    async def react(self) -> None:
        """React to all that is new in the log."""
        logged = await self.core.log.after(self.position, 1_000)
        await self.reactions.consume(logged)
        self.position = logged[-1].seq if logged else self.position

    async def clear(self) -> None:
        """Back to nothing."""
        await self.core.clear()
        async with self.core.store.writing() as tx:
            for table in self.tables:
                await tx.fetch(Statement(f"DELETE FROM {table}"))
        self.position = 0
