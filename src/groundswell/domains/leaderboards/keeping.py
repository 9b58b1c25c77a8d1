"""The job that tells of changes, closes windows that are over, and supersedes archives."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from time import perf_counter
from typing import Final

import structlog

from groundswell.contract.errors import GroundswellError
from groundswell.contract.times import Clock
from groundswell.domains.leaderboards.archiving import TO_CLEAR
from groundswell.domains.leaderboards.changes import KEPT, TRIM
from groundswell.domains.leaderboards.closing import GATHERING, GRACE, TO_AMEND, TO_CLOSE
from groundswell.domains.leaderboards.commands import (
    PORTION,
    AmendWindow,
    CloseWindow,
    Done,
    TellBoards,
)
from groundswell.domains.leaderboards.telling import QUIET, TO_TELL
from groundswell.log.reactions import Submit
from groundswell.log.reader import EventLog
from groundswell.store import Store
from groundswell.store.commands import Command

_log = structlog.get_logger(__name__)

TRIM_SECONDS: Final = 20.0

AT_ONCE: Final = 100
"""How many windows are looked up at a time."""


class BoardKeeper:
    """Looks after boards. Several processes may: what one has done is not due for another.

    Args:
        store: reads what is due.
        log: whose end the counting must have reached before a window is closed.
        submit: the writer's.
        clock: the time.
        counted: the place in the log up to which this process has counted.
        tick_seconds: between two looks.
        portion: how many participants one transaction archives.
    """

    def __init__(
        self,
        store: Store,
        log: EventLog,
        submit: Submit,
        clock: Clock,
        counted: Callable[[], int],
        tick_seconds: float = 0.25,
        portion: int = PORTION,
    ) -> None:
        self._store = store
        self._log = log
        self._submit = submit
        self._clock = clock
        self._counted = counted
        self._tick_seconds = tick_seconds
        self._portion = portion
        self._head: int | None = None
        self._told = self._closed = self._amended = 0

    async def run(self) -> None:
        """Look until cancelled. A large archive keeps nobody from being told of other boards."""
        async with asyncio.TaskGroup() as all_of_them:
            all_of_them.create_task(self._again(self.tell))
            all_of_them.create_task(self._again(self.archive))
            all_of_them.create_task(self._again(self.trim, TRIM_SECONDS))

    async def archive(self) -> None:
        """Close, clear up and amend what is due."""
        await self.close()
        await self.clear()
        await self.amend()

    async def tell(self) -> None:
        """Tell of every board that changed, if it was not told of within the last second."""
        now = self._clock()
        rows = await self._store.fetch(TO_TELL, now=now, quiet_since=now - QUIET)
        if rows:
            self._told += await self._do(
                TellBoards(at=now, board_ids=tuple(row[0] for row in rows))
            )

    async def close(self) -> None:
        """Close every window that is over, the windows that follow it too.

        What stands in the log already is counted first: what was in time is not to come late
        because this service was down.
        """
        until = self._clock() - GRACE
        while rows := await self._store.fetch(TO_CLOSE, until=until, count=AT_ONCE):
            if not await self._caught_up():
                return
            for board_id, start in rows:
                self._closed += await self._finish(CloseWindow, board_id, start)

    async def clear(self) -> None:
        """Remove what is left of archives that are written, if a process ended before it did."""
        for board_id, start in await self._store.fetch(TO_CLEAR):
            await self._finish(CloseWindow, board_id, start)

    async def amend(self) -> None:
        """Supersede every archive that has lacked something for a while."""
        until = self._clock() - GATHERING
        for board_id, start in await self._store.fetch(TO_AMEND, until=until, count=AT_ONCE):
            self._amended += await self._finish(AmendWindow, board_id, start)

    async def trim(self) -> None:
        """Forget old changes."""
        async with self._store.writing() as transaction:
            await transaction.fetch(TRIM, kept=KEPT)

    def statistics(self) -> Mapping[str, float]:
        """What was done since the start."""
        return {
            "told_total": float(self._told),
            "closed_total": float(self._closed),
            "amended_total": float(self._amended),
        }

    async def _caught_up(self) -> bool:
        """Whether what stood in the log when this was asked before is counted by now."""
        head, self._head = self._head, await self._log.head()
        return head is not None and self._counted() >= head

    async def _finish(
        self, kind: type[CloseWindow | AmendWindow], board_id: str, start: int
    ) -> int:
        """Portion by portion; in between, others have the writer for as long as a portion took."""
        finished = 0
        while True:
            began = perf_counter()
            done: Done = await self._submit(
                kind(at=self._clock(), board_id=board_id, window_start=start, portion=self._portion)
            )
            finished += done.count
            if not done.left:
                return finished
            await asyncio.sleep(perf_counter() - began)

    async def _again(
        self, look: Callable[[], Awaitable[None]], seconds: float | None = None
    ) -> None:
        while True:
            try:
                await look()
            except GroundswellError as error:
                _log.warning("boards could not be looked after", error=str(error))
            await asyncio.sleep(self._tick_seconds if seconds is None else seconds)

    async def _do(self, command: Command) -> int:
        done: Done = await self._submit(command)
        return done.count
