"""The HTTP face of webhooks: bodies as they came, since that is what is signed."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import MediaType, Request, Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import PathParameter

from groundswell.domains.sharing.views import Taken
from groundswell.domains.sharing.webhooks.adapter import Delivery
from groundswell.domains.sharing.webhooks.receiving import Webhooks
from groundswell.http.refusals import note_repeated

LARGEST_WEBHOOK = 1024 * 1024
WEBHOOK_REPEATED = "webhook_repeated"

PlatformName = Annotated[
    str, PathParameter(min_length=1, max_length=64, description="The platform, as it is set.")
]


@post(
    "/webhooks/{platform:str}",
    summary="Take a platform's webhook (signed)",
    status_code=202,
    request_max_body_size=LARGEST_WEBHOOK,
    security=[{}],
)
async def post_webhook(
    platform: PlatformName,
    request: Request[Any, Any, Any],
    webhooks: NamedDependency[Webhooks],
) -> Taken:
    """Verified by the signature of the platform's scheme, Standard Webhooks unless set otherwise.

    Each engagement counts once. What is about a share nobody knows yet waits for a day.
    """
    delivery = Delivery(
        method=request.method,
        target=_target(request),
        headers=_headers(request),
        body=await request.body(),
    )
    taken = await webhooks.receive(platform, delivery)
    if taken.repeated:
        note_repeated(request.scope, WEBHOOK_REPEATED, taken.repeated, status=202)
    return taken


@get(
    "/webhooks/{platform:str}",
    summary="Answer a platform that asks whether to send",
    media_type=MediaType.TEXT,
    security=[{}],
)
async def get_webhook(
    platform: PlatformName,
    request: Request[Any, Any, Any],
    webhooks: NamedDependency[Webhooks],
) -> Response[str]:
    """Meta's handshake: the challenge is sent back if the verify token is right."""
    query = {name: str(value) for name, value in request.query_params.items()}
    return Response(webhooks.answer_to(platform, query), media_type=MediaType.TEXT)


def _target(request: Request[Any, Any, Any]) -> str:
    """Path and query as they were sent: a signature may cover them."""
    scope = request.scope
    path = bytes(scope.get("raw_path") or scope["path"].encode())
    path = path.partition(b"?")[0]
    query = scope["query_string"]
    return (path + (b"?" + query if query else b"")).decode("latin-1")


def _headers(request: Request[Any, Any, Any]) -> dict[str, str]:
    """Headers that were sent several times are joined, as they are for signing."""
    joined: dict[str, str] = {}
    for name, value in request.scope["headers"]:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        joined[key] = f"{joined[key]}, {text}" if key in joined else text
    return joined


def webhook_router(webhooks: Webhooks) -> Router:
    """The routes under ``/v1``."""
    return Router(
        "/v1",
        route_handlers=[post_webhook, get_webhook],
        dependencies={"webhooks": Provide(lambda: webhooks, sync_to_thread=False)},
        tags=["Sharing"],
    )
