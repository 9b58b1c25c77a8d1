"""Which process publishes what all of them know."""

from __future__ import annotations

import asyncio

from groundswell.realtime.broker.redis.streams import Streams


class Lease:
    """Held by one process at a time; free again ``seconds`` after its holder vanished."""

    def __init__(self, streams: Streams, seconds: float) -> None:
        self._streams = streams
        self._seconds = seconds
        self._until = 0.0

    @property
    def held(self) -> bool:
        """Whether this process has it, and will for another moment."""
        return asyncio.get_running_loop().time() < self._until

    async def take(self) -> None:
        """Take it if it is free, keep it if it is ours."""
        asked = asyncio.get_running_loop().time()
        has = await self._streams.lease(round(self._seconds * 1_000))
        # Ours for a little less than Redis counts, so that two never hold it.
        self._until = asked + self._seconds * 0.8 if has else 0.0

    async def keep(self) -> None:
        """Take it again and again, until cancelled."""
        while True:
            await asyncio.sleep(self._seconds / 4)
            await self.take()

    async def give_up(self) -> None:
        """Let another process take it at once."""
        self._until = 0.0
        await self._streams.lease(0)
