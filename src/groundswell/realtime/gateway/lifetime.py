"""How long a token carries its connection: a warning, the end, a grace, the very end."""

from __future__ import annotations

from typing import Literal

from groundswell.realtime.credentials import Credentials
from groundswell.realtime.gateway.limits import Pacing


class Lifetime:
    """The life of a token on one connection.

    The warning comes at 80 % of its life or ``warning`` before its end, whichever is sooner.
    """

    __slots__ = ("_end", "_grace", "_warn_at")

    def __init__(self, credentials: Credentials, now: int, pacing: Pacing) -> None:
        self._end = credentials.expires_at
        self._grace = pacing.grace
        self._warn_at: int | None = None
        if self._end is not None:
            began = credentials.issued_at or now
            at = min(began + (self._end - began) * 4 // 5, self._end - pacing.warning)
            self._warn_at = max(at, now)

    def ended(self, now: int) -> bool:
        """Whether the token no longer counts."""
        return self._end is not None and now >= self._end

    def tick(self, now: int) -> Literal["warn", "over"] | None:
        """What is due: the warning, once, or the end of the connection."""
        if self._end is None:
            return None
        if now >= self._end + self._grace:
            return "over"
        if self._warn_at is not None and now >= self._warn_at:
            self._warn_at = None
            return "warn"
        return None

    def due(self) -> int | None:
        """When ``tick`` has something to say."""
        if self._end is None:
            return None
        return self._end + self._grace if self._warn_at is None else self._warn_at
