"""The presence of a single process."""

from __future__ import annotations

from collections.abc import Sequence
from secrets import token_urlsafe

from groundswell.contract.times import Clock, now
from groundswell.realtime.presence.base import Glance, MemberPage
from groundswell.realtime.presence.members import (
    SHOWN,
    TTL,
    Device,
    Member,
    Sighting,
    Status,
    seen_as,
)


class _Scope:
    """The devices of one scope, and what others see of their users."""

    def __init__(self) -> None:
        self.devices: dict[str, dict[str, Sighting]] = {}
        self.seen: dict[str, Member] = {}
        self.version = 0
        self.next_end = 0

    def put(self, device: Device, sighting: Sighting, at: int) -> None:
        self.devices.setdefault(device.user_id, {})[device.client_id] = sighting
        self.next_end = min(self.next_end or sighting.until, sighting.until)
        self.look_at(device.user_id, at)

    def look_at(self, user_id: str, at: int) -> None:
        """See again how others see a user."""
        living = {
            client: one for client, one in self.devices.pop(user_id, {}).items() if one.until > at
        }
        if living:
            self.devices[user_id] = living
        before, after = self.seen.pop(user_id, None), seen_as(user_id, living, at)
        if after is not None:
            self.seen[user_id] = after
        self.version += before != after

    def sweep(self, at: int) -> None:
        """Let go of devices that were not heard from; only looks when one may be due."""
        if self.next_end > at:
            return
        for user_id in list(self.devices):
            self.look_at(user_id, at)
        ends = [one.until for devices in self.devices.values() for one in devices.values()]
        self.next_end = min(ends, default=0)


class MemoryPresence:
    """Presence kept in this process; no timer runs: whoever looks finds out who has gone."""

    def __init__(self, *, ttl: int = TTL, clock: Clock = now) -> None:
        self._ttl = ttl
        self._clock = clock
        self._life = token_urlsafe(6)
        self._scopes: dict[str, _Scope] = {}

    async def enter(self, scope: str, device: Device, status: Status, data: bytes) -> None:
        """The device is here, or says something else."""
        at = self._clock()
        self._scopes.setdefault(scope, _Scope())
        self._living(scope, at).put(device, Sighting(status, data, at, at + self._ttl), at)

    async def update(self, scope: str, device: Device, status: Status, data: bytes) -> bool:
        """As ``enter``, for a device that is here."""
        if self._sighting(scope, device) is None:
            return False
        await self.enter(scope, device, status, data)
        return True

    async def heartbeat(self, scope: str, device: Device) -> bool:
        """The device is still here; False if it was already taken for gone."""
        last, at = self._sighting(scope, device), self._clock()
        if last is None:
            return False
        sighting = Sighting(last.status, last.data, last.said_at, at + self._ttl)
        self._scopes[scope].put(device, sighting, at)
        return True

    async def leave(self, scope: str, device: Device) -> None:
        """The device is gone."""
        found = self._living(scope, self._clock())
        if found.devices.get(device.user_id, {}).pop(device.client_id, None) is not None:
            found.look_at(device.user_id, self._clock())
        self._tidy(scope)

    async def members(self, scope: str, after: str | None = None, limit: int = SHOWN) -> MemberPage:
        """Members whose user id follows ``after``."""
        seen = self._living(scope, self._clock()).seen
        users = sorted(user for user in seen if after is None or user > after)
        page = users[:limit]
        more = page[-1] if len(users) > len(page) and page else None
        return MemberPage([seen[user] for user in page], len(seen), more)

    async def count(self, scope: str) -> int:
        """How many members the scope has."""
        return len(self._living(scope, self._clock()).seen)

    async def glance(self, scopes: Sequence[str]) -> dict[str, Glance]:
        """Whether something changed in the scopes."""
        at = self._clock()
        found = {scope: self._living(scope, at) for scope in scopes}
        return {
            scope: Glance(f"{self._life}.{one.version}", len(one.seen))
            for scope, one in found.items()
        }

    def _living(self, scope: str, at: int) -> _Scope:
        found = self._scopes.get(scope) or _Scope()
        found.sweep(at)
        return found

    def _sighting(self, scope: str, device: Device) -> Sighting | None:
        devices = self._living(scope, self._clock()).devices
        return devices.get(device.user_id, {}).get(device.client_id)

    def _tidy(self, scope: str) -> None:
        """An empty scope needs no memory; its next version must not be one that was seen."""
        if scope in self._scopes and not self._scopes[scope].devices:
            del self._scopes[scope]
            self._life = token_urlsafe(6)
