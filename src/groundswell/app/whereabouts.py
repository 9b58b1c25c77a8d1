"""How users show themselves to their friends, for those parts that list friends."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from groundswell.domains.network.presence import scope_of
from groundswell.realtime.broker.base import Degraded
from groundswell.realtime.presence.base import Presence


class Whereabouts:
    """Asks presence, once there is somebody to ask: slices are made before it."""

    def __init__(self) -> None:
        self._presence: Presence | None = None

    def serve(self, presence: Presence) -> None:
        """Ask there from now on."""
        self._presence = presence

    async def of(self, user_ids: Sequence[str]) -> Mapping[str, str]:
        """The status of each user who is to be seen; nobody's while presence is away."""
        try:
            found = await asyncio.gather(*map(self._status, user_ids))
        except Degraded:
            return {}
        return {user: seen for user, seen in zip(user_ids, found, strict=True) if seen is not None}

    async def _status(self, user_id: str) -> str | None:
        if self._presence is None:
            return None
        page = await self._presence.members(f"presence.{scope_of(user_id)}")
        return next((one.status for one in page.members if one.user_id == user_id), None)
