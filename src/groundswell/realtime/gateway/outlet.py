"""What is written to one link, in order, as fast as its client reads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, Protocol

from groundswell.realtime.gateway.backlog import Backlog, Losses, Overflow
from groundswell.realtime.gateway.limits import Limits
from groundswell.realtime.gateway.wheel import Wheel
from groundswell.realtime.link import Link
from groundswell.realtime.messages import Envelope
from groundswell.realtime.topics import TopicClass


class Owner(Protocol):
    """The connection an outlet belongs to."""

    @property
    def closed(self) -> bool:
        """Whether nothing may be written any more."""
        ...

    def overflow(self) -> None:
        """Something that must not be dropped found no room: the client has to come back."""
        ...

    def set_behind(self, behind: bool, /) -> None:
        """Whether something waits for the link: then it is to be looked at again."""
        ...

    def may_still_hear(self, envelope: Envelope, /) -> bool:
        """Whether an event that had to wait may be told now."""
        ...


class Gone:
    """The owner of what is written to nobody any more."""

    closed = True

    def overflow(self) -> None:
        """There is nobody to end."""

    def set_behind(self, behind: bool, /) -> None:
        """Nothing waits."""

    def may_still_hear(self, envelope: Envelope, /) -> bool:
        """Nobody hears anything."""
        return False


_GONE: Final = Gone()


class Outlet:
    """A link, and what waits for it once ``write_ahead`` bytes are pending there.

    ``backlog`` is None while nothing waits. ``spoke_at`` is when something was last written.
    """

    __slots__ = ("_limits", "_link", "_losses", "_owner", "_room", "_wheel", "backlog", "spoke_at")

    def __init__(
        self, owner: Owner, link: Link, limits: Limits, losses: Losses, wheel: Wheel, now: int
    ) -> None:
        self._owner: Owner = owner
        self._link = link
        self._limits = limits
        self._losses = losses
        self._wheel = wheel
        self._room: asyncio.Future[None] | None = None
        self.backlog: Backlog | None = None
        self.spoke_at = now

    @property
    def has_room(self) -> bool:
        """Whether what is written now leaves now."""
        return self.backlog is None and self._link.pending_bytes < self._limits.write_ahead

    def write(self, message: bytes) -> None:
        """Write a message, or let it wait behind what waits."""
        if self._owner.closed:
            return
        if self.has_room:
            self.spoke_at = self._wheel.now
            self._link.send(message)
        else:
            self._queue(lambda backlog: backlog.add_reply(message))

    def write_event(self, envelope: Envelope, topic_class: TopicClass) -> None:
        """Write an event, or let it wait behind what waits."""
        if self._owner.closed:
            return
        if self.has_room:
            self.spoke_at = self._wheel.now
            self._link.send_event(envelope)
        else:
            self._queue(lambda backlog: backlog.add_event(envelope, topic_class))

    async def room(self) -> None:
        """Wait until the client has taken what it was given."""
        while not self._owner.closed and not self.has_room:
            self._room = asyncio.get_running_loop().create_future()
            self._owner.set_behind(True)
            await self._room

    def drained(self) -> None:
        """The link took what was pending: go on with what waits."""
        self._write_waiting()
        if self._room is not None and self.has_room:
            if not self._room.done():
                self._room.set_result(None)
            self._room = None
        if self.backlog is None and self._room is None:
            self._owner.set_behind(False)

    def release(self) -> None:
        """The connection is over: write nothing, and let go of it."""
        self._owner = _GONE
        self.backlog = None
        del self._link

    def forget(self, topic: str) -> None:
        """Drop what waits of a topic."""
        if self.backlog is not None:
            self.backlog.forget(topic)

    def _queue(self, add: Callable[[Backlog], None]) -> None:
        if self.backlog is None:
            self.backlog = Backlog(
                self._losses,
                max_messages=self._limits.queue_messages,
                max_bytes=self._limits.queue_bytes,
            )
            self._owner.set_behind(True)
        try:
            add(self.backlog)
        except Overflow:
            self._owner.overflow()

    def _write_waiting(self) -> None:
        backlog, link = self.backlog, self._link
        if backlog is None:
            return
        while backlog and link.pending_bytes < self._limits.write_ahead:
            self.spoke_at = self._wheel.now
            content = next(backlog.take())
            if isinstance(content, bytes):
                link.send(content)
            elif self._owner.may_still_hear(content):
                link.send_event(content)
            if self._owner.closed:
                return
        if not backlog:
            self.backlog = None
