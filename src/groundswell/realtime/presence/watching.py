"""Changes of presence for those who watch: one look at all watched scopes every so often."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

import structlog

from groundswell.realtime.broker.base import Degraded
from groundswell.realtime.presence.base import Glance, MemberPage, Presence
from groundswell.realtime.presence.members import SHOWN, Member, difference
from groundswell.realtime.presence.messages import (
    PresenceDiff,
    PresenceState,
    diff_message,
    state_message,
)

EVERY_SECONDS: Final = 0.25

Tell = Callable[[PresenceDiff | PresenceState], None]
"""Takes what is to be told to one watcher; must return at once."""

_log = structlog.get_logger(__name__)


class _Watched:
    """A scope as its watchers know it; ``members`` is None where only the count is told."""

    def __init__(self) -> None:
        self.tells: dict[object, Tell] = {}
        self.glance: Glance | None = None
        self.members: list[Member] | None = None


class PresenceWatch:
    """Tells watchers what changed in their scopes, together and at most once per ``every``."""

    def __init__(self, presence: Presence, *, every_seconds: float = EVERY_SECONDS) -> None:
        self._presence = presence
        self._every_seconds = every_seconds
        self._watched: dict[str, _Watched] = {}
        self._told = 0

    def watch(self, scope: str, watcher: object, tell: Tell) -> None:
        """Tell ``watcher`` the state of the scope at the next look, and its changes after that."""
        watched = self._watched.setdefault(scope, _Watched())
        watched.tells[watcher] = tell
        # Whoever is new needs the whole; the others are told it too, which costs less than two
        # kinds of watchers: many come together or seldom.
        watched.glance = None

    def unwatch(self, scope: str, watcher: object) -> None:
        """Tell ``watcher`` no more of the scope."""
        watched = self._watched.get(scope)
        if watched is not None:
            watched.tells.pop(watcher, None)
            if not watched.tells:
                del self._watched[scope]

    async def run(self) -> None:
        """Look again and again, until cancelled; while presence is away, nothing is told."""
        while True:
            await asyncio.sleep(self._every_seconds)
            if self._watched:
                try:
                    await self.look()
                except Degraded as error:
                    _log.info("presence is away", error=str(error))
                except Exception:
                    _log.exception("watching presence failed")

    async def look(self) -> None:
        """Tell what changed since the last look.

        Raises:
            Degraded: presence cannot be told now.
        """
        scopes = list(self._watched)
        for scope, glance in (await self._presence.glance(scopes)).items():
            watched = self._watched.get(scope)
            if watched is not None and watched.glance != glance:
                await self._tell_change(scope, watched, glance)

    def statistics(self) -> Mapping[str, float]:
        """Scopes that are watched, and messages told since the start."""
        return {"watched_scopes": float(len(self._watched)), "told_total": float(self._told)}

    async def _tell_change(self, scope: str, watched: _Watched, glance: Glance) -> None:
        first = watched.glance is None
        page = MemberPage([], glance.count, None)
        if glance.count <= SHOWN:
            page = await self._presence.members(scope)
        large = page.count > SHOWN
        before, members = watched.members, None if large else page.members
        watched.glance, watched.members = glance, members
        message: PresenceDiff | PresenceState | None
        if first or (before is None) != large:
            message = state_message(scope, page)
        elif members is None or before is None:
            message = diff_message(scope, page.count, None)
        else:
            change = difference(before, members)
            message = diff_message(scope, page.count, change) if change else None
        if message is not None:
            self._tell(watched, message)

    def _tell(self, watched: _Watched, message: PresenceDiff | PresenceState) -> None:
        for tell in list(watched.tells.values()):
            tell(message)
            self._told += 1
