"""What the slice of webhooks offers."""

from __future__ import annotations

from groundswell.domains.webhooks.client import WebhookClient
from groundswell.domains.webhooks.dispatcher import Dispatcher
from groundswell.domains.webhooks.offering import WebhookActions
from groundswell.domains.webhooks.queries import WebhookQueries
from groundswell.domains.webhooks.routes import webhook_router
from groundswell.domains.webhooks.schema_routes import schema_router
from groundswell.domains.webhooks.signing import Secrets
from groundswell.domains.webhooks.targets import Targets
from groundswell.slices import Slice, Tools


def webhook_slice(tools: Tools) -> Slice:
    """Endpoints, the job that sends to them, and the schemas of what is sent."""
    secrets, targets = Secrets(tools.secret), Targets.parse(tools.webhook_networks)
    queries = WebhookQueries(tools.store, tools.clock)
    actions = WebhookActions(tools.submit, queries, secrets, targets, tools.clock)
    dispatcher = Dispatcher(
        log=tools.log,
        store=tools.store,
        submit=tools.submit,
        client=WebhookClient(targets),
        secrets=secrets,
        source=tools.public_url,
        clock=tools.clock,
    )
    return Slice(
        "webhooks",
        routes=(webhook_router(actions, queries), schema_router(tools.public_url)),
        jobs=(dispatcher.run,),
        statistics=dispatcher.statistics,
        wake=dispatcher.wake,
    )
