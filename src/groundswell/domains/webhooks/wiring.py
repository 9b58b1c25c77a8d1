"""What the slice of webhooks offers."""

from __future__ import annotations

from groundswell.contract.times import Clock
from groundswell.domains.webhooks.client import WebhookClient
from groundswell.domains.webhooks.dispatcher import Dispatcher
from groundswell.domains.webhooks.offering import WebhookActions
from groundswell.domains.webhooks.queries import WebhookQueries
from groundswell.domains.webhooks.routes import webhook_router
from groundswell.domains.webhooks.schema_routes import schema_router
from groundswell.domains.webhooks.signing import Secrets
from groundswell.domains.webhooks.targets import Targets
from groundswell.log.reactions import Submit
from groundswell.slices import Slice, Tools
from groundswell.store import Store


def webhook_parts(
    store: Store, submit: Submit, secret: bytes, networks: str, clock: Clock
) -> tuple[WebhookQueries, WebhookActions]:
    """What answers and what changes, for any door.

    Raises:
        ValueError: the private networks are not of their form.
    """
    queries = WebhookQueries(store, clock)
    targets = Targets.parse(networks)
    return queries, WebhookActions(submit, queries, Secrets(secret), targets, clock)


def webhook_slice(tools: Tools) -> Slice:
    """Endpoints, the job that sends to them, and the schemas of what is sent."""
    secrets, targets = Secrets(tools.secret), Targets.parse(tools.webhook_networks)
    queries, actions = webhook_parts(
        tools.store, tools.submit, tools.secret, tools.webhook_networks, tools.clock
    )
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
