"""PING when nothing else was said for a while, and whether it was answered."""

from __future__ import annotations

from random import Random

from groundswell.contract.times import MILLISECOND
from groundswell.realtime.gateway.limits import Pacing
from groundswell.realtime.gateway.session_replies import Ping


class Heartbeat:
    """The pulse of one connection. Any frame of the client counts as life.

    Only a client that promised to answer (``answered``) is closed for silence: the plainest client
    knows no PING. ``speaks`` is False where the transport has a heartbeat of its own and the client
    asked for no other.
    """

    __slots__ = ("_interval", "_pacing", "_pinged_at", "_random", "answered", "heard_at", "speaks")

    def __init__(self, pacing: Pacing, random: Random, now: int, *, speaks: bool) -> None:
        self._pacing = pacing
        self._random = random
        self.heard_at = now
        self._pinged_at: int | None = None
        self._interval = self._draw()
        self.answered = False
        self.speaks = speaks

    def heard(self, now: int) -> None:
        """The client said something."""
        self.heard_at = now
        self._pinged_at = None

    def silent_too_long(self, now: int) -> bool:
        """Whether a promised answer has not come in time."""
        pinged = self._pinged_at
        return self.answered and pinged is not None and now >= pinged + self._pacing.pong

    def tick(self, now: int, spoke_at: int) -> Ping | None:
        """A PING, if it is time for one."""
        if not self._asks or now < spoke_at + self._interval:
            return None
        self._interval = self._draw()
        if self._pinged_at is None:
            self._pinged_at = now
        return Ping(t=now // MILLISECOND)

    def due(self, spoke_at: int) -> int | None:
        """When the next PING or the end of waiting for an answer is due."""
        if not self._asks:
            return None
        ping = spoke_at + self._interval
        if self.answered and self._pinged_at is not None:
            return min(ping, self._pinged_at + self._pacing.pong)
        return ping

    @property
    def _asks(self) -> bool:
        return self.speaks or self.answered

    def _draw(self) -> int:
        part = self._pacing.jitter
        return int(self._pacing.heartbeat * self._random.uniform(1 - part, 1 + part))
