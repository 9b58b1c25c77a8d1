"""The trace of what is refused: at every door that takes writes, kept and shown."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

from groundswell.access.hashing import AddressHasher
from groundswell.access.principal import Principal
from groundswell.app.access import Access
from groundswell.app.core import Core
from groundswell.contract import times
from groundswell.contract.errors import GroundswellError
from groundswell.contract.times import DAY
from groundswell.http.refusals import Refusals, refused_to
from groundswell.ops.refusals.keeping import kept_refusals
from groundswell.ops.refusals.queries import RefusalQueries
from groundswell.ops.refusals.trail import RefusalTrail
from groundswell.store.forgetting import OldRows

Statistics = Callable[[], Mapping[str, float]]

GATEWAY = "gateway"
"""Stands for the route of what clients report over their connections."""


@dataclass(frozen=True, slots=True)
class Refused:
    """What notes refusals, keeps them for a while, and reads them."""

    trail: RefusalTrail
    requests: Refusals
    queries: RefusalQueries
    old: OldRows
    hasher: AddressHasher

    def jobs(self) -> list[Coroutine[Any, Any, None]]:
        """What runs in the background."""
        return [self.trail.run(), self.old.run()]

    def statistics(self) -> dict[str, Statistics]:
        """Its figures."""
        return {"refusals": self.trail.statistics, "refusals_kept": self.old.statistics}

    def note_report(self, by: Principal, action: str | None, error: GroundswellError) -> None:
        """A client reported something over its connection, and was refused."""
        route = GATEWAY if action is None else f"{GATEWAY}/{action}"
        one = refused_to(by, error, route, self.hasher, times.now())
        if one.status < 500:
            self.trail.note(one)


def refused_of(core: Core, access: Access) -> Refused:
    """The trace of this process, on the database that all share."""
    settings = core.settings
    trail = RefusalTrail(core.writer.submit, times.now)
    kept = kept_refusals(settings.refusal_days * DAY, settings.hash_days * DAY)
    return Refused(
        trail,
        Refusals(trail.note, access.callers.of, core.hasher, access.address_of, times.now),
        RefusalQueries(core.store, times.now),
        OldRows(core.store, times.now, kept),
        core.hasher,
    )
