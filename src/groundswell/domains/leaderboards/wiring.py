"""What the slice of leaderboards offers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from groundswell.domains.leaderboards.audit import audit_boards
from groundswell.domains.leaderboards.keeping import BoardKeeper
from groundswell.domains.leaderboards.metrics import Counting
from groundswell.domains.leaderboards.mirror import BoardMirror
from groundswell.domains.leaderboards.offering import BoardActions
from groundswell.domains.leaderboards.queries import BoardQueries
from groundswell.domains.leaderboards.routes import leaderboard_router
from groundswell.log.consumers import StoredPositions
from groundswell.slices import Slice, Tools

NAME = "leaderboards"


def leaderboard_slice(tools: Tools, mirror: BoardMirror | None = None) -> Slice:
    """Boards, what counts on them, their windows and archives; read from ``mirror`` if it can."""
    queries = BoardQueries(tools.store, tools.clock, mirror.read if mirror else None)
    counting = Counting()
    keeper = BoardKeeper(tools.store, tools.log, tools.submit, tools.clock, lambda: counting.seen)

    async def keep() -> None:
        counting.know(await queries.metrics())
        stored = await StoredPositions(tools.store, tools.clock).load(NAME)
        counting.seen = max(counting.seen, stored or 0)
        await keeper.run()

    def statistics() -> Mapping[str, float]:
        copied = mirror.statistics() if mirror else {}
        return {**keeper.statistics(), **{f"copies_{name}": one for name, one in copied.items()}}

    async def audit() -> list[str]:
        return await audit_boards(tools.store, tools.log)

    async def export(user_id: str) -> Mapping[str, Any]:
        return await queries.export(user_id)

    return Slice(
        NAME,
        routes=(leaderboard_router(BoardActions(tools.submit, tools.clock), queries),),
        react=counting,
        jobs=(keep, mirror.mirroring.run) if mirror else (keep,),
        statistics=statistics,
        audit=audit,
        export=export,
        states=queries.told,
        wake=mirror.mirroring.wake if mirror else None,
    )
