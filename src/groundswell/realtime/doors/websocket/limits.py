"""How much a WebSocket server takes on, and how fast."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Durations in seconds, sizes in bytes.

    Above ``connections``, or faster than ``accept_rate`` a second after a burst of
    ``accept_burst``, newcomers are asked to come later. An upgrade has ``handshake`` to succeed.
    A client that was silent for ``silence`` is pinged and has ``answer`` to answer; one that was
    told to go has ``goodbye`` to go. Writing pauses above ``high_water`` pending bytes until there
    are ``low_water``; meanwhile nothing more is read from the client either, so that answers to
    what it sends cannot pile up.
    """

    connections: int = 18_000
    accept_rate: float = 1_000.0
    accept_burst: int = 2_000
    handshake: float = 10.0
    silence: float = 30.0
    answer: float = 10.0
    goodbye: float = 5.0
    high_water: int = 65_536
    low_water: int = 16_384


class TokenBucket:
    """Lets ``rate`` a second through, after a burst of ``burst``."""

    __slots__ = ("_burst", "_clock", "_filled_at", "_rate", "_tokens")

    def __init__(
        self, rate: float, burst: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._tokens = float(burst)
        self._filled_at = clock()

    def take(self) -> bool:
        """Take one token, if there is one."""
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + (now - self._filled_at) * self._rate)
        self._filled_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
