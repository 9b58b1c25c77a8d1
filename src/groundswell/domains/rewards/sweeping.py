"""The job that does what time alone brings about: hold periods end, claims lapse."""

from __future__ import annotations

from collections.abc import Mapping

from groundswell.contract.times import Clock
from groundswell.domains.rewards.commands import SweepRewards
from groundswell.domains.rewards.statements import IS_DUE
from groundswell.domains.rewards.views import Swept
from groundswell.log.reactions import Submit
from groundswell.store import Store
from groundswell.store.repeating import repeat

_EVERY_SECONDS = 5.0


class RewardSweep:
    """Looks every few seconds whether something is due, and does it.

    Args:
        submit: the writer's.
        store: where to look.
        clock: the time.
    """

    def __init__(self, submit: Submit, store: Store, clock: Clock) -> None:
        self._submit = submit
        self._store = store
        self._clock = clock
        self._changed = 0

    async def run(self) -> None:
        """Look after it until cancelled."""
        await repeat(self.sweep, _EVERY_SECONDS, postponed="rewards wait")

    async def sweep(self) -> int:
        """Do everything that is due now; how many rewards that changed."""
        changed = 0
        while await self._store.fetch(IS_DUE, now=self._clock()):
            done: Swept = await self._submit(SweepRewards(at=self._clock()))
            changed += done.rewards
            if not done.more:
                break
        self._changed += changed
        return changed

    def statistics(self) -> Mapping[str, float]:
        """Rewards that went on by themselves since the start."""
        return {"rewards_swept_total": float(self._changed)}
