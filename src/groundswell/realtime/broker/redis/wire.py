"""The one connection on which a process hears: subscriptions, and messages in their order.

Nothing reconnects behind our back here: a connection that was lost is a hole in what was heard, and
whoever uses it must know.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any

from redis.asyncio import Redis

from groundswell.realtime.broker.redis.cancelling import heeded

PORTION = 500


class Wire:
    """A connection with sharded subscriptions.

    Raises:
        redis.RedisError, OSError, TimeoutError: from every call: the connection is of no more use.
    """

    def __init__(self, redis: Redis) -> None:
        pool = redis.connection_pool
        self._connection: Any = pool.connection_class(**pool.connection_kwargs)

    async def open(self) -> None:
        """Connect."""
        await heeded(self._connection.connect())

    async def close(self) -> None:
        """Hang up."""
        await self._connection.disconnect(nowait=True)

    async def subscribe(self, channels: Iterable[bytes]) -> None:
        """Ask to hear the channels; each is confirmed by a message."""
        await self._send(b"SSUBSCRIBE", channels)

    async def unsubscribe(self, channels: Iterable[bytes]) -> None:
        """Ask to hear them no longer."""
        await self._send(b"SUNSUBSCRIBE", channels)

    async def ping(self) -> None:
        """Make the other end say something."""
        await self._say(b"PING")

    async def read(self, patience: float) -> tuple[bytes, bytes, bytes]:
        """The next message: what it is, its channel, and what it says."""
        answer = await self._connection.read_response(disable_decoding=True, timeout=patience)
        if not isinstance(answer, list) or len(answer) < 3:
            return b"pong", b"", b""
        kind, channel, body = answer
        return kind, channel, body if isinstance(body, bytes) else b""

    async def _send(self, command: bytes, channels: Iterable[bytes]) -> None:
        rest = iter(channels)
        while portion := list(islice(rest, PORTION)):
            await self._say(command, *portion)

    async def _say(self, *command: bytes) -> None:
        await heeded(self._connection.send_command(*command, check_health=False))
