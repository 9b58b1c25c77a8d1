"""What the slice of sharing offers."""

from __future__ import annotations

from collections.abc import Mapping

from groundswell.domains.sharing.audit import audit_sharing
from groundswell.domains.sharing.keeping import old_suggestions
from groundswell.domains.sharing.links import Links, parse_targets
from groundswell.domains.sharing.offering import Sharing
from groundswell.domains.sharing.queries import SharingQueries
from groundswell.domains.sharing.reactions import react
from groundswell.domains.sharing.reports import share_report
from groundswell.domains.sharing.routes import sharing_routers
from groundswell.domains.sharing.upkeep import Upkeep
from groundswell.domains.sharing.webhooks.adapter import Adapter, Surroundings
from groundswell.domains.sharing.webhooks.fetching import fetch_json
from groundswell.domains.sharing.webhooks.mentions import Mentions
from groundswell.domains.sharing.webhooks.platforms import adapters, parse_secrets
from groundswell.domains.sharing.webhooks.receiving import Webhooks
from groundswell.domains.sharing.webhooks.routes import webhook_router
from groundswell.slices import Slice, Tools
from groundswell.store.forgetting import OldRows


def sharing_slice(tools: Tools) -> Slice:
    """Shares, their links, what platforms tell of them, and suggestions.

    Raises:
        ValueError: the targets of links or the secrets of webhooks are not of their form.
    """
    queries = SharingQueries(
        tools.store, tools.clock, are_friends=tools.are_friends, discretions=tools.discretions
    )
    links = Links(tools.public_url, parse_targets(tools.link_targets))
    sharing = Sharing(
        tools.submit,
        queries,
        links,
        tools.hasher,
        tools.limits,
        tools.clock,
        gate=tools.gate,
    )
    webhooks = Webhooks(_adapters(tools), tools.submit, tools.clock)
    upkeep = Upkeep(tools.submit, tools.clock)
    old = OldRows(tools.store, tools.clock, old_suggestions())

    async def audit() -> list[str]:
        return await audit_sharing(tools.store, tools.log)

    return Slice(
        "sharing",
        routes=(*sharing_routers(sharing), webhook_router(webhooks)),
        react=react,
        jobs=(upkeep.run, old.run),
        statistics=lambda: {
            **webhooks.statistics(),
            **upkeep.statistics(),
            **old.statistics(),
        },
        audit=audit,
        export=sharing.archive,
        reports={"share": share_report(sharing)},
        releases={"share": sharing.release},
    )


def _adapters(tools: Tools) -> Mapping[str, Adapter]:
    surroundings = Surroundings(tools.clock, Mentions(tools.public_url), fetch_json)
    return adapters(parse_secrets(tools.webhook_secrets), surroundings)
