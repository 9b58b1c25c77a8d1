"""A named device at a door without a session, and what of its user's inbox it still has to get."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from groundswell.contract.inbox import InboxPort, PendingMessage, inbox_topic
from groundswell.contract.times import Clock
from groundswell.realtime.absences import absence_messages
from groundswell.realtime.inbox_events import message_publication
from groundswell.realtime.messages import Envelope, Message, Sign


@dataclass(frozen=True, slots=True)
class Due:
    """EVENTs to tell now, under which ids, and when (microseconds) there is more; None: never."""

    events: list[bytes] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    next_at: int | None = None


class Device:
    """What a device was sent and has acknowledged is the inbox's to know; here nothing is kept.

    It acknowledges over HTTP. Until then it is told its critical messages again, at the times that
    the inbox names.
    """

    def __init__(
        self,
        inbox: InboxPort,
        user_id: str,
        client_id: str,
        clock: Clock,
        sign: Sign | None = None,
    ) -> None:
        self.topic = inbox_topic(user_id)
        self._inbox = inbox
        self._user_id = user_id
        self._client_id = client_id
        self._clock = clock
        self._sign = sign

    async def arrive(self, epoch: str, *, resumes: bool) -> list[Message]:
        """The device is here: register it, and count anew how often it was sent what.

        Answers a GAP and a DIGEST of what it missed and cannot be told in full any more, unless it
        ``resumes``: then what is lost was named for its place. ``epoch`` is that of the topic now.
        """
        missed = await self._inbox.absence(self._user_id, self._client_id)
        await self._inbox.connected(self._user_id, self._client_id)
        return [] if resumes else absence_messages(missed, self.topic, epoch, self._clock())

    async def due(self, up_to: int, told: Collection[str] = ()) -> Due:
        """What to tell now: what has waited long enough, and what its stream has passed unsent.

        Args:
            up_to: the place in the log up to which the device was told everything.
            told: ids of messages that it is just being told.
        """
        now, events, ids = self._clock(), list[bytes](), list[str]()
        later = list[int]()
        for one in await self._inbox.pending(self._user_id, self._client_id):
            if one.message.id in told:
                continue
            if _is_due(one, now, up_to):
                event = Envelope(message_publication(one.message)).signed(self._sign)
                events.append(event.event)
                ids.append(one.message.id)
            elif one.redeliver_at is not None:
                later.append(one.redeliver_at)
        return Due(events, ids, min(later, default=None))

    async def sent(self, ids: Sequence[str]) -> int | None:
        """These were told; when the first of them is to be told again."""
        if not ids:
            return None
        again = await self._inbox.sent(self._user_id, self._client_id, ids)
        return min((at for at in again.values() if at is not None), default=None)


def _is_due(one: PendingMessage, now: int, up_to: int) -> bool:
    if one.attempts == 0:
        return one.message.log_seq <= up_to
    return one.redeliver_at is not None and one.redeliver_at <= now
