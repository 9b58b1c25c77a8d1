"""Storing what was refused, behind the answers: nobody waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

import structlog

from groundswell.contract.errors import GroundswellError
from groundswell.contract.refusals import Refused
from groundswell.contract.times import Clock
from groundswell.log.reactions import Submit
from groundswell.ops.refusals.commands import NoteRefusals
from groundswell.ops.refusals.gathering import Gatherer

REST_SECONDS: Final = 0.5
"""Between two writings: what is refused meanwhile is written together."""

_log = structlog.get_logger(__name__)


class RefusalTrail:
    """Takes refusals at once, and writes them through the writer soon.

    The first after a rest is written immediately, so that a process that dies takes the refusals
    of about the last half second with it, and no answer waits for its trace.

    Args:
        submit: the writer's.
        clock: the time.
        gatherer: adds up what is alike.
    """

    def __init__(self, submit: Submit, clock: Clock, gatherer: Gatherer | None = None) -> None:
        self._submit = submit
        self._clock = clock
        self._gathered = gatherer or Gatherer()
        self._arrived = asyncio.Event()
        self._written = 0

    def note(self, one: Refused) -> None:
        """Remember a refusal."""
        self._gathered.add(one)
        self._arrived.set()

    async def run(self, rest_seconds: float = REST_SECONDS) -> None:
        """Write whenever there is something, until cancelled."""
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            await self.flush()
            await asyncio.sleep(rest_seconds)

    async def flush(self) -> None:
        """Write what waits; while that is not possible it waits on."""
        rows = self._gathered.waiting()
        if not rows:
            return
        try:
            await self._submit(NoteRefusals(at=self._clock(), rows=tuple(rows)))
        except GroundswellError as error:
            _log.warning("refusals not stored yet", waiting=len(rows), reason=error.code)
            self._arrived.set()
        else:
            self._gathered.written(rows)
            self._written += len(rows)

    def statistics(self) -> Mapping[str, float]:
        """Refusals since the start, rows written for them, and those that found no room."""
        return {
            "noted_total": float(self._gathered.noted),
            "rows_written_total": float(self._written),
            "lost_total": float(self._gathered.lost),
            "waiting": float(len(self._gathered.waiting())),
        }
