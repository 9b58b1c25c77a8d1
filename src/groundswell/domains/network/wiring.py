"""What the slice of the network offers."""

from __future__ import annotations

from groundswell.domains.network.audit import audit_network
from groundswell.domains.network.keeping import old_suggestions
from groundswell.domains.network.offering import Network
from groundswell.domains.network.presence import may_watch
from groundswell.domains.network.queries import NetworkQueries
from groundswell.domains.network.reactions import react
from groundswell.domains.network.routes import network_router
from groundswell.slices import Slice, Tools
from groundswell.store.forgetting import OldRows


def network_slice(tools: Tools) -> Slice:
    """Friends, blocks and suggestions of people."""
    queries = NetworkQueries(tools.store, tools.clock, tools.present)
    network = Network(tools.submit, queries, tools.hasher, tools.limits, tools.clock)
    old = OldRows(tools.store, tools.clock, old_suggestions())

    async def audit() -> list[str]:
        return await audit_network(tools.store, tools.log)

    async def watches(scope: str, viewer_id: str | None) -> bool:
        return await may_watch(tools.store, scope, viewer_id)

    return Slice(
        "network",
        routes=(network_router(network),),
        react=react,
        jobs=(old.run,),
        statistics=old.statistics,
        audit=audit,
        export=queries.export,
        presence=watches,
    )
