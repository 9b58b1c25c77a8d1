"""A script in Redis, called by its hash; whoever finds it missing brings it."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha1
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import NoScriptError


class Script:
    """One script. A call is the number of its keys, its keys, and its arguments."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.name = sha1(source.encode(), usedforsecurity=False).hexdigest()

    def command(self, call: Sequence[Any]) -> tuple[Any, ...]:
        """The command that makes the call."""
        return ("EVALSHA", self.name, *call)

    async def run(self, redis: Redis, calls: Sequence[Sequence[Any]]) -> list[Any]:
        """Make the calls one after the other, in one exchange."""
        answers = await self._attempt(redis, calls)
        if any(isinstance(one, NoScriptError) for one in answers):
            await redis.script_load(self.source)
            answers = await self._attempt(redis, calls)
        for one in answers:
            if isinstance(one, Exception):
                raise one
        return answers

    async def _attempt(self, redis: Redis, calls: Sequence[Sequence[Any]]) -> list[Any]:
        async with redis.pipeline(transaction=False) as together:
            for call in calls:
                together.execute_command(*self.command(call))
            return list(await together.execute(raise_on_error=False))
