"""``/ops/webhooks``: where events are sent, what was not taken, and sending it again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Literal, Protocol, get_args

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.enums import MediaType
from litestar.params import FromPath
from litestar.response import Redirect

from groundswell.access.principal import Principal
from groundswell.contract.paging import Page
from groundswell.domains.webhooks.views import EndpointView, FailureView
from groundswell.web.desk import Desk, chosen
from groundswell.web.operators import PATH as OPERATIONS
from groundswell.web.surface import AnyRequest, page_router

PATH = "/ops/webhooks"
FAILURES = 10
"""Shown of each endpoint."""

EndpointAction = Literal["enable", "disable", "test"]


class Endpoints(Protocol):
    """What the page asks of webhooks."""

    async def endpoints(self) -> Page[EndpointView]:
        """All of them, the oldest first."""
        ...

    async def failures(self, endpoint_id: str, limit: int, cursor: str | None) -> Page[FailureView]:
        """What one did not take, the newest first."""
        ...


class Hooks(msgspec.Struct, frozen=True):
    """What is behind the page. ``replay`` sends events again, all that failed if none is named."""

    endpoints: Endpoints
    act: Callable[[str, EndpointAction], Awaitable[object]]
    replay: Callable[[str, str | None], Awaitable[object]]


class Endpoint(msgspec.Struct, frozen=True):
    """An endpoint as it is shown, with the newest of what it did not take."""

    view: EndpointView
    failures: Page[FailureView]


def hook_pages(*, hooks: Hooks, desk: Desk) -> Router:
    """The router of the page; one signs in at ``/ops``."""
    return page_router(PATH, [webhooks, change, replay], desk.surface, hooks=hooks, desk=desk)


@get("/", media_type=MediaType.HTML)
async def webhooks(
    request: AnyRequest,
    hooks: NamedDependency[Hooks],
    desk: NamedDependency[Desk],
    caller: NamedDependency[Principal],
) -> Response[Any]:
    """All endpoints, how they do, and what they did not take."""
    if not desk.may_see(request, caller):
        return Redirect(OPERATIONS, status_code=303)
    known = (await hooks.endpoints.endpoints()).items
    values = {
        "endpoints": [
            Endpoint(one, await hooks.endpoints.failures(one.endpoint_id, FAILURES, None))
            for one in known
        ],
        "path": PATH,
    }
    return desk.surface.page(request, caller, "ops_webhooks.html", values)


@post("/{endpoint_id:str}")
async def change(
    request: AnyRequest,
    hooks: NamedDependency[Hooks],
    desk: NamedDependency[Desk],
    caller: NamedDependency[Principal],
    endpoint_id: FromPath[str],
) -> Redirect:
    """Enable, disable or try an endpoint."""
    form = await desk.form(request, caller)
    await hooks.act(endpoint_id, chosen(form, "action", get_args(EndpointAction)))
    return Redirect(PATH, status_code=303)


@post("/{endpoint_id:str}/replay")
async def replay(
    request: AnyRequest,
    hooks: NamedDependency[Hooks],
    desk: NamedDependency[Desk],
    caller: NamedDependency[Principal],
    endpoint_id: FromPath[str],
) -> Redirect:
    """Send again what failed: one event, or all."""
    form = await desk.form(request, caller)
    await hooks.replay(endpoint_id, form.get("event_id") or None)
    return Redirect(PATH, status_code=303)
