"""What the slice of recommendations offers."""

from __future__ import annotations

from typing import Final

from groundswell.domains.recommendations.audit import audit_tastes
from groundswell.domains.recommendations.catalogue import Catalogue
from groundswell.domains.recommendations.following import Following
from groundswell.domains.recommendations.queries import RecommendationQueries
from groundswell.domains.recommendations.routes import recommendation_router
from groundswell.log.consumers import Consumer, StoredPositions
from groundswell.slices import Slice, Tools

NAME: Final = "recommendations"

_SAVE_SECONDS: Final = 5.0
_REST_SECONDS: Final = 0.5


def recommendation_slice(tools: Tools, catalogue: Catalogue, *, hash_days: int) -> Slice:
    """Related files, and files for somebody, from what the log tells.

    It reads the log in a consumer group of its own: events of many people become one command.
    """
    queries = RecommendationQueries(tools.store, catalogue, tools.clock)
    following = Following(tools.submit, tools.clock, hash_days=hash_days)
    consumer = Consumer(
        NAME,
        tools.log,
        following.consume,
        positions=StoredPositions(tools.store, tools.clock),
        save_seconds=_SAVE_SECONDS,
        rest_seconds=_REST_SECONDS,
    )

    async def follow() -> None:
        await consumer.start()
        await consumer.run()

    async def audit() -> list[str]:
        return await audit_tastes(tools.store)

    return Slice(
        NAME,
        routes=(recommendation_router(queries),),
        jobs=(follow, following.run),
        statistics=lambda: {**consumer.statistics(), **following.statistics()},
        audit=audit,
        export=queries.export,
        wake=consumer.wake,
    )
