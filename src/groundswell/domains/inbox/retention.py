"""The job that keeps inboxes within their periods, and measures what waits."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog

from groundswell.contract.errors import GroundswellError
from groundswell.contract.times import SECOND, Clock
from groundswell.domains.inbox.commands import TrimInboxes
from groundswell.domains.inbox.statements import BACKLOG
from groundswell.store import Store
from groundswell.store.commands import Command

_log = structlog.get_logger(__name__)

_TRIM_SECONDS = 600.0
_MEASURE_SECONDS = 15.0


class InboxRetention:
    """Trims inboxes every ten minutes and counts critical messages nobody has acknowledged.

    Args:
        submit: the writer's.
        store: where the backlog is counted.
        clock: the time.
    """

    def __init__(
        self, submit: Callable[[Command], Awaitable[Any]], store: Store, clock: Clock
    ) -> None:
        self._submit = submit
        self._store = store
        self._clock = clock
        self._summarized = self._deleted = 0
        self._backlog = 0
        self._oldest = 0.0

    async def run(self) -> None:
        """Look after it until cancelled."""
        trimmed = -_TRIM_SECONDS
        loop = asyncio.get_running_loop()
        while True:
            try:
                await self.measure()
                if loop.time() - trimmed >= _TRIM_SECONDS:
                    await self.trim()
                    trimmed = loop.time()
            except GroundswellError as error:
                _log.warning("inbox retention postponed", reason=error.code)
            await asyncio.sleep(_MEASURE_SECONDS)

    async def trim(self) -> None:
        """Forget everything that is due now."""
        more = True
        while more:
            done = await self._submit(TrimInboxes(at=self._clock()))
            self._summarized += done.summarized
            self._deleted += done.deleted
            more = done.more

    async def measure(self) -> None:
        """Count what waits."""
        count, oldest = (await self._store.fetch(BACKLOG))[0]
        self._backlog = count
        self._oldest = (self._clock() - oldest) / SECOND if count else 0.0

    def statistics(self) -> Mapping[str, float]:
        """Critical messages that no device acknowledged, the age of the oldest, what was cut."""
        return {
            "backlog": float(self._backlog),
            "oldest_waiting_seconds": self._oldest,
            "summarized_total": float(self._summarized),
            "deleted_total": float(self._deleted),
        }
