"""Moving windows in Redis, shared by all processes of a deployment."""

from __future__ import annotations

from typing import Any

import structlog
from limits import RateLimitItemPerSecond
from limits.aio.storage import RedisStorage
from limits.errors import StorageError
from redis.asyncio import BlockingConnectionPool

from groundswell.access.limits import Limit, WindowsInMemory
from groundswell.contract import times

_NAMESPACE = "groundswell"
_PATIENCE_SECONDS = 0.25
_CONNECTIONS = 64
_REST = 5 * times.SECOND
_ROUNDING = times.MILLISECOND
"""The scripts in Redis answer instants with 14 digits, and count a hit one instant longer."""


class RedisWindows:
    """Makes windows that live in one Redis.

    Args:
        url: ``redis://`` or ``rediss://``.
    """

    def __init__(self, url: str) -> None:
        # Beyond so many connections hits wait for one; the client's own limit would refuse them.
        pool: Any = BlockingConnectionPool.from_url(
            url,
            max_connections=_CONNECTIONS,
            timeout=_PATIENCE_SECONDS,
            socket_timeout=_PATIENCE_SECONDS,
            socket_connect_timeout=_PATIENCE_SECONDS,
        )
        self._pool = pool
        self._storage = RedisStorage(
            f"async+{url}", wrap_exceptions=True, implementation="redispy", connection_pool=pool
        )

    def __call__(self, limit: Limit, /) -> WindowsInRedis:
        """The windows of one limit."""
        return WindowsInRedis(self._storage, limit)

    async def close(self) -> None:
        """Give the connections back."""
        await self._pool.aclose()


class WindowsInRedis:
    """The windows of one limit, in Redis; in this process while Redis does not answer.

    A limiter that is down must neither refuse everybody nor admit everything: each process then
    keeps the limit by itself. Instants are those of the calling process, so clocks that differ
    between machines bend a window by as much.
    """

    def __init__(self, storage: RedisStorage, limit: Limit) -> None:
        self._storage = storage
        self._limit = limit
        self._seconds = limit.window // times.SECOND
        self._item = RateLimitItemPerSecond(limit.count, self._seconds, namespace=_NAMESPACE)
        self._alone = WindowsInMemory(limit)
        self._rests_until = 0

    async def hit(self, key: str, now: int, continues: str | None) -> int:
        """0 if accepted, else the microseconds until it will be."""
        if now >= self._rests_until:
            try:
                return await self._hit_shared(key, now, continues)
            except StorageError as error:
                self._rests_until = now + _REST
                structlog.get_logger(__name__).warning(
                    "redis does not answer: rate limits are kept per process", error=str(error)
                )
        return await self._alone.hit(key, now, continues)

    async def _hit_shared(self, key: str, now: int, continues: str | None) -> int:
        oldest, before = await self._counted(continues, now) if continues else (now, 0)
        left = self._limit.count - before
        if left > 0 and await self._storage.acquire_entry(self._name(key), left, self._seconds):
            return 0
        if not before:
            oldest, _ = await self._counted(key, now)
        return max(1, oldest + self._limit.window + _ROUNDING - now)

    async def _counted(self, key: str, now: int) -> tuple[int, int]:
        """When the earliest hit that counts was, and how many count."""
        start, count = await self._storage.get_moving_window(
            self._name(key), self._limit.count, self._seconds
        )
        return (int(start * times.SECOND), count) if count else (now, 0)

    def _name(self, key: str) -> str:
        return self._item.key_for(self._limit.action, key)
