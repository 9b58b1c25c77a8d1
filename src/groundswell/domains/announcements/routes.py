"""The HTTP face of announcements."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Router, post
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody

from groundswell.access.identity import USER_ID_PATTERN, valid_user_id
from groundswell.access.principal import Principal
from groundswell.domains.announcements.announcing import Announced, Announcements
from groundswell.http.callers import require_host
from groundswell.http.openapi import HOST_ONLY
from groundswell.http.payloads import EventType, checked_data
from groundswell.store.commands import Idempotency

RESERVED = ("eventType", "timestamp")
MOST_RECIPIENTS = 1_000
_SOME = msgspec.Meta(min_length=1, max_length=MOST_RECIPIENTS)

Recipient = Annotated[str, msgspec.Meta(pattern=USER_ID_PATTERN)]


class NewAnnouncement(
    msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True
):
    """What everybody is told: under which type, and any object of at most 32 KiB.

    With ``audience`` only the connections of these users are told.
    """

    event_type: EventType
    data: dict[str, Any] = {}
    audience: Annotated[list[Recipient], _SOME] | None = None


@post("/announcements", summary="Tell every connection (host only)", security=HOST_ONLY)
async def post_announcement(
    data: JSONBody[NewAnnouncement],
    caller: NamedDependency[Principal],
    announcements: NamedDependency[Announcements],
    idempotency: NamedDependency[Idempotency | None],
) -> Announced:
    """Durable when this answers; told on `system.broadcast`, which every connection hears."""
    require_host(caller)
    said = checked_data(data.data, RESERVED)
    audience = data.audience
    if audience is not None:
        audience = sorted({valid_user_id(one, "audience") for one in audience})
    return await announcements.announce(data.event_type, said, idempotency, audience)


def announcement_router(announcements: Announcements) -> Router:
    """The route under ``/v1``. ``caller`` and ``idempotency`` are provided by the application."""
    return Router(
        "/v1",
        route_handlers=[post_announcement],
        dependencies={"announcements": Provide(lambda: announcements, sync_to_thread=False)},
        tags=["live"],
    )
