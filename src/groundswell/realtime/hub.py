"""The subscriptions of this process, and the loop that hands an envelope to all of a topic's."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from groundswell.realtime.messages import Envelope, Gap
from groundswell.realtime.outbox import Losses
from groundswell.realtime.patterns import pattern_of
from groundswell.realtime.topics import family_of, is_pattern

logger = logging.getLogger(__name__)


class Subscriber(Protocol):
    """Takes envelopes for one connection; compared and hashed by identity."""

    def send(self, envelope: Envelope) -> None:
        """Take ``envelope``. Must return at once and must not touch the hub."""


@runtime_checkable
class TakesGaps(Protocol):
    """A subscriber that can be told of events that never reached this process."""

    def lose(self, gap: Gap) -> None:
        """Tell ``gap`` before whatever comes next. Must return at once and leave the hub alone."""


@runtime_checkable
class TakesMoves(Protocol):
    """A subscriber that keeps positions by epoch and offset."""

    def move(self, topic: str, epoch: str, offset: int) -> None:
        """All is delivered up to this place, part of it without offsets or under another epoch.

        Must return at once and leave the hub alone.
        """


class Channels(Protocol):
    """Brings topics to this process: only those that somebody here listens to."""

    def follow(self, topic: str) -> None:
        """A topic has its first listener."""

    def unfollow(self, topic: str) -> None:
        """A topic lost its last listener."""

    async def ready(self, topics: Iterable[str]) -> None:
        """Return when whatever is published to these followed topics from now on comes here.

        Raises:
            Unavailable: that cannot be said in reasonable time.
        """


@runtime_checkable
class TakesAddressed(Protocol):
    """A subscriber that knows for whom it hears. Others get nothing that is not for everybody."""

    def send_addressed(self, envelope: Envelope) -> None:
        """Take ``envelope`` if it is for them, else pass it over. Like ``send`` otherwise."""


@runtime_checkable
class TakesEnds(Protocol):
    """A subscriber that is told when there is nothing more to hear on a topic."""

    def ended(self, topic: str) -> None:
        """The event before was the last of the topic. Returns at once, leaves the hub alone."""


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


@dataclass(frozen=True, slots=True)
class Audience:
    """Present ``subscriptions`` by pattern of topic; ``delivered`` by door, and ``failed``, ever.

    What is counted as delivered was handed to a subscriber; what became of it there, the
    subscriber's own part counts.
    """

    subscriptions: Mapping[str, int]
    delivered: Mapping[str, int]
    failed: int


class Hub:
    """Who hears what in this process.

    Who subscribes to a pattern (``media.*``) hears each topic that matches it, and an event once,
    though it should hold that topic too.

    ``deliver`` is attached to a broker. ``seq`` is the newest place in the log that was delivered
    here; envelopes arrive in order of ``seq``. Where the broker brings only what is listened to,
    ``channels`` is told what that is.
    """

    def __init__(self, channels: Channels | None = None) -> None:
        self._channels = channels
        self.losses = Losses()
        self.seq = 0
        # By topic: its subscribers, each with its door.
        self._subscribers: dict[str, dict[Subscriber, str]] = {}
        self._topics: dict[Subscriber, set[str]] = {}
        self._subscriptions: Counter[str] = Counter()
        self._delivered: Counter[str] = Counter()
        self._failed = 0
        # How many listen through which door, of topics that were told since that changed.
        self._doors: dict[str, Counter[str]] = {}
        self._patterns = 0

    def subscribe(
        self, subscriber: Subscriber, topics: Iterable[str], *, door: str = "other"
    ) -> None:
        """From now on ``subscriber`` gets what is published to ``topics``.

        ``door`` says through which it hears, for the figures.
        """
        held = self._topics.setdefault(subscriber, set())
        for topic in topics:
            if topic not in held:
                held.add(topic)
                self._join(subscriber, topic, door)

    async def ready(self, topics: Iterable[str]) -> None:
        """Wait until the topics, already subscribed to, are heard here, and ``seq`` says so.

        Raises:
            Unavailable: that cannot be said in reasonable time.
        """
        if self._channels is not None:
            await self._channels.ready(topics)

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

    def is_heard(self, topic: str) -> bool:
        """Whether anybody in this process subscribes to the topic."""
        return topic in self._subscribers

    def deliver(self, envelopes: Sequence[Envelope]) -> None:
        """Hand each envelope to all subscribers of its topic."""
        for envelope in envelopes:
            self.seq = max(self.seq, envelope.seq)
            members = self._members(envelope.topic)
            if members:
                self._count(envelope.topic, members)
                if envelope.publication.audience is None:
                    self._fan_out(envelope, tuple(members))
                else:
                    self._fan_out_addressed(envelope, tuple(members))
                if envelope.publication.ends:
                    self._end(envelope.topic)

    def reached(self, seq: int) -> None:
        """Everything up to ``seq`` was delivered, whether or not anybody listened to it."""
        self.seq = max(self.seq, seq)

    def lose(self, gap: Gap) -> None:
        """Tell all subscribers of a topic that some of it never came here."""
        for member in tuple(self._subscribers.get(gap.topic, ())):
            if isinstance(member, TakesGaps):
                member.lose(gap)

    def move(self, topic: str, epoch: str, offset: int) -> None:
        """Tell all subscribers of a topic where they stand after a time without offsets."""
        for member in tuple(self._subscribers.get(topic, ())):
            if isinstance(member, TakesMoves):
                member.move(topic, epoch, offset)

    def statistics(self) -> HubStatistics:
        """How many listen, and what was delivered and lost."""
        return HubStatistics(
            connections=len(self._topics),
            subscriptions=self._subscriptions.total(),
            topics=len(self._subscribers),
            delivered=self._delivered.total(),
            dropped=self.losses.dropped,
            gaps=self.losses.gaps,
            superseded=self.losses.superseded,
        )

    def audience(self) -> Audience:
        """What is listened to, and through which doors it was told."""
        return Audience(dict(+self._subscriptions), dict(self._delivered), self._failed)

    def _members(self, topic: str) -> Mapping[Subscriber, str] | None:
        """Who hears the topic, by its name or by the pattern it matches."""
        members = self._subscribers.get(topic)
        if not self._patterns:
            return members
        wide = self._subscribers.get(family_of(topic))
        return {**wide, **members} if wide and members else wide or members

    def _end(self, topic: str) -> None:
        for member in tuple(self._subscribers.get(topic, ())):
            if isinstance(member, TakesEnds):
                member.ended(topic)

    def _fan_out(self, envelope: Envelope, members: tuple[Subscriber, ...]) -> None:
        for member in members:
            try:
                member.send(envelope)
            except Exception:
                self._remove(member)

    def _fan_out_addressed(self, envelope: Envelope, members: tuple[Subscriber, ...]) -> None:
        for member in members:
            try:
                if isinstance(member, TakesAddressed):
                    member.send_addressed(envelope)
            except Exception:
                self._remove(member)

    def _remove(self, member: Subscriber) -> None:
        logger.exception("A subscriber failed and was removed.")
        self._failed += 1
        self.leave(member)

    def _count(self, topic: str, members: Mapping[Subscriber, str]) -> None:
        """Count one event told to all members; their doors are counted once while they stay."""
        doors = self._doors.get(topic)
        if doors is None:
            doors = self._doors[topic] = Counter(members.values())
        for door, count in doors.items():
            self._delivered[door] += count

    def _join(self, subscriber: Subscriber, topic: str, door: str) -> None:
        members = self._subscribers.get(topic)
        if members is None:
            members = self._subscribers[topic] = {}
            self._patterns += is_pattern(topic)
            if self._channels is not None:
                self._channels.follow(topic)
        members[subscriber] = door
        self._subscriptions[pattern_of(topic)] += 1
        self._forget_doors(topic)

    def _forget(self, subscriber: Subscriber, topic: str) -> None:
        members = self._subscribers[topic]
        del members[subscriber]
        self._subscriptions[pattern_of(topic)] -= 1
        self._forget_doors(topic)
        if not members:
            del self._subscribers[topic]
            self._patterns -= is_pattern(topic)
            if self._channels is not None:
                self._channels.unfollow(topic)

    def _forget_doors(self, topic: str) -> None:
        if is_pattern(topic):
            self._doors.clear()
        else:
            self._doors.pop(topic, None)
