"""One connection for reads, which wait for nothing but each other.

Many reads go out together and come back in order. A pool's bookkeeping, and a client's for each
command, take longer than Redis takes to answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from redis.asyncio import ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import NoScriptError, RedisError

from groundswell.domains.leaderboards.redis.script import Script


class Line:
    """A connection that is made when it is first needed, and anew after an error.

    Args:
        url: where Redis is.
        patience: seconds to wait for it.
    """

    def __init__(self, url: str, patience: float) -> None:
        pool: Any = ConnectionPool.from_url(
            url,
            protocol=2,
            socket_connect_timeout=patience,
            retry=Retry(NoBackoff(), 0),
        )
        self._make: Callable[[], Any] = pool.make_connection
        self._patience = patience
        self._connection: Any = None
        self._turn = asyncio.Lock()

    async def run(self, script: Script, calls: Sequence[Sequence[Any]]) -> list[Any]:
        """Make the calls; their answers in order.

        Raises:
            RedisError, OSError, TimeoutError: not all could be answered.
        """
        async with self._turn:
            try:
                async with asyncio.timeout(self._patience):
                    return await self._run(script, calls)
            except BaseException:
                await self._hang_up()
                raise

    async def close(self) -> None:
        """Hang up."""
        async with self._turn:
            await self._hang_up()

    async def _run(self, script: Script, calls: Sequence[Sequence[Any]]) -> list[Any]:
        commands = [script.command(call) for call in calls]
        try:
            return await self._exchange(commands)
        except NoScriptError:
            await self._hang_up()
            await self._exchange([("SCRIPT", "LOAD", script.source)])
            return await self._exchange(commands)

    async def _exchange(self, commands: Sequence[Sequence[Any]]) -> list[Any]:
        connection = self._connection
        if connection is None:
            connection = self._connection = self._make()
            await connection.connect()
        await connection.send_packed_command(connection.pack_commands(commands), check_health=False)
        return [await connection.read_response() for _ in commands]

    async def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(RedisError, OSError, TimeoutError):
                await connection.disconnect(nowait=True)
