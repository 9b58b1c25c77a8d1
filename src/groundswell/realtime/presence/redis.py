"""The presence of several processes, in Redis: one script does what must happen together."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from secrets import token_urlsafe
from typing import Any, Literal

import msgspec
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from groundswell.contract.times import MILLISECOND, Clock, now
from groundswell.realtime.broker.base import Degraded
from groundswell.realtime.presence.base import Glance, MemberPage
from groundswell.realtime.presence.members import SHOWN, TTL, Device, Member, Status

_Done = Literal["enter", "update", "beat", "leave", "sweep"]
_CONNECTIONS = 32
_NOBODY = Device("", "")


class RedisPresence:
    """Presence kept in one Redis; no timer runs: whoever looks finds out who has gone.

    Args:
        url: ``redis://`` or ``rediss://``.
        namespace: parts several services that share a Redis.
        ttl: after how many microseconds without a sign of life a device is gone.
        clock: the present time.
        patience: seconds after which Redis counts as away.
    """

    def __init__(
        self,
        url: str,
        *,
        namespace: str,
        ttl: int = TTL,
        clock: Clock = now,
        patience: float = 2.0,
    ) -> None:
        # Beyond so many connections calls wait for one; the client's own limit would refuse them.
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=_CONNECTIONS,
            timeout=patience,
            protocol=2,
            socket_timeout=patience,
            socket_connect_timeout=patience,
            retry=Retry(NoBackoff(), 0),
        )
        self._redis = Redis.from_pool(pool)
        self._script = self._redis.register_script(_source())
        self._namespace = namespace
        self._ttl = ttl // MILLISECOND
        self._clock = clock

    async def close(self) -> None:
        """Hang up."""
        await self._redis.aclose()

    async def enter(self, scope: str, device: Device, status: Status, data: bytes) -> None:
        """The device is here, or says something else."""
        await self._do("enter", scope, device, status, data)

    async def update(self, scope: str, device: Device, status: Status, data: bytes) -> bool:
        """As ``enter``, for a device that is here."""
        return bool((await self._do("update", scope, device, status, data))[0])

    async def heartbeat(self, scope: str, device: Device) -> bool:
        """The device is still here; False if it was already taken for gone."""
        return bool((await self._do("beat", scope, device))[0])

    async def leave(self, scope: str, device: Device) -> None:
        """The device is gone."""
        await self._do("leave", scope, device)

    async def members(self, scope: str, after: str | None = None, limit: int = SHOWN) -> MemberPage:
        """Members whose user id follows ``after``."""
        _, _, count = await self._do("sweep", scope)
        _, _, seen, names, _ = self._keys(scope)
        start = "-" if after is None else f"({after}"
        try:
            users: list[Any] = list(
                await self._redis.zrangebylex(names, start, "+", start=0, num=limit + 1)
            )
            page = users[:limit]
            views: list[Any] = list(await self._redis.hmget(seen, page)) if page else []
        except (RedisError, OSError) as error:
            raise Degraded from error
        members = [
            _member(user.decode(), view) for user, view in zip(page, views, strict=True) if view
        ]
        more = page[-1].decode() if len(users) > len(page) and page else None
        return MemberPage(members, int(count), more)

    async def count(self, scope: str) -> int:
        """How many members the scope has."""
        return int((await self._do("sweep", scope))[2])

    async def glance(self, scopes: Sequence[str]) -> dict[str, Glance]:
        """Whether something changed in the scopes, in one exchange for all of them."""
        try:
            async with self._redis.pipeline(transaction=False) as together:
                for scope in scopes:
                    await self._script(
                        keys=self._keys(scope), args=self._arguments("sweep"), client=together
                    )
                answers = await together.execute()
        except (RedisError, OSError) as error:
            raise Degraded from error
        return {
            scope: Glance(version.decode(), int(count))
            for scope, (_, version, count) in zip(scopes, answers, strict=True)
        }

    async def _do(
        self,
        done: _Done,
        scope: str,
        device: Device = _NOBODY,
        status: Status = "online",
        data: bytes = b"",
    ) -> list[Any]:
        arguments = self._arguments(done, device, status, data)
        try:
            return list(await self._script(keys=self._keys(scope), args=arguments))
        except (RedisError, OSError) as error:
            raise Degraded from error

    def _arguments(
        self, done: _Done, device: Device = _NOBODY, status: Status = "online", data: bytes = b""
    ) -> list[str | int | bytes]:
        times = [self._clock() // MILLISECOND, self._ttl, 2 * self._ttl]
        return [*times, token_urlsafe(6), done, device.user_id, device.client_id, status, data]

    def _keys(self, scope: str) -> list[str]:
        tag = f"groundswell:{{{self._namespace}:presence:{scope}}}"
        return [f"{tag}:{part}" for part in ("devices", "dues", "seen", "names", "version")]


def _member(user_id: str, view: bytes) -> Member:
    status, _, data = view.partition(b" ")
    return Member(user_id, msgspec.convert(status.decode(), Status), msgspec.Raw(data))


@cache
def _source() -> str:
    return files(__package__).joinpath("presence.lua").read_text(encoding="utf-8")
