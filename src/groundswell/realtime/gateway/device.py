"""One device of a user and its inbox: what it still has to get, until it says that it has it."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Final

from groundswell.contract.errors import GroundswellError
from groundswell.contract.inbox import Absence, InboxPort, PendingMessage, inbox_topic
from groundswell.contract.times import MINUTE
from groundswell.realtime.absences import absence_messages
from groundswell.realtime.batching import BatchReason, batch, portions
from groundswell.realtime.gateway.tailoring import DIGEST
from groundswell.realtime.inbox_events import message_publication
from groundswell.realtime.messages import Envelope, Gap

if TYPE_CHECKING:
    from groundswell.realtime.gateway.connection import Connection

logger = logging.getLogger(__name__)

_SHORT: Final = MINUTE
"""Who listened no longer than this since it was noted is not noted again."""

_NO_ABSENCE: Final = Absence()


class InboxDevice:
    """Tells a device its critical messages again until it acknowledges them.

    When to tell them again is the inbox's to say; here it is remembered while the device is
    connected. An event of its inbox that was told live counts as sent. What was written to a device
    that knows no acknowledgements counts as acknowledged.
    """

    __slots__ = ("_again", "_client_id", "_connection", "_heard_at", "_inbox", "_told", "_user_id")

    def __init__(
        self, connection: Connection, inbox: InboxPort, user_id: str, client_id: str
    ) -> None:
        self._connection = connection
        self._inbox = inbox
        self._user_id = user_id
        self._client_id = client_id
        self._told: list[str] = []
        self._again: dict[str, int] = {}
        self._heard_at: int | None = None

    async def begin(self, *, resumes: bool = False) -> None:
        """Register the device and tell what it has not acknowledged, without what was just told.

        Before that comes what it missed and cannot be told in full any more, unless it ``resumes``:
        then what is lost was named for the place where it stood.
        """
        missed = await self._inbox.absence(self._user_id, self._client_id)
        await self._inbox.connected(self._user_id, self._client_id)
        self._heard_at = self._connection.shared.clock()
        if missed != _NO_ABSENCE and not resumes:
            await self._tell_absence(missed)
        told, self._told = set(self._told), []
        await self._note(told)
        after = 0
        while pending := await self._inbox.pending(self._user_id, self._client_id, after):
            # Some of it may have been told live while it was read.
            known = told.union(self._told)
            await self._send([one for one in pending if one.message.id not in known], "inbox")
            after = pending[-1].message.seq

    def told(self, envelope: Envelope) -> None:
        """An event of the inbox was written; one that counts as sent is not counted twice."""
        if envelope.publication.critical and envelope.publication.id not in self._again:
            if not self._told:
                self._connection.later(self._note_told)
            self._told.append(envelope.publication.id)

    @property
    def due(self) -> int | None:
        """When something is to be told again."""
        return min(self._again.values(), default=None)

    def tick(self, now: int) -> None:
        """Time passed."""
        if any(at <= now for at in self._again.values()):
            self._connection.later(self._tell_again)

    async def acknowledge(self, up_to: int | None, ids: Sequence[str]) -> None:
        """The device has these, and need not be told again."""
        await self._inbox.ack(self._user_id, self._client_id, up_to=up_to, ids=ids)
        for one in ids:
            self._again.pop(one, None)

    @property
    def listens(self) -> bool:
        """Whether it ever began to."""
        return self._heard_at is not None

    async def left(self) -> None:
        """Note until when the device listened, for when it comes back."""
        heard_at = self._connection.session.heard_at
        if self._heard_at is None or heard_at <= self._heard_at + _SHORT:
            return
        try:
            await self._inbox.left(self._user_id, self._client_id, heard_at)
        except GroundswellError as error:
            # It will be told that it missed more than it did.
            logger.warning("That a device left is not noted: %s", error)

    async def _tell_absence(self, absence: Absence) -> None:
        connection, topic = self._connection, inbox_topic(self._user_id)
        position = await connection.shared.catching_up.reader.position(topic)
        if connection.expired():
            return
        for one in absence_messages(
            absence,
            topic,
            position.epoch,
            connection.shared.clock(),
            digests=DIGEST in connection.session.features,
        ):
            if isinstance(one, Gap):
                connection.shared.figures.gaps[one.reason] += 1
            connection.reply(one)

    async def _note_told(self) -> None:
        told, self._told = self._told, []
        await self._note(told)

    async def _note(self, ids: Iterable[str]) -> None:
        if "ack" not in self._connection.session.features:
            await self._inbox.ack(self._user_id, self._client_id, ids=tuple(ids))
            return
        answer = await self._inbox.sent(self._user_id, self._client_id, tuple(ids))
        for one, at in answer.items():
            if at is None:
                self._again.pop(one, None)
            else:
                self._again[one] = at
        self._connection.look_after()

    async def _tell_again(self) -> None:
        """What is due and was not acknowledged meanwhile, in order, by the number of attempts."""
        now = self._connection.shared.clock()
        due = {one for one, at in self._again.items() if at <= now}
        for one in due:
            del self._again[one]
        pending = await self._inbox.pending(self._user_id, self._client_id)
        waiting = [one for one in pending if one.message.id in due]
        for attempts, group in groupby(waiting, key=lambda one: one.attempts):
            await self._send(list(group), "redelivery", attempts + 1)

    async def _send(
        self, pending: Sequence[PendingMessage], reason: BatchReason, attempt: int | None = None
    ) -> None:
        events = [self._form(Envelope(message_publication(one.message))).event for one in pending]
        for portion in portions(events):
            await self._connection.outlet.room()
            if self._connection.expired() or self._connection.closed:
                return
            self._write(portion, reason, attempt)
        await self._note([one.message.id for one in pending])

    def _form(self, envelope: Envelope) -> Envelope:
        """As the events of the inbox are told live."""
        held = self._connection.subscriptions.get(envelope.topic)
        return envelope if held is None else held.form(envelope)

    def _write(self, events: Sequence[bytes], reason: BatchReason, attempt: int | None) -> None:
        if "batch" in self._connection.session.features:
            self._connection.outlet.write(batch(events, reason, attempt=attempt))
            return
        for one in events:
            self._connection.outlet.write(one)
