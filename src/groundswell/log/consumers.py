"""Consumer groups: readers that follow the log, at least once and in order."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence

import structlog

from groundswell.contract.errors import DatabaseUnavailable
from groundswell.contract.events import LoggedEvent
from groundswell.contract.times import Clock
from groundswell.log.reader import EventLog
from groundswell.store import Statement, Store

_log = structlog.get_logger(__name__)

FIND = Statement("SELECT seq FROM consumer_positions WHERE consumer_group = :consumer_group")
SAVE = Statement(
    """
    INSERT INTO consumer_positions (consumer_group, seq, updated_at)
    VALUES (:consumer_group, :seq, :now)
    ON CONFLICT (consumer_group) DO UPDATE SET seq = excluded.seq, updated_at = excluded.updated_at
    WHERE excluded.seq > consumer_positions.seq
    """
)

Consume = Callable[[Sequence[LoggedEvent]], Awaitable[None]]


class StoredPositions:
    """Positions that outlive the process, one per consumer group."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def load(self, group: str) -> int | None:
        """Up to where the group has read, or nothing if it is new."""
        rows = await self._store.fetch(FIND, consumer_group=group)
        return int(rows[0][0]) if rows else None

    async def save(self, group: str, seq: int) -> None:
        """Remember that everything up to ``seq`` is done; never moves backwards."""
        async with self._store.writing() as transaction:
            await transaction.write(SAVE, consumer_group=group, seq=seq, now=self._clock())


class Consumer:
    """Follows the log and hands its events over in portions.

    Args:
        group: the name under which the position is kept.
        log: what to read.
        consume: takes the events; raising means that they are handed over again.
        positions: where the position is kept; without it the consumer starts at the end of the
            log each time the process starts.
        from_start: whether a group that is new reads the log from its beginning.
        poll_seconds: how long to wait for what other processes write.
        portion: how many events to take at once.
        save_seconds: the least time between two savings of the position. A save is a commit of
            its own; where taking an event twice does no harm, a few events more after a crash
            are the smaller price.
        rest_seconds: the least time between two portions that are not full. Under load every
            commit would wake the consumer for a handful of events; the first one after a pause is
            taken at once nevertheless.
    """

    def __init__(
        self,
        group: str,
        log: EventLog,
        consume: Consume,
        *,
        positions: StoredPositions | None = None,
        from_start: bool = True,
        poll_seconds: float = 1.0,
        portion: int = 500,
        save_seconds: float = 0.0,
        rest_seconds: float = 0.0,
    ) -> None:
        self.group = group
        self._log = log
        self._consume = consume
        self._positions = positions
        self._from_start = from_start
        self._poll_seconds = poll_seconds
        self._portion = portion
        self._save_seconds = save_seconds
        self._rest_seconds = rest_seconds
        self._saved_at = -math.inf
        self._woken = asyncio.Event()
        self._stopping = False
        self.position = 0
        self._head = 0
        self._failures = 0

    def wake(self) -> None:
        """Something was written in this process: read now instead of at the next poll."""
        self._woken.set()

    def stop(self) -> None:
        """End ``run()`` after the portion at hand."""
        self._stopping = True
        self._woken.set()

    async def start(self) -> None:
        """Find the position to start at."""
        stored = await self._positions.load(self.group) if self._positions else None
        if stored is not None:
            self.position = stored
        elif self._positions is None or not self._from_start:
            self.position = await self._log.head()

    async def run(self) -> None:
        """Follow the log until ``stop()``. An error is retried after a pause that grows to 10 s."""
        pause = 0.1
        while not self._stopping:
            try:
                busy = await self.step()
                pause = 0.1
            except Exception as error:
                self._failures += 1
                known = isinstance(error, DatabaseUnavailable)
                _log.warning("consumer failed", group=self.group, exc_info=None if known else error)
                await asyncio.sleep(pause)
                pause = min(pause * 2, 10.0)
                continue
            if not busy:
                await self._wait()

    async def step(self) -> bool:
        """Take one portion; tells whether there may be more."""
        self._woken.clear()
        events = await self._log.after(self.position, self._portion)
        if not events:
            self._head = self.position
            return False
        self._head = max(self._head, events[-1].seq)
        await self._consume(events)
        self.position = events[-1].seq
        await self._save()
        return len(events) == self._portion

    async def _save(self) -> None:
        now = time.monotonic()
        if self._positions is not None and now - self._saved_at >= self._save_seconds:
            await self._positions.save(self.group, self.position)
            self._saved_at = now

    async def _wait(self) -> None:
        if self._rest_seconds:
            await asyncio.sleep(self._rest_seconds)
        try:
            async with asyncio.timeout(self._poll_seconds):
                await self._woken.wait()
        except TimeoutError:
            return

    @property
    def known_lag(self) -> int:
        """The lag as far as it was seen at the last reading; asks nothing."""
        return max(0, self._head - self.position)

    def statistics(self) -> Mapping[str, float]:
        """The position, and how often an error made it try again."""
        return {"position": float(self.position), "failures_total": float(self._failures)}
