"""The HTTP face of webhooks."""

from __future__ import annotations

from typing import Annotated

from litestar import Router, delete, get, patch, post
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody, PathParameter

from groundswell.access.principal import Principal
from groundswell.contract.paging import Page
from groundswell.domains.webhooks import bodies
from groundswell.domains.webhooks.offering import WebhookActions
from groundswell.domains.webhooks.queries import WebhookQueries
from groundswell.domains.webhooks.views import (
    Changed,
    EndpointView,
    FailureView,
    Replayed,
)
from groundswell.http.callers import require_host
from groundswell.http.openapi import HOST_ONLY
from groundswell.http.parameters import CursorText, Limit
from groundswell.store.commands import Idempotency

Id = Annotated[str, PathParameter(max_length=128, description="An endpoint's id.")]

Actions = NamedDependency[WebhookActions]
Queries = NamedDependency[WebhookQueries]
Caller = NamedDependency[Principal]
Attempt = NamedDependency[Idempotency | None]


@post("/webhook-endpoints", summary="Send events somewhere (host only)", security=HOST_ONLY)
async def post_endpoint(
    data: JSONBody[bodies.NewEndpoint], caller: Caller, actions: Actions, idempotency: Attempt
) -> EndpointView:
    """From now on. `secret` is told once: webhooks are signed with it (Standard Webhooks)."""
    require_host(caller)
    return await actions.create(data, idempotency)


@get("/webhook-endpoints", summary="All endpoints (host only)", security=HOST_ONLY)
async def get_endpoints(caller: Caller, queries: Queries) -> Page[EndpointView]:
    """The oldest first; there are at most 32."""
    require_host(caller)
    return await queries.endpoints()


@get("/webhook-endpoints/{endpoint_id:str}", summary="An endpoint (host only)", security=HOST_ONLY)
async def get_endpoint(endpoint_id: Id, caller: Caller, queries: Queries) -> EndpointView:
    """How it is, and how it does."""
    require_host(caller)
    return await queries.view(endpoint_id)


@patch(
    "/webhook-endpoints/{endpoint_id:str}",
    summary="Change an endpoint (host only)",
    security=HOST_ONLY,
)
async def patch_endpoint(
    endpoint_id: Id,
    data: JSONBody[bodies.EndpointChanges],
    caller: Caller,
    actions: Actions,
    idempotency: Attempt,
) -> EndpointView:
    """One that is enabled again gets everything that happened meanwhile."""
    require_host(caller)
    return await actions.change(endpoint_id, data, idempotency)


@delete(
    "/webhook-endpoints/{endpoint_id:str}",
    summary="Remove an endpoint (host only)",
    security=HOST_ONLY,
)
async def delete_endpoint(
    endpoint_id: Id, caller: Caller, actions: Actions, idempotency: Attempt
) -> None:
    """And all that waits for it."""
    require_host(caller)
    await actions.delete(endpoint_id, idempotency)


@post(
    "/webhook-endpoints/{endpoint_id:str}/rotate",
    summary="A new secret for an endpoint (host only)",
    status_code=200,
    security=HOST_ONLY,
)
async def post_rotation(
    endpoint_id: Id,
    data: JSONBody[bodies.Rotation],
    caller: Caller,
    actions: Actions,
    idempotency: Attempt,
) -> EndpointView:
    """Webhooks are signed with the new and, for a while, with the old one."""
    require_host(caller)
    return await actions.rotate(endpoint_id, data, idempotency)


@post(
    "/webhook-endpoints/{endpoint_id:str}/test",
    summary="Send a test event to an endpoint (host only)",
    status_code=202,
    security=HOST_ONLY,
)
async def post_test(
    endpoint_id: Id, caller: Caller, actions: Actions, idempotency: Attempt
) -> Changed:
    """A `webhook.endpoint.tested`, whatever events the endpoint wants."""
    require_host(caller)
    return await actions.test(endpoint_id, idempotency)


@get(
    "/webhook-endpoints/{endpoint_id:str}/failures",
    summary="Events that an endpoint did not take (host only)",
    security=HOST_ONLY,
)
async def get_failures(
    endpoint_id: Id,
    caller: Caller,
    queries: Queries,
    limit: Limit = 20,
    cursor: CursorText = None,
) -> Page[FailureView]:
    """Those that were tried as often as they may be; kept for 30 days."""
    require_host(caller)
    return await queries.failures(endpoint_id, limit, cursor)


@post(
    "/webhook-endpoints/{endpoint_id:str}/replay",
    summary="Send events again (host only)",
    status_code=202,
    security=HOST_ONLY,
)
async def post_replay(
    endpoint_id: Id,
    data: JSONBody[bodies.Replay],
    caller: Caller,
    actions: Actions,
    idempotency: Attempt,
) -> Replayed:
    """By id, or by time; at most 5,000 places of the log at once, then `nextSeq` is `fromSeq`."""
    require_host(caller)
    return await actions.replay(endpoint_id, data, idempotency)


def webhook_router(actions: WebhookActions, queries: WebhookQueries) -> Router:
    """The routes under ``/v1``. ``caller`` and ``idempotency`` are provided by the application."""
    return Router(
        "/v1",
        route_handlers=[
            post_endpoint,
            get_endpoints,
            get_endpoint,
            patch_endpoint,
            delete_endpoint,
            post_rotation,
            post_test,
            get_failures,
            post_replay,
        ],
        dependencies={
            "actions": Provide(lambda: actions, sync_to_thread=False),
            "queries": Provide(lambda: queries, sync_to_thread=False),
        },
        tags=["Webhooks"],
    )
