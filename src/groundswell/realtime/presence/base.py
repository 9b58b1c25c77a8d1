"""The seam between whoever shows presence and where it is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from groundswell.realtime.presence.members import SHOWN, Device, Member, Status


@dataclass(frozen=True, slots=True)
class MemberPage:
    """Members in order of user id; ``cursor`` asks for the next page, None after the last."""

    members: list[Member]
    count: int
    cursor: str | None


@dataclass(frozen=True, slots=True)
class Glance:
    """``version`` is another one whenever what others see of the scope has changed."""

    version: str
    count: int


class Presence(Protocol):
    """Who is present in scopes. Every call counts as a sign of life of its device.

    Raises:
        Degraded: from every call: presence cannot be told now.
    """

    async def enter(self, scope: str, device: Device, status: Status, data: bytes) -> None:
        """The device is here, or says something else; ``data`` is a JSON object."""

    async def update(self, scope: str, device: Device, status: Status, data: bytes) -> bool:
        """As ``enter``, for a device that is here; False if it is not."""

    async def heartbeat(self, scope: str, device: Device) -> bool:
        """The device is still here; False if it was already taken for gone."""

    async def leave(self, scope: str, device: Device) -> None:
        """The device is gone."""

    async def members(self, scope: str, after: str | None = None, limit: int = SHOWN) -> MemberPage:
        """Members whose user id follows ``after``."""

    async def count(self, scope: str) -> int:
        """How many members the scope has."""

    async def glance(self, scopes: Sequence[str]) -> dict[str, Glance]:
        """Whether something changed in the scopes, at little cost."""
