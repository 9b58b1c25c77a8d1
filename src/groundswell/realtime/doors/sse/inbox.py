"""The inbox of a named device on an event stream: told again until it is acknowledged."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from groundswell.contract.errors import GroundswellError
from groundswell.contract.times import SECOND, Clock
from groundswell.realtime.doors.device import Device
from groundswell.realtime.doors.sse.blocks import message_block, named_block
from groundswell.realtime.messages import Envelope

logger = logging.getLogger(__name__)

_LATER = 5 * SECOND
"""After so long an inbox that did not answer is asked again."""


class InboxStream:
    """What one stream tells of an inbox besides its live events and its past.

    Its blocks have no id: they are not resumed, but told again until the device says it has them.
    """

    def __init__(self, device: Device, clock: Clock) -> None:
        self.topic = device.topic
        self._device = device
        self._clock = clock
        self._told: list[str] = []
        self._next_at: int | None = None
        self._began = False
        self._failed = False

    @property
    def due_at(self) -> int | None:
        """When there is something to do here; None: not before something else happens."""
        waits = self._told and self._began and not self._failed
        return self._clock() if waits else self._next_at

    def telling(self, events: Iterable[Envelope]) -> None:
        """These are written now; the critical ones of the inbox count as sent."""
        self._told += [
            one.publication.id
            for one in events
            if one.publication.critical and one.topic == self.topic
        ]

    async def begin(self, epoch: str, *, resumes: bool) -> bytes:
        """The past is told: from here the device is told what it has not acknowledged.

        The blocks of what it missed and cannot be told in full any more.
        """
        self._began = True
        self._next_at = self._clock()
        try:
            missed = await self._device.arrive(epoch, resumes=resumes)
        except GroundswellError as error:
            self._put_off(error)
            return b""
        return b"".join(map(message_block, missed))

    async def due(self, position: int) -> bytes:
        """The blocks to write now; afterwards they count as sent."""
        try:
            await self._note()
            if self._next_at is None or self._next_at > self._clock():
                return b""
            due = await self._device.due(position)
            self._failed = False
        except GroundswellError as error:
            self._put_off(error)
            return b""
        self._told += due.ids
        self._next_at = due.next_at
        return b"".join(named_block(b"EVENT", event) for event in due.events)

    async def _note(self) -> None:
        told, self._told = self._told, []
        try:
            again = await self._device.sent(told)
        except GroundswellError:
            self._told = told + self._told
            raise
        known = [at for at in (self._next_at, again) if at is not None]
        self._next_at = min(known, default=None)

    def _put_off(self, error: GroundswellError) -> None:
        logger.warning("An inbox cannot be told: %s", error)
        self._failed = True
        self._next_at = self._clock() + _LATER
