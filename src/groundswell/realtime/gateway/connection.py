"""One connected client: what it says goes to its session, what it hears is written to its link."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial

from groundswell.contract.ids import event_id
from groundswell.realtime.batching import Batcher, Pace, batch, portions
from groundswell.realtime.credentials import Credentials
from groundswell.realtime.digests import Digest
from groundswell.realtime.gateway.actions import Action, Close, Restore, Run, Send
from groundswell.realtime.gateway.backlog import Backlog, Overflow
from groundswell.realtime.gateway.commands import carry_out, restore
from groundswell.realtime.gateway.device import InboxDevice
from groundswell.realtime.gateway.errors import CloseCode, Code, Refused, UnsubscribeCode
from groundswell.realtime.gateway.frames import Bye, ClientFrame, Flow
from groundswell.realtime.gateway.presence_commands import Appearance
from groundswell.realtime.gateway.replies import Reply, Sync, Unsubscribed, error_of
from groundswell.realtime.gateway.session import Session
from groundswell.realtime.gateway.shared import Shared
from groundswell.realtime.gateway.subscription import Follows, Stage, Subscription
from groundswell.realtime.gateway.tailoring import FOREGROUND, tailoring
from groundswell.realtime.link import Link
from groundswell.realtime.messages import Envelope, Gap
from groundswell.realtime.presence.messages import PresenceDiff, PresenceState

logger = logging.getLogger(__name__)

Job = Callable[[], Awaitable[None]]


class Connection:
    """A client of the gateway, and a subscriber of the hub.

    Everything a client asks for is carried out in order by a task that lives only as long as there
    is something to do. While the link takes what it is given, a live event costs one call of it.
    """

    __slots__ = (
        "_backlog",
        "_batcher",
        "_closed",
        "_due",
        "_flow",
        "_granted",
        "_jobs",
        "_left",
        "_link",
        "_restored",
        "_rights",
        "_room",
        "_shared",
        "_synced_at",
        "_task",
        "_watched",
        "_wheel",
        "_write_ahead",
        "appearance",
        "device",
        "id",
        "session",
        "session_id",
        "spoke_at",
        "subscriptions",
    )

    def __init__(self, shared: Shared, link: Link, credentials: Credentials, id_: str) -> None:
        now = shared.clock()
        pings = link.transport == "websocket"
        self.id = id_
        self.session_id = ""
        self.session = Session(shared.rules, credentials, now, pings=pings)
        self.subscriptions: dict[str, Subscription] = {}
        self.spoke_at = now
        self.device: InboxDevice | None = None
        self.appearance: Appearance | None = None
        self._shared = shared
        self._rights = shared.rights
        self._wheel = shared.wheel
        self._write_ahead = shared.limits.write_ahead
        self._link = link
        self._backlog: Backlog | None = None
        self._jobs: deque[Job] = deque()
        self._task: asyncio.Task[None] | None = None
        self._room: asyncio.Future[None] | None = None
        self._restored: tuple[str, ...] = ()
        self._granted: frozenset[str] = frozenset()
        self._closed = False
        self._left = False
        self._batcher: Batcher | None = None
        self._flow = FOREGROUND
        self._synced_at = now
        self._watched: tuple[str, ...] = ()
        self._due = self.session.due(now)
        shared.wheel.add(self, self._due)

    # What the door calls.

    def receive(self, message: bytes | str) -> None:
        """A message came."""
        if not self._closed:
            self._perform(self.session.receive(message, self._shared.clock()))

    def drained(self) -> None:
        """The link took what was pending: go on with what waits."""
        if self._closed:
            return
        self._write_waiting()
        if self._room is not None and self._has_room:
            self._shared.behind.discard(self)
            if not self._room.done():
                self._room.set_result(None)
            self._room = None

    def gone(self) -> None:
        """The connection is over."""
        self._closed = True
        self.subscriptions = {}
        self._leave()

    # What the hub calls.

    def send(self, envelope: Envelope) -> None:
        """Tell a live event."""
        subscription = self.subscriptions.get(envelope.topic)
        if subscription is None:
            return
        if (
            subscription.plain == self._rights.version
            and self._backlog is None
            and envelope.offset == subscription.offset + 1
            and envelope.epoch == subscription.epoch
            and self._link.pending_bytes < self._write_ahead
        ):
            subscription.offset += 1
            self.spoke_at = self._wheel.now
            self._link.send_event(envelope)
        else:
            self.consider(subscription, envelope)

    def consider(self, subscription: Subscription, envelope: Envelope) -> None:
        """Tell a live event, if it may be told now and is the next one."""
        if subscription.stage is Stage.CATCHING_UP:
            subscription.keep(envelope, self._shared.limits.buffered)
        elif subscription.stage is Stage.LIVE and self._may_hear(subscription):
            self.follow(subscription, envelope)

    def lose(self, gap: Gap) -> None:
        """Tell that some of a topic never came to this process."""
        subscription = self.subscriptions.get(gap.topic)
        if subscription is None:
            return
        if subscription.stage is Stage.CATCHING_UP:
            subscription.lost = gap
        elif subscription.stage is Stage.LIVE and self._may_hear(subscription):
            subscription.loose = True
            self.write_gap(gap)

    def move(self, topic: str, epoch: str, offset: int) -> None:
        """All of a topic was told up to there, part of it without offsets."""
        subscription = self.subscriptions.get(topic)
        if subscription is None:
            return
        if subscription.stage is Stage.CATCHING_UP:
            subscription.overflowed = True
        elif subscription.stage is Stage.LIVE and self._may_hear(subscription):
            subscription.epoch, subscription.offset = epoch, offset
            subscription.loose = False
            self.reply(Sync(positions={topic: subscription.place}))

    # What the wheel calls.

    def tick(self, now: int) -> int | None:
        """Do what is due; a turn that was noted before an earlier one is not this one's."""
        if self._closed or now < self._due:
            return None
        if self._batcher is not None:
            self._write_batch(self._batcher.take(now))
        if self.device is not None:
            self.device.tick(now)
        if self.appearance is not None:
            self.appearance.tick(now)
        self._tell_positions(now)
        self._perform(self.session.tick(now, self.spoke_at))
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

    # What those who carry out commands call.

    @property
    def closed(self) -> bool:
        """Whether nothing can be told any more."""
        return self._closed

    @property
    def shared(self) -> Shared:
        """What all connections have in common."""
        return self._shared

    def tell(self, subscription: Subscription, envelope: Envelope) -> None:
        """Write an event of a subscription and note its place."""
        subscription.offset = envelope.offset or 0
        if subscription.tailoring:
            self._tell_tailored(subscription, envelope)
        else:
            self.write_event(subscription, envelope)
        if self.device is not None and subscription.private:
            self.device.told(envelope)

    def write_event(self, subscription: Subscription, envelope: Envelope) -> None:
        """Write an event, or let it wait behind what waits."""
        if self._closed:
            return
        if self._has_room:
            self.spoke_at = self._wheel.now
            self._link.send_event(envelope)
            return
        try:
            self._queue().add_event(envelope, subscription.kind.topic_class)
        except Overflow:
            self.close(CloseCode.SLOW_CONSUMER, "too much waits to be read")

    def follow(self, subscription: Subscription, envelope: Envelope) -> None:
        """Tell a live event that may be told, if it is the next one."""
        follows = subscription.follows(envelope)
        if follows is Follows.NEXT:
            self.tell(subscription, envelope)
        elif follows is Follows.UNPLACED:
            subscription.loose = True
            self.write_event(subscription, envelope)
        elif follows is Follows.BEYOND:
            self._close_hole(subscription, envelope)

    def tailor(self, subscription: Subscription) -> None:
        """Tell a topic as its options and the situation of the client ask."""
        subscription.tailor(
            tailoring(
                subscription.options,
                self._flow,
                self.session.features,
                state=subscription.kind.state,
                chosen=subscription.filter,
            )
        )

    def follow_flow(self, flow: Flow) -> None:
        """The client is somewhere else now, or looks away."""
        self.tell_waiting()
        self._flow = flow
        for subscription in self.subscriptions.values():
            self.tailor(subscription)

    def tell_waiting(self, topic: str | None = None) -> None:
        """Tell now what waits to be told together, of one topic or of all."""
        if self._batcher is not None:
            topics = None if topic is None else (topic,)
            self._write_batch(self._batcher.flush(self._shared.clock(), topics))

    def write_gap(self, gap: Gap) -> None:
        """Write a GAP that the broker knows of."""
        self.tell_waiting(gap.topic)
        self._shared.figures.gaps[gap.reason] += 1
        self.write(gap.encode())

    def reply(self, reply: Reply) -> None:
        """Write a message."""
        self.write(reply.encode())

    def refuse(self, refused: Refused, ref: str | None = None, topic: str | None = None) -> None:
        """Answer with an ERROR."""
        self._shared.figures.errors[refused.code.name.lower()] += 1
        self.write(error_of(refused, ref, topic).encode())

    def write(self, message: bytes) -> None:
        """Write a message, or let it wait behind what waits."""
        if self._closed:
            return
        if self._has_room:
            self.spoke_at = self._wheel.now
            self._link.send(message)
            return
        try:
            self._queue().add_reply(message)
        except Overflow:
            self.close(CloseCode.SLOW_CONSUMER, "too much waits to be read")

    async def room(self) -> None:
        """Wait until the client has taken what it was given."""
        while not self._closed and not self._has_room:
            self._room = asyncio.get_running_loop().create_future()
            self._shared.behind.add(self)
            await self._room

    def expired(self) -> bool:
        """Whether nothing private may be told now: the token has ended, or its sign-in was."""
        return self.session.expired(self._shared.clock())

    def begin(self, subscriptions: Iterable[Subscription]) -> None:
        """Hold topics: from now on their live events come here."""
        if self._closed:
            return
        topics = []
        for subscription in subscriptions:
            self.subscriptions[subscription.topic] = subscription
            topics.append(subscription.topic)
        self._shared.hub.subscribe(self, topics)

    def end(self, topic: str) -> None:
        """Hold a topic no longer."""
        if self.subscriptions.pop(topic, None) is not None:
            self._shared.hub.unsubscribe(self, (topic,))
            self.unwatch(topic)
        if self._backlog is not None:
            self._backlog.forget(topic)
        if self._batcher is not None:
            self._batcher.forget(topic)

    def restore(self, topics: Iterable[str], *, granted: bool) -> None:
        """The topics of a former session, to be begun with the next SUBSCRIBE or without one.

        ``granted``: nothing has changed since they were allowed, so nobody needs to be asked.
        """
        self._restored = tuple(topics)
        self._granted = frozenset(self._restored) if granted else frozenset()
        if self._restored:
            self.session.restore_at = self._shared.clock() + self._shared.pacing.restore

    def take_restored(self) -> tuple[str, ...]:
        """The topics still to be begun; they are given once."""
        restored, self._restored = self._restored, ()
        self.session.restore_at = None
        return restored

    def was_granted(self, topic: str) -> bool:
        """Whether the former session held the topic under the very same rights."""
        return topic in self._granted

    def drop(self, topic: str, code: UnsubscribeCode, reason: str, *, again: bool) -> None:
        """End a subscription and say why."""
        self.end(topic)
        self.reply(Unsubscribed(topic=topic, code=int(code), reason=reason, resubscribe=again))

    def watch(self, topic: str) -> None:
        """Tell who is present in the scope of a topic, and every change of it."""
        if self._shared.watch is not None and topic not in self._watched and not self._closed:
            self._watched += (topic,)
            self._shared.watch.watch(topic, self, self._tell_presence)

    def unwatch(self, topic: str) -> None:
        """Tell no more of who is present."""
        if self._shared.watch is not None and topic in self._watched:
            self._watched = tuple(one for one in self._watched if one != topic)
            self._shared.watch.unwatch(topic, self)

    def later(self, job: Job) -> None:
        """Do something after all that waits to be done."""
        if self._closed:
            return
        self._jobs.append(job)
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._work())

    def close(self, code: CloseCode, reason: str) -> None:
        """End the connection; the hub is left a little later, for it may be calling."""
        if self._closed:
            return
        self._closed = True
        self.subscriptions = {}
        self._shared.figures.closes[int(code)] += 1
        self._link.close(int(code), reason)
        asyncio.get_running_loop().call_soon(self._leave)

    @property
    def _has_room(self) -> bool:
        return self._backlog is None and self._link.pending_bytes < self._write_ahead

    def _queue(self) -> Backlog:
        if self._backlog is None:
            limits = self._shared.limits
            self._backlog = Backlog(
                self._shared.figures.losses,
                max_messages=limits.queue_messages,
                max_bytes=limits.queue_bytes,
            )
            self._shared.behind.add(self)
        return self._backlog

    def _write_waiting(self) -> None:
        backlog, link = self._backlog, self._link
        if backlog is None:
            return
        while backlog and link.pending_bytes < self._write_ahead:
            self.spoke_at = self._wheel.now
            content = next(backlog.take())
            if isinstance(content, bytes):
                link.send(content)
            elif self._may_still_hear(content, backlog):
                link.send_event(content)
            if self._closed:
                return
        if not backlog:
            self._backlog = None
            if self._room is None:
                self._shared.behind.discard(self)

    def _may_hear(self, subscription: Subscription) -> bool:
        """Whether a live event may be told; if that is not clear, it stays in the history."""
        version = self._rights.version
        if not subscription.private:
            subscription.approve(version)
            return True
        if self._rights.revoked(self.session.credentials):
            self.close(CloseCode.REVOKED, "the sign-in was ended")
            return False
        if self.expired():
            self._hold(subscription)
            return False
        if subscription.checked != version:
            self._hold(subscription)
            self.later(partial(self._shared.catching_up.reconsider, self, subscription))
            return False
        return True

    def _hold(self, subscription: Subscription) -> None:
        """Leave a topic's events in the history, also those that wait to be told together."""
        subscription.stop(Stage.HELD)
        if self._batcher is not None:
            self._write_batch(self._batcher.flush(self._shared.clock(), (subscription.topic,)))

    def _may_still_hear(self, envelope: Envelope, backlog: Backlog) -> bool:
        """Whether an event that had to wait may be told now; if not, it is back in the history."""
        subscription = self.subscriptions.get(envelope.topic)
        if subscription is None:
            return False
        if not subscription.private:
            return True
        if subscription.stage is Stage.LIVE and self._may_hear(subscription):
            return True
        if subscription.stage is Stage.HELD:
            subscription.offset = min(subscription.offset, (envelope.offset or 1) - 1)
            backlog.forget(envelope.topic)
            return False
        if subscription.checked != self._rights.version or self.expired():
            self.close(CloseCode.POLICY_CHANGED, "rights changed")
        return not self._closed

    def _tell_presence(self, message: PresenceDiff | PresenceState) -> None:
        subscription = self.subscriptions.get(message.topic)
        if (
            subscription is not None
            and subscription.stage is Stage.LIVE
            and self._flow.state == "foreground"
            and self._may_hear(subscription)
        ):
            self.write(message.encode())

    def _next_due(self) -> int:
        parts = (self._batcher, self.device, self.appearance)
        times = (one.due for one in parts if one is not None)
        soonest = self.session.due(self.spoke_at)
        return min([soonest, *(one for one in times if one is not None)])

    def _tell_tailored(self, subscription: Subscription, envelope: Envelope) -> None:
        """Tell an event in the way that was asked for, or pass it over."""
        made = subscription.tailoring
        if made.filter is not None and not made.filter(
            self._shared.catching_up.tags.tags(envelope)
        ):
            subscription.skipped = True
        elif made.pace is not None:
            self._let_wait(subscription, envelope, made.pace)
        else:
            self._write_state(subscription, envelope)

    def _let_wait(self, subscription: Subscription, envelope: Envelope, pace: Pace) -> None:
        if self._batcher is None:
            self._batcher = Batcher(event_id)
        subscription.skipped = subscription.skipped or pace.digest or envelope.state
        self._batcher.add(envelope, pace, self._shared.clock())
        self.look_after()

    def _write_state(self, subscription: Subscription, envelope: Envelope) -> None:
        """Write a state, as a DELTA if the client certainly has its base."""
        base, subscription.base = subscription.base, envelope.offset or 0
        if subscription.tailoring.deltas and envelope.state:
            told = self._shared.deltas.delta(envelope, base)
            if told is not None and self._has_room:
                self.write(told)
                return
        self.write_event(subscription, envelope)

    def _write_batch(self, waiting: Sequence[Envelope | Digest]) -> None:
        """Write what was told to wait, events together, if it may still be heard."""
        events = []
        for one in waiting:
            subscription = self.subscriptions.get(one.topic)
            if subscription is None or not self._may_have(subscription, one):
                continue
            if isinstance(one, Digest):
                self.write(one.encode())
            else:
                subscription.base = one.offset or 0
                events.append((subscription, one))
        if len(events) == 1:
            self.write_event(*events[0])
            return
        for portion in portions([one.event for _, one in events]):
            self.write(batch(portion, "live"))

    def _may_have(self, subscription: Subscription, one: Envelope | Digest) -> bool:
        """Whether what waited may be told now; if not, it is back in the history."""
        if not subscription.private:
            return True
        if subscription.stage is Stage.LIVE and self._may_hear(subscription):
            return True
        first = one.from_offset if isinstance(one, Digest) else one.offset
        if subscription.stage is Stage.HELD and first:
            subscription.offset = min(subscription.offset, first - 1)
        elif not self._closed:
            self.close(CloseCode.POLICY_CHANGED, "rights changed")
        return False

    def _tell_positions(self, now: int) -> None:
        """With the heartbeat, tell how far topics have moved past events that were not told."""
        if now < self._synced_at + self._shared.pacing.heartbeat * 9 // 10:
            return
        self._synced_at = now
        moved = {
            one.topic: one.place
            for one in self.subscriptions.values()
            if one.skipped and one.stage is Stage.LIVE
        }
        if moved:
            self.tell_waiting()
            for topic in moved:
                self.subscriptions[topic].skipped = False
            self.reply(Sync(positions=moved))

    def _close_hole(self, subscription: Subscription, envelope: Envelope) -> None:
        """An event came before those that precede it: read them first."""
        self.tell_waiting(subscription.topic)
        if subscription.loose or (subscription.implicit and not subscription.epoch):
            subscription.loose = False
            subscription.epoch = envelope.epoch or ""
            self.tell(subscription, envelope)
            return
        subscription.catch_up()
        subscription.keep(envelope, self._shared.limits.buffered)
        self.later(partial(self._shared.catching_up.again, self, subscription))

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
            self.later(partial(carry_out, self, frame))

    async def _goodbye(self) -> None:
        if self.appearance is not None:
            await self.appearance.hide_all()
        self.close(CloseCode.GOODBYE, "goodbye")

    async def _work(self) -> None:
        while self._jobs and not self._closed:
            job = self._jobs.popleft()
            try:
                await job()
            except Exception:
                logger.exception("A request failed.")
                self.refuse(Refused(Code.INTERNAL, "Something went wrong on the server."))
        self._task = None

    def _leave(self) -> None:
        if self._left:
            return
        self._left = True
        for topic in self._watched:
            self.unwatch(topic)
        self._shared.hub.leave(self)
        self._shared.registry.leave(self)
        self._shared.behind.discard(self)
        self._backlog = None
        self._jobs.clear()
        if self._task is not None:
            self._task.cancel()
