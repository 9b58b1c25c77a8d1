"""Tickets in Redis, for a service of several processes: one makes a ticket, another takes it."""

from __future__ import annotations

from typing import Final

from redis.asyncio import BlockingConnectionPool, Redis
from redis.exceptions import RedisError

from groundswell.contract.errors import Unavailable
from groundswell.contract.times import MILLISECOND

_PREFIX: Final = "groundswell:ticket:"
_PATIENCE_SECONDS: Final = 1.0
_CONNECTIONS: Final = 32


class TicketsInRedis:
    """Keeps what tickets stand for under their hashes; Redis forgets them in time.

    Args:
        url: ``redis://`` or ``rediss://``.
    """

    def __init__(self, url: str) -> None:
        # Beyond so many connections calls wait for one; the client's own limit would refuse them.
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=_CONNECTIONS,
            timeout=_PATIENCE_SECONDS,
            socket_timeout=_PATIENCE_SECONDS,
            socket_connect_timeout=_PATIENCE_SECONDS,
        )
        self._redis = Redis.from_pool(pool)

    async def put(self, key: str, value: bytes, lifetime: int) -> None:
        """Keep ``value`` for ``lifetime`` microseconds.

        Raises:
            Unavailable: Redis does not answer.
        """
        try:
            await self._redis.set(_PREFIX + key, value, px=max(1, lifetime // MILLISECOND))
        except (RedisError, OSError) as error:
            raise Unavailable("Tickets cannot be made now.") from error

    async def take(self, key: str) -> bytes | None:
        """The value, which is gone from then on: Redis gives it to one taker only.

        Raises:
            Unavailable: Redis does not answer.
        """
        try:
            found = await self._redis.getdel(_PREFIX + key)
        except (RedisError, OSError) as error:
            raise Unavailable("Tickets cannot be read now.") from error
        return found.encode() if isinstance(found, str) else found

    async def close(self) -> None:
        """Give the connections back."""
        await self._redis.aclose()
