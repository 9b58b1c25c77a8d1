"""The subscriptions of this process, and the loop that hands an envelope to all of a topic's."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from groundswell.realtime.messages import Envelope
from groundswell.realtime.outbox import Losses

logger = logging.getLogger(__name__)


class Subscriber(Protocol):
    """Takes envelopes for one connection; compared and hashed by identity."""

    def send(self, envelope: Envelope) -> None:
        """Take ``envelope``. Must return at once and must not touch the hub."""


@dataclass(frozen=True, slots=True)
class HubStatistics:
    """Present ``connections``, ``subscriptions`` and ``topics``; the rest counts since the start.

    ``dropped`` events were named in ``gaps``; ``superseded`` states gave way to newer ones.
    """

    connections: int
    subscriptions: int
    topics: int
    delivered: int
    dropped: int
    gaps: int
    superseded: int


class Hub:
    """Who hears what in this process.

    ``deliver`` is attached to a broker. ``seq`` is the newest place in the log that was delivered
    here; envelopes arrive in order of ``seq``.
    """

    def __init__(self) -> None:
        self.losses = Losses()
        self.seq = 0
        self._subscribers: dict[str, dict[Subscriber, None]] = {}
        self._topics: dict[Subscriber, set[str]] = {}
        self._subscriptions = 0
        self._delivered = 0

    def subscribe(self, subscriber: Subscriber, topics: Iterable[str]) -> None:
        """From now on ``subscriber`` gets what is published to ``topics``."""
        held = self._topics.setdefault(subscriber, set())
        for topic in topics:
            if topic not in held:
                held.add(topic)
                self._subscribers.setdefault(topic, {})[subscriber] = None
                self._subscriptions += 1

    def unsubscribe(self, subscriber: Subscriber, topics: Iterable[str]) -> None:
        """End some subscriptions; those not held are ignored."""
        held = self._topics.get(subscriber, set())
        for topic in topics:
            if topic in held:
                held.discard(topic)
                self._forget(subscriber, topic)

    def leave(self, subscriber: Subscriber) -> None:
        """End every subscription of ``subscriber``."""
        for topic in self._topics.pop(subscriber, ()):
            self._forget(subscriber, topic)

    def deliver(self, envelopes: Sequence[Envelope]) -> None:
        """Hand each envelope to all subscribers of its topic."""
        for envelope in envelopes:
            self.seq = max(self.seq, envelope.seq)
            members = self._subscribers.get(envelope.topic)
            if members:
                self._fan_out(envelope, tuple(members))

    def statistics(self) -> HubStatistics:
        """How many listen, and what was delivered and lost."""
        return HubStatistics(
            connections=len(self._topics),
            subscriptions=self._subscriptions,
            topics=len(self._subscribers),
            delivered=self._delivered,
            dropped=self.losses.dropped,
            gaps=self.losses.gaps,
            superseded=self.losses.superseded,
        )

    def _fan_out(self, envelope: Envelope, members: tuple[Subscriber, ...]) -> None:
        for member in members:
            try:
                member.send(envelope)
            except Exception:
                logger.exception("A subscriber failed and was removed.")
                self.leave(member)
        self._delivered += len(members)

    def _forget(self, subscriber: Subscriber, topic: str) -> None:
        members = self._subscribers[topic]
        del members[subscriber]
        self._subscriptions -= 1
        if not members:
            del self._subscribers[topic]
