"""What one connection hears live: event by event, if it may and if it is the next one."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from groundswell.realtime.audience import is_for
from groundswell.realtime.codes import CloseCode
from groundswell.realtime.gateway.frames import Flow
from groundswell.realtime.gateway.subscription import Follows, Stage, Subscription
from groundswell.realtime.gateway.tailoring import FOREGROUND, only, tailoring
from groundswell.realtime.gateway.telling import TailoredTelling
from groundswell.realtime.gateway.topic_replies import Sync
from groundswell.realtime.messages import Envelope, Gap

if TYPE_CHECKING:
    from groundswell.realtime.gateway.connection import Connection

logger = logging.getLogger(__name__)


class Hearing:
    """Tells the live events of a connection's topics that cannot simply be written.

    ``flow`` is the situation of the client, by which topics are told slower.
    """

    __slots__ = ("_connection", "_rights", "_telling", "flow")

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._rights = connection.shared.rights
        self._telling: TailoredTelling | None = None
        self.flow = FOREGROUND

    # What the connection passes on.

    def consider(self, subscription: Subscription, envelope: Envelope) -> None:
        """Tell a live event, if it may be told now and is the next one."""
        try:
            if subscription.stage is Stage.CATCHING_UP:
                subscription.keep(envelope, self._connection.shared.limits.buffered)
            elif subscription.stage is Stage.LIVE and self.may_hear(subscription):
                self.follow(subscription, envelope)
        except Exception:
            # Silence would mean loss: the client comes back and goes on from where it was.
            logger.exception("An event could not be told.")
            self._connection.close(CloseCode.INTERNAL, "something went wrong on the server")

    def lose(self, subscription: Subscription, gap: Gap) -> None:
        """Tell that some of a topic never came to this process."""
        if subscription.stage is Stage.LIVE and self.may_hear(subscription):
            subscription.loose = True
            self.write_gap(gap)
            return
        if subscription.lost is not None:
            gap = msgspec.structs.replace(gap, from_seq=subscription.lost.from_seq)
        subscription.lost = gap

    def move(self, subscription: Subscription, epoch: str, offset: int) -> None:
        """All of a topic was told up to there, part of it without offsets."""
        if subscription.stage is Stage.CATCHING_UP:
            subscription.overflowed = True
        elif subscription.stage is Stage.LIVE and self.may_hear(subscription):
            self.tell_waiting(subscription.topic)
            subscription.epoch, subscription.offset = epoch, offset
            subscription.loose = False
            self._connection.reply(Sync(positions={subscription.topic: subscription.place}))

    @property
    def due(self) -> int | None:
        """When something that waits is to be told."""
        return None if self._telling is None else self._telling.due

    def tick(self, now: int) -> None:
        """Tell what is due."""
        if self._telling is not None:
            self._telling.tick(now)

    def forget(self, topic: str) -> None:
        """Drop what waits of a topic."""
        if self._telling is not None:
            self._telling.forget(topic)

    def release(self) -> None:
        """The connection is over: nothing is told or asked any more, and it is let go of."""
        self._telling = None
        del self._connection

    # What is told.

    def follow(self, subscription: Subscription, envelope: Envelope) -> None:
        """Tell a live event that may be told, if it is the next one."""
        envelope = subscription.form(envelope)
        follows = subscription.follows(envelope)
        if follows is Follows.NEXT:
            self._tell(subscription, envelope)
        elif follows is Follows.UNPLACED:
            subscription.loose = True
            self._write_unplaced(subscription, envelope)
        elif follows is Follows.BEYOND:
            self._close_hole(subscription, envelope)

    def write_event(self, subscription: Subscription, envelope: Envelope) -> None:
        """Write an event, or let it wait behind what waits."""
        self._connection.outlet.write_event(envelope, subscription.kind.topic_class)

    def write_gap(self, gap: Gap) -> None:
        """Write a GAP that the broker knows of."""
        self.tell_waiting(gap.topic)
        self._connection.shared.figures.gaps[gap.reason] += 1
        self._connection.outlet.write(gap.encode())

    def tell_waiting(self, topic: str | None = None) -> None:
        """Tell now what waits to be told together, of one topic or of all."""
        if self._telling is not None:
            self._telling.flush(topic)

    # How it is told.

    def tailor(self, subscription: Subscription) -> None:
        """Tell a topic as its options, the tracked keys and the situation of the client ask."""
        keys = self._connection.tracked.get(subscription.topic)
        subscription.tailor(
            tailoring(
                subscription.options,
                self.flow,
                self._connection.session.features,
                state=subscription.kind.state,
                chosen=only(subscription.kind.key, keys, subscription.filter),
            )
        )

    def follow_flow(self, flow: Flow) -> None:
        """The client is somewhere else now, or looks away."""
        self.tell_waiting()
        back = self.flow.state == "background" and flow.state == "foreground"
        self.flow = flow
        for subscription in self._connection.subscriptions.values():
            self.tailor(subscription)
        if back and self._connection.viewing is not None:
            self._connection.viewing.look_again()

    # Whether it may be told.

    def may_hear(self, subscription: Subscription) -> bool:
        """Whether a live event may be told; if that is not clear, it stays in the history."""
        connection, version = self._connection, self._rights.version
        if subscription.ends is not None and connection.grant_over(subscription):
            return False
        if not subscription.private:
            subscription.approve(version)
            return True
        if self._rights.revoked(connection.session.credentials):
            connection.close(CloseCode.REVOKED, "the sign-in was ended")
            return False
        if connection.expired():
            self._hold(subscription)
            return False
        if subscription.checked != version:
            self._hold(subscription)
            connection.later(
                partial(connection.shared.catching_up.reconsider, connection, subscription)
            )
            return False
        return True

    def may_still_hear(self, envelope: Envelope) -> bool:
        """Whether an event that had to wait may be told now; if not, it is back in the history."""
        connection = self._connection
        subscription = connection.subscriptions.get(envelope.topic)
        if subscription is None:
            return connection.patterns is not None and connection.patterns.covers(envelope.topic)
        if subscription.ends is not None and connection.grant_over(subscription):
            return False
        if not subscription.private:
            return True
        if subscription.stage is Stage.LIVE and self.may_hear(subscription):
            return True
        if subscription.stage is Stage.HELD:
            subscription.offset = min(subscription.offset, (envelope.offset or 1) - 1)
            connection.outlet.forget(envelope.topic)
            return False
        if subscription.checked != self._rights.version or connection.expired():
            connection.close(CloseCode.POLICY_CHANGED, "rights changed")
        return not connection.closed

    def _hold(self, subscription: Subscription) -> None:
        """Leave a topic's events in the history, also those that wait to be told together."""
        subscription.stop(Stage.HELD)
        self.tell_waiting(subscription.topic)

    def _tell(self, subscription: Subscription, envelope: Envelope) -> None:
        """Write an event of a subscription and note its place."""
        subscription.offset = envelope.offset or 0
        if not is_for(envelope, subscription.receiver):
            self._tailored().pass_over(subscription)
            return
        if subscription.tailoring:
            self._tailored().tell(subscription, envelope)
        else:
            self.write_event(subscription, envelope)
        if self._connection.device is not None and subscription.private:
            self._connection.device.told(envelope)

    def _write_unplaced(self, subscription: Subscription, envelope: Envelope) -> None:
        """Write an event without an offset, after all that waits, if it was not filtered out."""
        self.tell_waiting(subscription.topic)
        if not is_for(envelope, subscription.receiver):
            return
        chosen = subscription.tailoring.filter
        if chosen is None or chosen(self._connection.shared.catching_up.tags.tags(envelope)):
            self.write_event(subscription, envelope)

    def _tailored(self) -> TailoredTelling:
        if self._telling is None:
            self._telling = TailoredTelling(self._connection, self._connection.shared.clock())
            self._connection.look_after()
        return self._telling

    def _close_hole(self, subscription: Subscription, envelope: Envelope) -> None:
        """An event came before those that precede it: read them first."""
        self.tell_waiting(subscription.topic)
        if subscription.loose or (subscription.implicit and not subscription.epoch):
            subscription.loose = False
            subscription.epoch = envelope.epoch or ""
            self._tell(subscription, envelope)
            return
        connection = self._connection
        subscription.catch_up()
        subscription.keep(envelope, connection.shared.limits.buffered)
        connection.later(partial(connection.shared.catching_up.again, connection, subscription))
