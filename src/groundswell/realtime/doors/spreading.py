"""``/v1/ops/rebalance``: after a process was added, some of this one's clients go elsewhere."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

import msgspec
from litestar import post
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody

from groundswell.access.principal import Principal
from groundswell.http.callers import require_host
from groundswell.http.openapi import HOST_ONLY


class Rebalance(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which share of the connections is to go."""

    share: Annotated[float, msgspec.Meta(gt=0, le=1)]


class Rebalanced(msgspec.Struct, frozen=True, rename="camel"):
    """How many connections were sent away."""

    sent_away: int


def spreading_routes(rebalance: Callable[[float], Awaitable[int]]) -> list[HTTPRouteHandler]:
    """The route of ``rebalance``, which sends away a share and says how many that were."""

    @post(
        "/v1/ops/rebalance",
        tags=["Operations"],
        summary="Spread connections anew (host only)",
        security=HOST_ONLY,
        status_code=200,
    )
    async def spread(data: JSONBody[Rebalance], caller: NamedDependency[Principal]) -> Rebalanced:
        """Send a share of this process's gateway connections away, to come back anywhere."""
        require_host(caller)
        return Rebalanced(await rebalance(data.share))

    return [spread]
