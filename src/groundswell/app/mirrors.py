"""Copies of leaderboards in Redis, where there is one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from groundswell.app.core import Core
from groundswell.contract import times
from groundswell.domains.leaderboards.mirror import BoardMirror
from groundswell.domains.leaderboards.mirroring import Mirroring


@asynccontextmanager
async def board_mirror(core: Core) -> AsyncIterator[BoardMirror | None]:
    """What reads boards from their copies; it hangs up on leaving."""
    if not core.settings.redis_url:
        yield None
        return
    # Needs the optional Redis client.
    from groundswell.domains.leaderboards.redis.copies import RedisCopies  # noqa: PLC0415

    copies = RedisCopies(core.settings.redis_url, namespace=await core.log.log_id())
    try:
        yield BoardMirror(core.store, copies, Mirroring(core.store, copies), times.now)
    finally:
        await copies.close()
