"""The job that forgets what waited in vain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import structlog

from groundswell.contract.times import Clock
from groundswell.domains.sharing.commands import DropExpired
from groundswell.domains.sharing.views import Dropped
from groundswell.log.reactions import Submit
from groundswell.store.repeating import repeat

_log = structlog.get_logger(__name__)

SECONDS: Final = 300.0


class Upkeep:
    """Drops parked engagements after their day, and visits after their hour.

    Args:
        submit: the writer's.
        clock: the time.
    """

    def __init__(self, submit: Submit, clock: Clock) -> None:
        self._submit = submit
        self._clock = clock
        self._dropped = 0
        self._waiting = 0

    async def run(self) -> None:
        """Do so every five minutes, until cancelled."""
        await repeat(self.drop, SECONDS, postponed="upkeep of shares postponed")

    async def drop(self) -> None:
        """Forget what is due now; what is dropped is counted and logged."""
        done: Dropped = await self._submit(DropExpired(at=self._clock()))
        self._dropped += done.dropped
        self._waiting = done.waiting
        if done.dropped:
            _log.info("engagements with unknown shares dropped", count=done.dropped)

    def statistics(self) -> Mapping[str, float]:
        """Engagements that waited in vain since the start, and those that wait."""
        return {
            "parked_dropped_total": float(self._dropped),
            "parked_engagements": float(self._waiting),
        }
