"""Looks at the service every few seconds, and tells operators what it saw."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping

import structlog

from groundswell.contract.errors import Unavailable
from groundswell.contract.times import Clock, to_rfc3339
from groundswell.ops.alerts import WINDOW_SECONDS, AlertsWatch
from groundswell.ops.history import History
from groundswell.ops.metrics import Statistics
from groundswell.ops.overview import Health, Overview, overview_of
from groundswell.ops.parts import PartsWatch, Probe

_log = structlog.get_logger("groundswell.ops")

SECONDS = 3.0
_READINGS = 1 + int(WINDOW_SECONDS / SECONDS)


class Operations:
    """What is known of how the service does.

    Args:
        parts: whose figures are kept for some minutes.
        probes: how each part is looked at.
        clock: the time.
        seconds: how often to look.
    """

    def __init__(
        self,
        parts: Mapping[str, Statistics],
        probes: Mapping[str, Probe],
        clock: Clock,
        *,
        seconds: float = SECONDS,
    ) -> None:
        self._history = History(parts, most=_READINGS)
        self._parts = PartsWatch(probes, clock)
        self._alerts = AlertsWatch(clock)
        self._clock = clock
        self._seconds = seconds
        self._late = 0.0

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            due = time.monotonic() + self._seconds
            try:
                await self.look(time.monotonic())
            except Exception:
                _log.exception("look_failed")
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            self._late = max(0.0, time.monotonic() - due)

    async def look(self, at: float) -> None:
        """Look at everything now; ``at`` is in seconds of a steady clock."""
        await self._parts.look()
        self._history.read(at)
        self._alerts.look(self._history.last(WINDOW_SECONDS))

    def health(self) -> Health:
        """Every part, and the alerts that would be raised now."""
        return Health(
            to_rfc3339(self._clock()),
            self._parts.overall(),
            self._parts.all(),
            self._alerts.all(),
        )

    def overview(self) -> Overview:
        """Everything at a glance.

        Raises:
            Unavailable: nothing was seen yet.
        """
        try:
            return overview_of(self._history, self.health())
        except LookupError:
            raise Unavailable("Nothing was seen yet.", retry_after=1) from None

    @property
    def loop_lag(self) -> float:
        """By how many seconds the last look came late: what every other task had to wait too."""
        return self._late

    def statistics(self) -> Mapping[str, float]:
        """The health of each part as a number, and how late the event loop was."""
        return {**self._parts.statistics(), "loop_lag_seconds": self._late}
