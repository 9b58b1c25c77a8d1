"""One client of an event stream: writing, heartbeats, rotation, rights, and the end of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import inf
from random import Random
from typing import Any, Final

from litestar.types import Receive, Scope, Send

from groundswell.contract.errors import GroundswellError
from groundswell.contract.times import SECOND, Clock, to_rfc3339
from groundswell.realtime.codes import Code, error_message
from groundswell.realtime.doors.sse.blocks import (
    Form,
    message_block,
    named_block,
    position_block,
    retry_block,
    waiting_blocks,
)
from groundswell.realtime.doors.sse.inbox import InboxStream
from groundswell.realtime.doors.standing import Standing, permission_lost
from groundswell.realtime.gateway.lifetime import Lifetime
from groundswell.realtime.gateway.limits import Pacing as TokenPacing
from groundswell.realtime.gateway.session_replies import TokenExpiring
from groundswell.realtime.hub import Hub
from groundswell.realtime.outbox import Outbox
from groundswell.realtime.topics import BROADCAST

BATCH_BYTES = 65_536
"""Bytes handed to the transport at once; its own buffer then pushes back."""


@dataclass(frozen=True, slots=True)
class Pacing:
    """Durations in seconds; of a pair one value is drawn for each connection or occasion.

    ``heartbeat`` after the last write; ``rotation`` ends a connection so that clients spread over
    servers; ``retry`` is what the client waits before it comes back, on draining spread over
    ``drain_window``; a client that takes nothing for ``stall`` is dropped.
    """

    heartbeat: tuple[float, float] = (15.0, 25.0)
    rotation: tuple[float, float] = (480.0, 720.0)
    retry: tuple[float, float] = (1.0, 4.0)
    drain_window: float = 10.0
    stall: float = 30.0


class Ending(StrEnum):
    """Why a connection ended."""

    LEFT = "left"
    ROTATED = "rotated"
    DRAINED = "drained"
    STALLED = "stalled"
    FAILED = "failed"
    EXPIRED = "expired"
    REVOKED = "revoked"
    FORBIDDEN = "forbidden"


_FAREWELLS: Final[dict[Ending, tuple[Code, str]]] = {
    Ending.EXPIRED: (Code.TOKEN_EXPIRED, "The token has expired."),
    Ending.REVOKED: (Code.REVOKED, "The sign-in was ended."),
    Ending.FORBIDDEN: (Code.PERMISSION_DENIED, "None of the topics may be heard any more."),
}
"""What a client is told before an end that coming back with the same token would not change."""


HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]


class Connection:
    """Tells one client what its outbox holds until one of the two ends it.

    ``position`` is the ``seq`` that the client was last told as being up to date.
    """

    def __init__(
        self,
        send: Send,
        form: Form,
        hub: Hub,
        standing: Standing,
        *,
        topics: frozenset[str],
        log_id: str,
        limits: dict[str, int],
        pacing: Pacing,
        random: Random,
        clock: Clock,
        device: InboxStream | None = None,
        abort: Any = None,
    ) -> None:
        self._send = send
        self._hub = hub
        self._clock = clock
        self._life = Lifetime(standing.credentials, clock(), TokenPacing(grace=0))
        self._log_id = log_id.encode()
        self._pacing = pacing
        self._random = random
        self._abort = abort
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.current_task()
        self._wake = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._rotate_at = self._loop.time() + random.uniform(*pacing.rotation)
        self._written_at = 0.0
        self._silence = random.uniform(*pacing.heartbeat)
        self._retry = random.uniform(*pacing.retry)
        self.form = form
        self.standing = standing
        self.topics = topics
        self.device = device
        receiver = standing.credentials.principal
        self.outbox = Outbox(self._wake.set, hub.losses, receiver=receiver, **limits)
        self.position = 0
        self._reachable = True
        self.ending: Ending | None = None

    async def open(self) -> None:
        """Start the response."""
        await self._hand({"type": "http.response.start", "status": 200, "headers": HEADERS})
        await self.write(retry_block(round(self._retry * 1000)))

    async def write(self, body: bytes) -> None:
        """Hand ``body`` to the client; a client that does not take it in time is dropped."""
        await self._hand({"type": "http.response.body", "body": body, "more_body": True})
        self._written_at = self._loop.time()

    async def follow(self) -> None:
        """Tell what arrives, as it arrives, until the connection ends."""
        while self.ending is None:
            self._wake.clear()
            await self.reconsider()
            body = self._next() or await self._due_of_inbox()
            if body:
                await self.write(body)
            elif self.ending is None:
                self._set_timer()
                await self._wake.wait()

    async def reconsider(self) -> None:
        """Before anything is told: end what the client may hear no longer.

        Raises:
            GroundswellError: whether it may cannot be said now.
        """
        if not self.standing.is_current:
            lost = await self.standing.lost()
            if lost:
                await self.let_go(lost)
        over = self.standing.ended()
        if over is not None:
            self.end(Ending.REVOKED if over is Code.REVOKED else Ending.EXPIRED)

    async def let_go(self, lost: Mapping[str, GroundswellError]) -> None:
        """Tell that topics may not be heard, and why; without any that was asked for, end."""
        self._hub.unsubscribe(self.outbox, lost)
        self.outbox.forget(lost)
        self.topics -= lost.keys()
        blocks = [message_block(permission_lost(*one)) for one in lost.items()]
        await self.write(b"".join(blocks))
        if self.topics <= {BROADCAST}:
            self.end(Ending.FORBIDDEN)

    def look_after(self) -> None:
        """Wake if something about the client's rights has changed."""
        if not self.standing.is_current or self.standing.ended() is not None:
            self._wake.set()

    async def close(self) -> None:
        """Finish the response as its ending asks."""
        if self._timer is not None:
            self._timer.cancel()
        farewell = _FAREWELLS.get(self.ending or Ending.FAILED)
        if farewell is not None:
            await self.write(named_block(b"ERROR", error_message(*farewell)))
        await self.write(retry_block(round(self._retry * 1000)))
        await self._hand({"type": "http.response.body", "body": b"", "more_body": False})

    def end(self, ending: Ending, *, retry: float | None = None) -> None:
        """Let the connection end at the next opportunity; only the first reason counts."""
        if self.ending is None:
            self.ending = ending
            self._retry = self._retry if retry is None else retry
        self._wake.set()

    def drop(self) -> None:
        """Cut the connection without waiting for the client."""
        if self._abort is not None:
            self._abort()
        elif self._task is not None and self._task is not asyncio.current_task():
            self._task.cancel()

    async def watch(self, receive: Receive) -> None:
        """Notice that the client went away."""
        while (await receive())["type"] != "http.disconnect":
            pass
        self._gone(Ending.LEFT)

    def told(self, seq: int) -> bytes:
        """The id that says that everything up to ``seq`` was told."""
        self.position = max(self.position, seq)
        return b"%b.%d" % (self._log_id, self.position)

    async def _hand(self, message: Any) -> None:
        if not self._reachable:
            return
        try:
            async with asyncio.timeout(self._pacing.stall):
                await self._send(message)
        except TimeoutError:
            self._gone(Ending.STALLED)
            self.drop()
        except OSError:
            self._gone(Ending.LEFT)

    def _gone(self, ending: Ending) -> None:
        """Nothing can be told any more."""
        self._reachable = False
        self.end(ending)

    def _next(self) -> bytes:
        """What to write now: what waits, else a heartbeat when it is due."""
        if self.ending is not None:
            return b""
        if self._life.tick(self._clock()) == "warn":
            return message_block(self._expiring())
        if self.outbox:
            return self._waiting()
        now = self._loop.time()
        if now >= self._rotate_at:
            self.end(Ending.ROTATED)
        elif now >= self._written_at + self._silence:
            self._silence = self._random.uniform(*self._pacing.heartbeat)
            return position_block(self.told(self._hub.seq))
        return b""

    def _waiting(self) -> bytes:
        waiting = self.outbox.take(BATCH_BYTES)
        if self.device is not None:
            self.device.telling(waiting.events)
        return b"".join(waiting_blocks(waiting, self.form))

    async def _due_of_inbox(self) -> bytes:
        device = self.device
        if self.ending is not None or device is None or (device.due_at or inf) > self._clock():
            return b""
        blocks = await device.due(self.position)
        await self.reconsider()
        return blocks if self.ending is None and device.topic in self.topics else b""

    def _expiring(self) -> TokenExpiring:
        ends = self.standing.credentials.expires_at or 0
        return TokenExpiring(expires_at=to_rfc3339(ends), grace_ms=0)

    def _set_timer(self) -> None:
        due = [self._written_at + self._silence, self._rotate_at]
        inbox = None if self.device is None else self.device.due_at
        for at in (self._life.due(), inbox):
            if at is not None:
                due.append(self._loop.time() + (at - self._clock()) / SECOND)
        if self._timer is not None:
            if self._timer.when() <= min(due):
                return
            self._timer.cancel()
        self._timer = self._loop.call_at(min(due), self._timer_fired)

    def _timer_fired(self) -> None:
        self._timer = None
        self._wake.set()


def abort_of(scope: Scope) -> Any:
    """What cuts the connection of ``scope`` at once, if the server offers it."""
    extensions: dict[str, Any] = scope.get("extensions") or {}
    return extensions.get("groundswell.abort", {}).get("call")
