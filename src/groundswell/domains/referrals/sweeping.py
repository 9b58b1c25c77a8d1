"""The job that records what time ended."""

from __future__ import annotations

import asyncio

import structlog

from groundswell.contract.errors import GroundswellError
from groundswell.contract.times import Clock
from groundswell.domains.referrals.commands import SweepReferrals
from groundswell.domains.referrals.views import Swept
from groundswell.log.reactions import Submit

_log = structlog.get_logger(__name__)


class Sweeper:
    """Sweeps now and then. Several processes may: what is recorded once is not due again.

    Args:
        submit: the writer's.
        clock: the time.
        seconds: between two sweeps.
        portion: how much one transaction takes.
    """

    def __init__(
        self, submit: Submit, clock: Clock, seconds: float = 30.0, portion: int = 200
    ) -> None:
        self._submit = submit
        self._clock = clock
        self._seconds = seconds
        self._portion = portion

    async def run(self) -> None:
        """Sweep until cancelled."""
        while True:
            await asyncio.sleep(self._seconds)
            try:
                await self.sweep()
            except GroundswellError as error:
                _log.warning("referrals could not be swept", error=str(error))

    async def sweep(self) -> None:
        """Sweep until nothing is left that is due now.

        Raises:
            GroundswellError: the writer could not.
        """
        found = self._portion
        while found >= self._portion:
            command = SweepReferrals(at=self._clock(), portion=self._portion)
            swept: Swept = await self._submit(command)
            found = swept.found
