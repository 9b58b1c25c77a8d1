"""``/v1/ops/refusals``: what was refused, for the host application alone."""

from __future__ import annotations

from typing import Annotated

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromQuery, QueryParameter

from groundswell.access.principal import Principal
from groundswell.contract.errors import Invalid
from groundswell.contract.paging import Page
from groundswell.contract.refusals import CallerKind, Refusal, RefusalFilter
from groundswell.contract.times import from_rfc3339
from groundswell.http.callers import require_host
from groundswell.http.openapi import HOST_ONLY
from groundswell.http.parameters import CursorText, Limit
from groundswell.ops.refusals.queries import RefusalQueries

_NEVER_KEPT = {"cache-control": "no-store"}

Wanted = Annotated[str | None, QueryParameter(min_length=1, max_length=256)]
Status = Annotated[int | None, QueryParameter(ge=200, le=499)]
Moment = Annotated[str | None, QueryParameter(max_length=40, schema_extra={"format": "date-time"})]


def refusal_routes(refusals: RefusalQueries) -> list[HTTPRouteHandler]:
    """The route, over these queries."""

    @get(
        "/v1/ops/refusals",
        tags=["Operations"],
        summary="What was refused to whom, and why (host only)",
        security=HOST_ONLY,
    )
    async def get_refusals(
        caller: NamedDependency[Principal],
        code: Wanted = None,
        route: Wanted = None,
        status: Status = None,
        kind: FromQuery[CallerKind | None] = None,
        user: Wanted = None,
        subject: Wanted = None,
        since: Moment = None,
        limit: Limit = 20,
        cursor: CursorText = None,
    ) -> Response[Page[Refusal]]:
        """Newest first. What is alike within a minute is one item with a `count`.

        `route` is a template such as `/v1/rewards/{reward_id}/pay`, `kind` that of the caller,
        `user` and `subject` are ids.
        """
        require_host(caller)
        wanted = RefusalFilter(
            code=code,
            route=route,
            status=status,
            caller=kind,
            user=user,
            subject_id=subject,
            since=None if since is None else _instant(since),
        )
        return Response(await refusals.page(wanted, limit, cursor), headers=_NEVER_KEPT)

    return [get_refusals]


def _instant(moment: str) -> int:
    try:
        return from_rfc3339(moment)
    except ValueError:
        raise Invalid.at("since", "Must be an RFC 3339 time") from None
