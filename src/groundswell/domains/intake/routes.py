"""The HTTP face of the intake."""

from __future__ import annotations

from litestar import Router, post
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody

from groundswell.access.principal import Principal
from groundswell.domains.intake.bodies import CloudEvents
from groundswell.domains.intake.offering import Intake
from groundswell.domains.intake.taking import TakenIn
from groundswell.http.body import ApiRequest
from groundswell.http.callers import require_host
from groundswell.http.openapi import HOST_ONLY
from groundswell.http.refusals import note_repeated
from groundswell.store.commands import Idempotency

EVENT_REPEATED = "event_repeated"


@post("/events", summary="Report events (host only)", status_code=202, security=HOST_ONLY)
async def post_events(
    request: ApiRequest,
    data: JSONBody[CloudEvents],
    caller: NamedDependency[Principal],
    intake: NamedDependency[Intake],
    idempotency: NamedDependency[Idempotency | None],
) -> TakenIn:
    """One CloudEvent 1.0 or a batch of up to 100, in any order, each counted once.

    Durable when this answers; what follows from them happens at once, and is told live.
    """
    require_host(caller)
    taken = await intake.take_in(data if isinstance(data, list) else [data], idempotency)
    if taken.repeated:
        note_repeated(request.scope, EVENT_REPEATED, taken.repeated, status=202)
    return taken


def intake_router(intake: Intake) -> Router:
    """The route under ``/v1``. ``caller`` and ``idempotency`` are provided by the application."""
    return Router(
        "/v1",
        route_handlers=[post_events],
        dependencies={"intake": Provide(lambda: intake, sync_to_thread=False)},
        tags=["Host events"],
    )
