"""The HTTP face of recommendations."""

from __future__ import annotations

from typing import Annotated

from litestar import Response, Router, get
from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter

from groundswell.access.principal import Principal
from groundswell.contract.paging import Page
from groundswell.domains.recommendations.queries import RecommendationQueries
from groundswell.domains.recommendations.views import RecommendedMedia
from groundswell.http.callers import require_user
from groundswell.http.openapi import ANYONE, USER_ONLY
from groundswell.http.parameters import Limit, MediaFileIdInPath

Explain = Annotated[bool, QueryParameter(description="Show each term of the score.")]
Queries = NamedDependency[RecommendationQueries]


@get(
    "/media/{media_file_id:str}/related",
    summary="What people who like a file like too",
    security=ANYONE,
)
async def get_related(
    media_file_id: MediaFileIdInPath, queries: Queries, limit: Limit = 10, explain: Explain = False
) -> Response[Page[RecommendedMedia]]:
    """Files that at least three people like with this one; then popular ones, if too few."""
    page = await queries.related(media_file_id, limit, explain=explain)
    return Response(page, headers={"cache-control": "no-cache"})


@get("/me/recommendations", summary="What the caller may like", security=USER_ONLY)
async def get_recommendations(
    caller: NamedDependency[Principal],
    queries: Queries,
    limit: Limit = 10,
    explain: Explain = False,
) -> Response[Page[RecommendedMedia]]:
    """From what the caller liked lately; nothing they know already, and nothing of their own."""
    page = await queries.for_user(require_user(caller), limit, explain=explain)
    return Response(page, headers={"cache-control": "private, no-store"})


def recommendation_router(queries: RecommendationQueries) -> Router:
    """The routes under ``/v1``. ``caller`` is provided by the application."""
    return Router(
        "/v1",
        route_handlers=[get_related, get_recommendations],
        dependencies={"queries": Provide(lambda: queries, sync_to_thread=False)},
        tags=["Recommendations"],
    )
