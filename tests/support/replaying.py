"""What a replay of the log says about the rows that are kept."""

from __future__ import annotations

from groundswell.log.projections import Projection
from groundswell.log.replay import replay
from groundswell.store import Store


async def unlike_the_log(
    store: Store, *projections: Projection, snapshots: bool = False
) -> list[str]:
    """The differences between the rows and the log, folded from its first event."""
    outcomes = await replay(store, projections, mend=False, snapshots=snapshots)
    return [str(one) for outcome in outcomes for one in outcome.differences]
