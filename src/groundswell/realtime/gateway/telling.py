"""Telling topics otherwise than event by event, on one connection."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from groundswell.contract.ids import event_id
from groundswell.realtime.batching import Batcher, Pace, batch, portions
from groundswell.realtime.codes import CloseCode
from groundswell.realtime.digests import Digest
from groundswell.realtime.gateway.subscription import Stage, Subscription
from groundswell.realtime.gateway.topic_replies import Sync
from groundswell.realtime.messages import Envelope

if TYPE_CHECKING:
    from groundswell.realtime.gateway.connection import Connection


class TailoredTelling:
    """What waits to be told together, and how far topics moved past what is not told."""

    __slots__ = ("_batcher", "_connection", "_synced_at")

    def __init__(self, connection: Connection, now: int) -> None:
        self._connection = connection
        self._batcher = Batcher(event_id)
        self._synced_at = now

    @property
    def due(self) -> int | None:
        """When something is to be told."""
        return self._batcher.due

    def tell(self, subscription: Subscription, envelope: Envelope) -> None:
        """Tell an event in the way that was asked for, or pass it over."""
        made = subscription.tailoring
        tags = self._connection.shared.catching_up.tags
        if made.filter is not None and not made.filter(tags.tags(envelope)):
            self.pass_over(subscription)
        elif made.pace is not None:
            self._let_wait(subscription, envelope, made.pace)
        else:
            self._write_state(subscription, envelope)

    def pass_over(self, subscription: Subscription) -> None:
        """Tell nothing of an event; how far the topic moved is told with the heartbeat."""
        subscription.skipped = True

    def flush(self, topic: str | None = None) -> None:
        """Tell now what waits, of one topic or of all."""
        topics = None if topic is None else (topic,)
        self._write(self._batcher.flush(self._connection.shared.clock(), topics))

    def forget(self, topic: str) -> None:
        """Drop what waits of a topic."""
        self._batcher.forget(topic)

    def tick(self, now: int) -> None:
        """Tell what is due."""
        self._write(self._batcher.take(now))
        if now >= self._synced_at + self._connection.shared.pacing.heartbeat * 9 // 10:
            self._synced_at = now
            self._tell_positions()

    def _let_wait(self, subscription: Subscription, envelope: Envelope, pace: Pace) -> None:
        subscription.skipped = subscription.skipped or pace.digest or envelope.state
        self._batcher.add(envelope, pace, self._connection.shared.clock())
        self._connection.look_after()

    def _write_state(self, subscription: Subscription, envelope: Envelope) -> None:
        """Write a state, as a DELTA if the client certainly has its base."""
        base, subscription.base = subscription.base, envelope.offset or 0
        if subscription.tailoring.deltas and envelope.state:
            told = self._connection.shared.deltas.delta(envelope, base)
            if told is not None and self._connection.outlet.has_room:
                self._connection.outlet.write(told)
                return
        self._connection.hearing.write_event(subscription, envelope)

    def _write(self, waiting: Sequence[Envelope | Digest]) -> None:
        """Write what has waited, events together, if it may still be heard."""
        outlet = self._connection.outlet
        events = []
        for one in waiting:
            subscription = self._connection.subscriptions.get(one.topic)
            if subscription is None or not self._may_have(subscription, one):
                continue
            if isinstance(one, Digest):
                outlet.write(one.encode())
            else:
                subscription.base = one.offset or 0
                events.append((subscription, one))
        # A slow reader's rights are looked at again, event by event, before each is written.
        if len(events) == 1 or not outlet.has_room:
            for event in events:
                self._connection.hearing.write_event(*event)
            return
        for portion in portions([one.event for _, one in events]):
            outlet.write(batch(portion, "live"))

    def _may_have(self, subscription: Subscription, one: Envelope | Digest) -> bool:
        """Whether what waited may be told now; if not, it is back in the history."""
        connection = self._connection
        if subscription.ends is not None and connection.grant_over(subscription):
            return False
        if not subscription.private:
            return True
        if subscription.stage is Stage.LIVE and connection.hearing.may_hear(subscription):
            return True
        first = one.from_offset if isinstance(one, Digest) else one.offset
        if subscription.stage is Stage.HELD and first:
            subscription.offset = min(subscription.offset, first - 1)
        else:
            connection.close(CloseCode.POLICY_CHANGED, "rights changed")
        return False

    def _tell_positions(self) -> None:
        """Tell how far topics have moved past events that were not told."""
        held = self._connection.subscriptions
        moved = {
            one.topic: one.place for one in held.values() if one.skipped and one.stage is Stage.LIVE
        }
        if moved:
            self.flush()
            for topic in moved:
                held[topic].skipped = False
            self._connection.reply(Sync(positions=moved))
