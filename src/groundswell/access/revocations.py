"""Sessions that were ended while access tokens of theirs are still unexpired."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import structlog

from groundswell.access.refresh import RefreshTokens
from groundswell.access.tokens import ACCESS_TOKEN_SECONDS
from groundswell.contract import times
from groundswell.contract.errors import DatabaseUnavailable
from groundswell.contract.times import Clock
from groundswell.store import Statement, Store

POLL_SECONDS = 2.0
"""How often other processes' revocations are looked up: an access token dies within a minute."""

_TIDY_EVERY = times.HOUR

REVOKED_SINCE = Statement(
    "SELECT session_id, revoked_at FROM token_sessions WHERE revoked_at > :since"
)


class Revocations:
    """The revoked sessions that still matter, in memory.

    Args:
        store: where all processes note what they revoke.
        refresh_tokens: tidied once an hour.
        clock: the time.
        pause: waits for a number of seconds.
    """

    def __init__(
        self,
        store: Store,
        refresh_tokens: RefreshTokens,
        clock: Clock,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._store = store
        self._refresh_tokens = refresh_tokens
        self._clock = clock
        self._pause = pause
        self._revoked: dict[str, int] = {}
        self._tidied_at = 0

    def __contains__(self, session_id: str | None) -> bool:
        return session_id in self._revoked

    def add(self, session_id: str, now: int) -> None:
        """Take a revocation of this process into account at once."""
        self._revoked[session_id] = now

    async def load(self) -> None:
        """Read what was revoked within the life of an access token; older ones have expired."""
        since = self._clock() - ACCESS_TOKEN_SECONDS * times.SECOND
        found = await self._store.fetch(REVOKED_SINCE, since=since)
        kept = {session: at for session, at in self._revoked.items() if at > since}
        self._revoked = kept | dict(found)

    async def run(self) -> None:
        """Keep up with the other processes until cancelled."""
        while True:
            try:
                await self.load()
                await self._tidy()
            except DatabaseUnavailable:
                structlog.get_logger(__name__).warning("revoked sessions could not be read")
            await self._pause(POLL_SECONDS)

    async def _tidy(self) -> None:
        now = self._clock()
        if now >= self._tidied_at + _TIDY_EVERY:
            await self._refresh_tokens.forget_expired(now)
            self._tidied_at = now

    def statistics(self) -> Mapping[str, float]:
        """How many revoked sessions are remembered."""
        return {"revoked_sessions": float(len(self._revoked))}
