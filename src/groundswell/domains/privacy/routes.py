"""The HTTP face of privacy."""

from __future__ import annotations

from litestar import Response, Router, get, patch, post
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody

from groundswell.access.principal import Principal
from groundswell.contract.errors import Forbidden
from groundswell.domains.privacy.bodies import ErasureConfirmed, PrivacyChanges
from groundswell.domains.privacy.offering import PrivacyActions
from groundswell.domains.privacy.views import Archive, Erased, PrivacySettings
from groundswell.http.openapi import USER_ONLY
from groundswell.store.commands import Idempotency


@get("/me/privacy", summary="What may be known of the caller", security=USER_ONLY)
async def get_privacy(
    caller: NamedDependency[Principal], privacy: NamedDependency[PrivacyActions]
) -> PrivacySettings:
    """The caller's settings, all of them."""
    return await privacy.settings(caller)


@patch("/me/privacy", summary="Change what may be known of the caller", security=USER_ONLY)
async def patch_privacy(
    data: JSONBody[PrivacyChanges],
    caller: NamedDependency[Principal],
    privacy: NamedDependency[PrivacyActions],
    idempotency: NamedDependency[Idempotency | None],
) -> PrivacySettings:
    """Holds from the next event on; what is in the feed and no longer wished there is gone."""
    return await privacy.change(caller, data.changes(), idempotency)


@post(
    "/me/export",
    summary="Everything that is known of the caller",
    status_code=200,
    security=USER_ONLY,
)
async def post_export(
    caller: NamedDependency[Principal], privacy: NamedDependency[PrivacyActions]
) -> Response[Archive]:
    """One JSON archive, by the parts that know something; empty parts are left out."""
    archive = await privacy.export(caller)
    headers = {
        "cache-control": "no-store",
        "content-disposition": 'attachment; filename="groundswell-export.json"',
    }
    return Response(archive, headers=headers)


@post("/me/erase", summary="Forget the caller", status_code=200)
async def post_erase(
    caller: NamedDependency[Principal],
    privacy: NamedDependency[PrivacyActions],
    data: JSONBody[ErasureConfirmed | None] = None,
) -> Erased:
    """Forget a user everywhere, or what a visitor's address did. Counters stay as they are.

    There is no way back: a body, if there is one, says so in so many words. Asked again it finds
    nothing left, and changes nothing.
    """
    if caller.kind == "host":
        raise Forbidden("Name whom to forget, by Groundswell-User or Groundswell-Address.")
    if data is not None:
        data.check()
    return await privacy.erase(caller)


def privacy_router(privacy: PrivacyActions) -> Router:
    """The routes under ``/v1``. ``caller`` and ``idempotency`` are provided by the application."""
    return Router(
        "/v1",
        route_handlers=[get_privacy, patch_privacy, post_export, post_erase],
        dependencies={"privacy": Provide(lambda: privacy, sync_to_thread=False)},
        tags=["Privacy"],
    )
