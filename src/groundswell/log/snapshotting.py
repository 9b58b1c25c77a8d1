"""Taking snapshots of projections from time to time, so that a replay begins near the end."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

import structlog

from groundswell.contract.errors import GroundswellError
from groundswell.contract.times import SECOND, Clock
from groundswell.log.journal import TAKE_TURN
from groundswell.log.projections import Projection
from groundswell.log.reader import AFTER, HEAD, event_of
from groundswell.log.replay import Folding, Replayed, begin
from groundswell.log.snapshots import Packed, forgotten_since, pack, save
from groundswell.store import Statement, Store

_log = structlog.get_logger(__name__)

TAKEN = Statement("SELECT MAX(seq), MAX(taken_at) FROM projection_snapshots")

_PORTION: Final = 500
_LOOK_SECONDS: Final = 60.0


class SnapshotJob:
    """Folds what was logged since the last snapshot onto it, and stores that as the next one.

    Args:
        store: where the log and the snapshots are.
        projections: of what.
        clock: the time, microseconds.
        every_seconds: the time between two snapshots, by whichever process; 0 takes none.
        keep: how many to keep of each projection.
    """

    def __init__(
        self,
        store: Store,
        projections: Sequence[Projection],
        clock: Clock,
        *,
        every_seconds: float,
        keep: int,
    ) -> None:
        self._store = store
        self._projections = tuple(projections)
        self._clock = clock
        self._every = every_seconds
        self._keep = keep
        self._taken = 0
        self._failures = 0

    async def run(self) -> None:
        """Take one whenever it is time, until cancelled."""
        while self._every > 0:
            try:
                if await self._is_due():
                    await self.take_once()
            except Exception as error:
                # Nothing else depends on it: the next replay begins further back.
                self._failures += 1
                known = isinstance(error, GroundswellError)
                _log.warning("no snapshot was taken", exc_info=None if known else error)
            await asyncio.sleep(min(self._every, _LOOK_SECONDS))

    async def take_once(self) -> int:
        """Take a snapshot of each projection as it is at the end of the log; how many."""
        async with self._store.reading() as tx:
            head, log_id = (await tx.fetch(HEAD))[0]
            folds = [await begin(tx, one) for one in self._projections]
        await self._advance(folds, head)
        for one in folds:
            # Nothing adds to the fold any more, so that another thread may read it.
            packed = await asyncio.to_thread(pack, one.projection, one.fold, head, log_id)
            await self._save(packed)
        return len(folds)

    def statistics(self) -> Mapping[str, float]:
        """Snapshots taken by this process, and failures."""
        return {"taken_total": float(self._taken), "failures_total": float(self._failures)}

    async def _is_due(self) -> bool:
        seq, at = (await self._store.fetch(TAKEN))[0]
        head = (await self._store.fetch(HEAD))[0][0]
        return bool(head > (seq or 0) and self._clock() - (at or 0) >= self._every * SECOND)

    async def _advance(self, folds: Sequence[Replayed], head: int) -> None:
        """In portions of their own, so that nothing waits for this."""
        folding = Folding(folds)
        after = folding.seq
        while after < head:
            rows = await self._store.fetch(AFTER, after=after, limit=min(_PORTION, head - after))
            folding.add([event_of(row) for row in rows])
            after = rows[-1][0] if rows else head
            await asyncio.sleep(0)

    async def _save(self, packed: Packed) -> None:
        """Unless somebody was forgotten meanwhile, who is still named in it."""
        async with self._store.writing() as tx:
            await tx.fetch(TAKE_TURN)
            if await forgotten_since(tx, packed.seq):
                return
            await save(tx, packed, self._keep, self._clock())
        self._taken += 1
