"""The job that forgets rows whose time is over, a portion at a time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from groundswell.contract.times import Clock
from groundswell.store.repeating import repeat
from groundswell.store.statement import TEXT, Statement
from groundswell.store.transaction import Store

PORTION: Final = 1_000
EVERY_SECONDS: Final = 600.0

Life = Callable[[], Awaitable[int]]
"""How long something is kept now, microseconds."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Rows that are kept for a while.

    Attributes:
        find: the keys of rows from ``:before`` or earlier, at most ``:portion``. It is asked of a
            reader, so that the writer waits for none but the rows it forgets.
        forget: forgets the rows of these keys.
        life: how long they are kept.
    """

    find: Statement
    forget: Statement
    life: Life


def always(life: int) -> Life:
    """The same time, whenever it is asked."""

    async def kept() -> int:
        return life

    return kept


def deleted(table: str, key: str, due: str, life: Life) -> Kept:
    """Rows of ``table``, each known by the text ``key``, that go once they are ``due``: an SQL
    condition with ``:before``. All three are names and words of ours."""
    return Kept(
        Statement(f"SELECT {key} FROM {table} WHERE {due} LIMIT :portion"),  # noqa: S608 - ours
        Statement(
            f"DELETE FROM {table} WHERE {key} IN (SELECT r.{key} FROM {{rows}} r)",  # noqa: S608
            rows={key: TEXT},
        ),
        life,
    )


class OldRows:
    """Forgets what is due now and then. Several processes may: forgotten twice is forgotten.

    Args:
        store: the database.
        clock: the time.
        kept: what is kept for how long.
    """

    def __init__(self, store: Store, clock: Clock, kept: Sequence[Kept]) -> None:
        self._store = store
        self._clock = clock
        self._kept = kept
        self._forgotten = 0

    async def run(self) -> None:
        """Look after it every ten minutes, until cancelled."""
        await repeat(
            self.forget, EVERY_SECONDS, postponed="forgetting postponed", failed="forgetting failed"
        )

    async def forget(self) -> None:
        """Forget everything that is due now."""
        for one in self._kept:
            before = self._clock() - await one.life()
            full = True
            while full:
                full = await self._portion(one, before) >= PORTION

    async def _portion(self, one: Kept, before: int) -> int:
        keys = await self._store.fetch(one.find, before=before, portion=PORTION)
        if keys:
            async with self._store.writing() as tx:
                await tx.write(one.forget, rows=[tuple(key) for key in keys])
        self._forgotten += len(keys)
        return len(keys)

    def statistics(self) -> Mapping[str, float]:
        """Rows that were forgotten since the start."""
        return {"forgotten_total": float(self._forgotten)}
