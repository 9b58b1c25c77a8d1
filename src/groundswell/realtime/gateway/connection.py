"""One connected client: what it says goes to its session, what it hears is written to its link."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from functools import partial

from groundswell.realtime.codes import CloseCode, Code, UnsubscribeCode
from groundswell.realtime.credentials import Credentials
from groundswell.realtime.gateway.actions import Action, Close, Restore, Run, Send
from groundswell.realtime.gateway.commands import LASTING, carry_out, restore
from groundswell.realtime.gateway.device import InboxDevice
from groundswell.realtime.gateway.errors import Refused
from groundswell.realtime.gateway.frames import Bye, ClientFrame
from groundswell.realtime.gateway.grant_ends import GrantEnds
from groundswell.realtime.gateway.hearing import Hearing
from groundswell.realtime.gateway.jobs import Job, Jobs
from groundswell.realtime.gateway.outlet import Outlet
from groundswell.realtime.gateway.patterns import Pattern, Patterns
from groundswell.realtime.gateway.presence_commands import Appearance, Viewing
from groundswell.realtime.gateway.refusals import error_of
from groundswell.realtime.gateway.restoring import NO_FORMER, Former
from groundswell.realtime.gateway.session import Session
from groundswell.realtime.gateway.shared import Shared
from groundswell.realtime.gateway.subscription import Subscription
from groundswell.realtime.gateway.topic_replies import Unsubscribed
from groundswell.realtime.link import Link
from groundswell.realtime.messages import Envelope, Gap, Message

logger = logging.getLogger(__name__)

_REFUSING = frozenset(
    code for code in CloseCode if 4000 <= code < 4100 or code is CloseCode.UNAUTHENTICATED
)
"""With these a client is told that it may not do what it wants to do."""


class Connection:
    """A client of the gateway, and a subscriber of the hub.

    Everything a client asks for is carried out in order by a task that lives only as long as there
    is something to do. While the link takes what it is given, a live event costs one call of it.
    """

    __slots__ = (
        "_closed",
        "_due",
        "_jobs",
        "_last",
        "_left",
        "_link",
        "_rights",
        "_shared",
        "_wheel",
        "_write_ahead",
        "appearance",
        "device",
        "former",
        "grant_ends",
        "hearing",
        "id",
        "outlet",
        "patterns",
        "session",
        "session_id",
        "subscriptions",
        "tracked",
        "viewing",
    )

    def __init__(self, shared: Shared, link: Link, credentials: Credentials, id_: str) -> None:
        now = shared.clock()
        pings = link.transport == "websocket"
        self.id = id_
        self.session_id = ""
        self.session = Session(shared.rules, credentials, now, pings=pings)
        self.subscriptions: dict[str, Subscription] = {}
        self._last = self.subscriptions
        self.outlet = Outlet(self, link, shared.limits, shared.figures.losses, shared.wheel, now)
        self.tracked: dict[str, frozenset[str]] = {}
        self.device: InboxDevice | None = None
        self.appearance: Appearance | None = None
        self.viewing: Viewing | None = None
        self.patterns: Patterns | None = None
        self.grant_ends: GrantEnds | None = None
        self._shared = shared
        self._rights = shared.rights
        self._wheel = shared.wheel
        self._write_ahead = shared.limits.write_ahead
        self._link = link
        self._jobs = Jobs(self._failed)
        self.former = NO_FORMER
        self._closed = False
        self._left = False
        self.hearing = Hearing(self)
        self._due = self.session.due(now)
        shared.wheel.add(self, self._due)

    # What the door calls.

    def receive(self, message: bytes | str) -> None:
        """A message came."""
        if not self._closed:
            self._perform(self.session.receive(message, self._shared.clock()))

    def drained(self) -> None:
        """The link took what was pending: go on with what waits."""
        if not self._closed:
            self.outlet.drained()

    def gone(self) -> None:
        """The connection is over; what its client still said is carried out."""
        self._end_hearing()
        self._leave()

    # What the hub calls.

    def send(self, envelope: Envelope) -> None:
        """Tell a live event."""
        subscription = self.subscriptions.get(envelope.topic)
        if subscription is None:
            if self.patterns is not None:
                self.patterns.tell(envelope)
            return
        if (
            subscription.plain == self._rights.version
            and self.outlet.backlog is None
            and envelope.offset == subscription.offset + 1
            and envelope.epoch == subscription.epoch
            and self._link.pending_bytes < self._write_ahead
        ):
            subscription.offset += 1
            self.outlet.spoke_at = self._wheel.now
            self._link.send_event(envelope)
        else:
            self.hearing.consider(subscription, envelope)

    def send_addressed(self, envelope: Envelope) -> None:
        """Tell a live event that is not for everybody."""
        subscription = self.subscriptions.get(envelope.topic)
        if subscription is not None:
            self.hearing.consider(subscription, envelope)
        elif self.patterns is not None:
            self.patterns.tell(envelope)

    def lose(self, gap: Gap) -> None:
        """Tell that some of a topic never came to this process."""
        subscription = self.subscriptions.get(gap.topic)
        if subscription is not None:
            self.hearing.lose(subscription, gap)
        elif self.patterns is not None:
            self.patterns.lose(gap)

    def move(self, topic: str, epoch: str, offset: int) -> None:
        """All of a topic was told up to there, part of it without offsets."""
        subscription = self.subscriptions.get(topic)
        if subscription is not None:
            self.hearing.move(subscription, epoch, offset)

    def ended(self, topic: str) -> None:
        """What a topic is about is gone: once that was told, the subscription ends."""
        self.later(partial(self._end_deleted, topic))

    # What the wheel calls.

    def tick(self, now: int) -> int | None:
        """Do what is due; a turn that was noted before an earlier one is not this one's."""
        if self._closed or now < self._due:
            return None
        self.hearing.tick(now)
        for part in (self.device, self.appearance, self.patterns, self.grant_ends):
            if part is not None:
                part.tick(now)
        self._perform(self.session.tick(now, self.outlet.spoke_at))
        if self._closed:
            return None
        self._due = self._next_due()
        return self._due

    def look_after(self) -> None:
        """Something may be due sooner than was known."""
        due = self._next_due()
        if due < self._due:
            self._due = due
            self._wheel.add(self, due)

    # What its parts, and those who carry out commands, call.

    @property
    def closed(self) -> bool:
        """Whether nothing can be told any more."""
        return self._closed

    @property
    def shared(self) -> Shared:
        """What all connections have in common."""
        return self._shared

    def reply(self, reply: Message) -> None:
        """Write a message."""
        self.outlet.write(reply.encode())

    def refuse(self, refused: Refused, ref: str | None = None, topic: str | None = None) -> None:
        """Answer with an ERROR."""
        self._shared.figures.errors[refused.code.name.lower()] += 1
        self.outlet.write(error_of(refused, ref, topic).encode())

    def expired(self) -> bool:
        """Whether nothing private may be told now: the token has ended."""
        return self.session.expired(self._shared.clock())

    def held(self, topic: str) -> Subscription | None:
        """The subscription of a topic, be it that of a connection that is over."""
        return self._last.get(topic)

    def grant_over(self, subscription: Subscription) -> bool:
        """Whether the grant of a topic has ended; then its client is told so."""
        return self.grant_ends is not None and self.grant_ends.over(subscription)

    def begin(self, subscriptions: Iterable[Subscription]) -> None:
        """Hold topics: from now on their live events come here."""
        if self._closed:
            return
        topics = []
        for subscription in subscriptions:
            self.subscriptions[subscription.topic] = subscription
            topics.append(subscription.topic)
        self._shared.hub.subscribe(self, topics, door=self._link.transport)
        if self.grant_ends is not None:
            self.look_after()

    def begin_pattern(self, pattern: Pattern) -> None:
        """Hold many topics: from now on their live events come here."""
        if self._closed:
            return
        if self.patterns is None:
            self.patterns = Patterns(self)
            self.look_after()
        self.patterns.hold(pattern)
        self._shared.hub.subscribe(self, (pattern.name,), door=self._link.transport)

    def end(self, topic: str) -> None:
        """Hold a topic, or a pattern, no longer."""
        if self.patterns is not None and self.patterns.end(topic):
            self._shared.hub.unsubscribe(self, (topic,))
        if self.subscriptions.pop(topic, None) is not None:
            self._shared.hub.unsubscribe(self, (topic,))
        self.tracked.pop(topic, None)
        self.outlet.forget(topic)
        self.hearing.forget(topic)
        if self.viewing is not None:
            self.viewing.forget(topic)

    def drop(self, topic: str, code: UnsubscribeCode, reason: str, *, again: bool) -> None:
        """End a subscription and say why."""
        self.end(topic)
        self.reply(Unsubscribed(topic=topic, code=int(code), reason=reason, resubscribe=again))

    async def _end_deleted(self, topic: str) -> None:
        if topic in self.subscriptions:
            self.hearing.tell_waiting(topic)
            self.drop(topic, UnsubscribeCode.TOPIC_DELETED, "it was deleted", again=False)

    def restore(self, former: Former) -> None:
        """Begin the topics of a former session with the next SUBSCRIBE, or soon without one."""
        self.former = former
        if former.waits:
            self.session.restore_at = self._shared.clock() + self._shared.pacing.restore

    def take_restored(self) -> tuple[str, ...]:
        """The topics still to be begun; they are given once."""
        self.session.restore_at = None
        return self.former.take()

    def later(self, job: Job) -> None:
        """Do something after all that waits to be done."""
        if not self._closed:
            self._jobs.add(job)

    def close(self, code: CloseCode, reason: str) -> None:
        """End the connection; the hub is left a little later, for it may be calling.

        What its client still said is carried out, unless it is the client that is refused.
        """
        if code in _REFUSING:
            self._jobs.stop()
        if self._closed:
            return
        self._end_hearing()
        self._jobs.keep_lasting()
        self._shared.figures.closes[int(code)] += 1
        self._shared.figures.closes_by_door[self._link.transport, int(code)] += 1
        self._link.close(int(code), reason)
        asyncio.get_running_loop().call_soon(self._leave)

    def overflow(self) -> None:
        """What must not be dropped found no room."""
        self.close(CloseCode.SLOW_CONSUMER, "too much waits to be read")

    def set_behind(self, behind: bool) -> None:
        """Whether something waits for the link."""
        if behind:
            self._shared.behind.add(self)
        else:
            self._shared.behind.discard(self)

    def may_still_hear(self, envelope: Envelope) -> bool:
        """Whether an event that had to wait may be told now."""
        return self.hearing.may_still_hear(envelope)

    def _next_due(self) -> int:
        parts = (self.hearing, self.device, self.appearance, self.patterns, self.grant_ends)
        times = (one.due for one in parts if one is not None)
        soonest = self.session.due(self.outlet.spoke_at)
        return min([soonest, *(one for one in times if one is not None)])

    def _perform(self, actions: list[Action]) -> None:
        for action in actions:
            match action:
                case Send(reply=reply):
                    self.reply(reply)
                case Run(frame=frame):
                    self._accept(frame)
                case Restore():
                    self.later(partial(restore, self))
                case Close(code=code, reason=reason):
                    self.close(code, reason)

    def _accept(self, frame: ClientFrame) -> None:
        if isinstance(frame, Bye):
            self.later(self._goodbye)
        elif len(self._jobs) >= self._shared.limits.waiting_commands:
            self.refuse(Refused(Code.OVERLOADED, "Too many requests wait already."), frame.ref)
        else:
            self._jobs.add(partial(carry_out, self, frame), lasts=isinstance(frame, LASTING))

    def _failed(self, error: Exception) -> None:
        logger.error("A request failed.", exc_info=error)
        self.refuse(Refused(Code.INTERNAL, "Something went wrong on the server."))

    async def _goodbye(self) -> None:
        if self.appearance is not None:
            await self.appearance.hide_all()
        self.close(CloseCode.GOODBYE, "goodbye")

    def _end_hearing(self) -> None:
        self._closed = True
        self.subscriptions = {}
        self.patterns = None

    def _leave(self) -> None:
        if self._left:
            return
        self._left = True
        if self.viewing is not None:
            self.viewing.end()
        if self.device is not None and self.device.listens:
            self._jobs.add(self.device.left, lasts=True)
        self._shared.hub.leave(self)
        self._shared.registry.leave(self)
        self._shared.behind.discard(self)
        self.outlet.backlog = None
        self._jobs.finish(self._let_go)

    def _let_go(self) -> None:
        """Undo the circles between this object and its parts, now that nothing is left to do.

        Else its memory, and that of all it knows, would be free only when the collector comes by.
        The wheel knows this object a while longer, and need not hold the link for it.
        """
        self.outlet.release()
        self.hearing.release()
        self.device = self.appearance = self.viewing = None
        del self._link
