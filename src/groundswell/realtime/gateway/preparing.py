"""Reading what a subscription is to be told of the past."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from groundswell.contract.times import Clock
from groundswell.realtime.audience import is_for
from groundswell.realtime.broker.base import Position
from groundswell.realtime.gateway.figures import Figures
from groundswell.realtime.gateway.limits import Limits
from groundswell.realtime.gateway.reading import PastReader
from groundswell.realtime.gateway.resume import Plan, plan
from groundswell.realtime.gateway.subscription import Subscription
from groundswell.realtime.gateway.tailoring import TagReader
from groundswell.realtime.messages import Envelope, Place

logger = logging.getLogger(__name__)

SnapshotOf = Callable[[str], bytes | None]
"""The present state of a topic as JSON, if there is one yet."""


@dataclass(slots=True)
class Budget:
    """How many events may still be replayed for one request."""

    left: int


@dataclass(frozen=True, slots=True)
class Claim:
    """From where a client wants to go on.

    ``resume`` is the place it names; ``attested`` one that the stream certainly had. ``recall``:
    it may be told what was before.
    """

    resume: Place | None = None
    attested: Place | None = None
    recall: bool = True


@dataclass(frozen=True, slots=True)
class State:
    """The whole state of a topic, true at ``offset``."""

    id: str
    epoch: str
    offset: int
    at: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Prepared:
    """What was read for a subscription, ready to be told.

    ``before`` is the ``seq`` that all that is lost precedes, if that is known.
    """

    stream: Position
    plan: Plan
    events: list[Envelope]
    state: State | None = None
    before: int | None = None


class Preparation:
    """Plans and reads.

    Args:
        reader: the histories.
        snapshot: the state of a topic whose history is empty.
        limits: how much is replayed.
        figures: where alarms are counted.
        head: the newest ``seq`` that was handed to the hub.
        clock: the time.
    """

    def __init__(
        self,
        reader: PastReader,
        snapshot: SnapshotOf,
        limits: Limits,
        figures: Figures,
        head: Callable[[], int],
        clock: Clock,
    ) -> None:
        self._reader = reader
        self._snapshot = snapshot
        self._limits = limits
        self._figures = figures
        self._head = head
        self._clock = clock
        self.tags = TagReader()

    async def prepare(self, subscription: Subscription, claim: Claim, budget: Budget) -> Prepared:
        """Read what a subscription is to be told.

        Raises:
            GroundswellError: it is not even known where the topic stands.
        """
        options, state = subscription.options, subscription.kind.state
        before = self._head()
        stream = await self._standing(subscription, claim)
        # Only if nothing happened meanwhile does the position belong to a place in the log.
        head = before if before == self._head() else None
        subscription.seen = Place(stream.epoch, stream.offset)
        withheld = not claim.recall and not state
        made = plan(
            claim.resume,
            stream,
            state=state,
            history=options.history,
            snapshot=options.snapshot,
            cap=stream.offset if withheld else min(self._limits.replay_topic, budget.left),
        )
        if made.ahead:
            self._alarm(subscription.topic, stream, claim.resume)
        if made.snapshot:
            return await self._with_state(subscription, stream, made)
        if withheld:
            made = made.withheld()
        budget.left -= made.upto - made.after
        return await self._with_events(subscription, stream, made, head)

    async def further(self, subscription: Subscription) -> Prepared:
        """Read on from where the subscription stands.

        Raises:
            GroundswellError: it is not even known where the topic stands.
        """
        place = subscription.place if subscription.epoch else None
        return await self.prepare(subscription, Claim(place), Budget(self._limits.replay_topic))

    async def _standing(self, subscription: Subscription, claim: Claim) -> Position:
        """Where the topic stands.

        Whoever is ahead of it heard more than this process did, or the stream lost its end. That
        begins a new epoch if it is certain, or if it concerns nobody but who says so.
        """
        topic = subscription.topic
        stream = await self._reader.position(topic)
        places = [one for one in (claim.resume, claim.attested) if one is not None]
        reached = max((one.offset for one in places if one.epoch == stream.epoch), default=0)
        if reached <= stream.offset:
            return stream
        if subscription.kind.rule != "owner":
            attested = claim.attested
            certain = attested is not None and attested.epoch == stream.epoch
            reached = attested.offset if attested is not None and certain else 0
        found = await self._reader.renew(topic, stream.epoch, reached)
        if found.epoch != stream.epoch:
            self._alarm(topic, stream, Place(stream.epoch, reached))
        return found

    async def _with_events(
        self, subscription: Subscription, stream: Position, made: Plan, head: int | None
    ) -> Prepared:
        topic, chosen = subscription.topic, subscription.tailoring.filter
        try:
            events = await self._reader.between(topic, stream.epoch, made.after, made.upto)
        except Exception:
            logger.warning("The history of a topic could not be read.", exc_info=True)
            return Prepared(stream, made.without(stream.offset).failed(), [])
        if made.upto > made.after:
            first = events[0].offset or 0 if events else made.upto + 1
            if first > made.after + 1:
                made = made.without(first - 1)
        before = events[0].seq if events else None
        if head is not None and made.after == stream.offset:
            before = head + 1
        events = [one for one in events if is_for(one, subscription.receiver)]
        if chosen is not None:
            events = [one for one in events if chosen(self.tags.tags(one))]
        return Prepared(stream, made, events, before=before)

    async def _with_state(
        self, subscription: Subscription, stream: Position, made: Plan
    ) -> Prepared:
        """The newest event of a state topic holds the state, and knows its offset.

        To a client that knows no SNAPSHOT it is told as it is.
        """
        newest = await self._reader.newest(subscription.topic)
        if newest is not None and not is_for(newest, subscription.receiver):
            newest = None
        if newest is not None and newest.offset is not None and newest.epoch is not None:
            if newest.epoch != stream.epoch:
                # The stream began anew between the two readings.
                stream = Position(newest.epoch, newest.offset, newest.offset)
                made = made.moved(newest.offset)
            if not subscription.snapshots:
                return Prepared(stream, made.starting(newest.offset - 1), [newest])
            told = newest.publication
            state = State(told.id, newest.epoch, newest.offset, told.at, told.data)
            return Prepared(stream, made, [], state)
        data = self._snapshot(subscription.topic)
        if data is None:
            return Prepared(stream, made, [])
        name = f"snap-{stream.epoch}-{stream.offset}"
        return Prepared(
            stream, made, [], State(name, stream.epoch, stream.offset, self._clock(), data)
        )

    def _alarm(self, topic: str, stream: Position, resume: Place | None) -> None:
        self._figures.alarms += 1
        logger.error(
            "A client of %s stands at %s, beyond the newest offset %d: the stream lost its end, or "
            "the client made it up.",
            topic,
            resume and resume.offset,
            stream.offset,
        )
