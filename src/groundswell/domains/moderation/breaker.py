"""A circuit breaker: whoever keeps failing is left alone for a while."""

from __future__ import annotations

from typing import Literal

from groundswell.contract.times import SECOND

State = Literal["closed", "open", "half_open"]


class Breaker:
    """Closed while calls succeed; open after failures in a row; then one call at a time is tried.

    Args:
        failures: how many in a row open it.
        rest: how long it stays open, microseconds.
    """

    def __init__(self, failures: int = 5, rest: int = 30 * SECOND) -> None:
        self._most = failures
        self._rest = rest
        self._failed = 0
        self._opened_at: int | None = None
        self._trying = False

    def state(self, now: int) -> State:
        """How it stands."""
        if self._opened_at is None:
            return "closed"
        return "half_open" if now >= self._opened_at + self._rest else "open"

    def admits(self, now: int) -> bool:
        """Whether a call may be made; one that may has to be reported."""
        state = self.state(now)
        if state == "half_open" and not self._trying:
            self._trying = True
            return True
        return state == "closed"

    def succeeded(self) -> None:
        """A call was answered."""
        self._failed, self._opened_at, self._trying = 0, None, False

    def failed(self, now: int) -> None:
        """A call was not."""
        self._failed += 1
        if self._trying or self._failed >= self._most:
            self._opened_at = now
        self._trying = False
