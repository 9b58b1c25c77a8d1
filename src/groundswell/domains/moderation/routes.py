"""The HTTP face of the review queue."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from litestar import Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody, PathParameter, QueryParameter

from groundswell.access.principal import Principal
from groundswell.contract.paging import Page
from groundswell.domains.moderation.commands import HeldItem
from groundswell.domains.moderation.offering import Moderation
from groundswell.http.callers import require_host
from groundswell.http.openapi import HOST_ONLY
from groundswell.http.parameters import CursorText, Limit
from groundswell.store.commands import Idempotency

ItemId = Annotated[str, PathParameter(min_length=1, max_length=64)]
InState = Annotated[
    Literal["held", "approved", "rejected"],
    QueryParameter(name="state", description="In which state."),
]


class Decision(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why; the author is told."""

    reason: Annotated[str, msgspec.Meta(max_length=500)] | None = None


@get("/moderation/queue", summary="What waits for a review (host only)", security=HOST_ONLY)
async def get_queue(
    caller: NamedDependency[Principal],
    moderation: NamedDependency[Moderation],
    in_state: InState = "held",
    limit: Limit = 20,
    cursor: CursorText = None,
) -> Page[HeldItem]:
    """Oldest first; `state` shows what was decided instead."""
    require_host(caller)
    return await moderation.queue(in_state, limit, cursor)


@post(
    "/moderation/{item_id:str}/approve",
    summary="Publish what is held (host only)",
    status_code=200,
    security=HOST_ONLY,
)
async def approve(
    item_id: ItemId,
    caller: NamedDependency[Principal],
    moderation: NamedDependency[Moderation],
    idempotency: NamedDependency[Idempotency | None],
    data: JSONBody[Decision | None] = None,
) -> HeldItem:
    """Published when this answers, as of now."""
    require_host(caller)
    reason = None if data is None else data.reason
    return await moderation.decide(item_id, approve=True, reason=reason, idempotency=idempotency)


@post(
    "/moderation/{item_id:str}/reject",
    summary="Do not publish what is held (host only)",
    status_code=200,
    security=HOST_ONLY,
)
async def reject(
    item_id: ItemId,
    caller: NamedDependency[Principal],
    moderation: NamedDependency[Moderation],
    idempotency: NamedDependency[Idempotency | None],
    data: JSONBody[Decision | None] = None,
) -> HeldItem:
    """The text is not kept."""
    require_host(caller)
    reason = None if data is None else data.reason
    return await moderation.decide(item_id, approve=False, reason=reason, idempotency=idempotency)


def moderation_router(moderation: Moderation) -> Router:
    """The routes under ``/v1``. ``caller`` and ``idempotency`` are provided by the application."""
    return Router(
        "/v1",
        route_handlers=[get_queue, approve, reject],
        dependencies={"moderation": Provide(lambda: moderation, sync_to_thread=False)},
        tags=["Moderation"],
    )
