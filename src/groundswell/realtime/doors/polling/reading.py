"""What happened since a cursor: from the broker's histories, or from the log where they end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from operator import itemgetter

import msgspec
from msgspec import UNSET

from groundswell.access.principal import Principal
from groundswell.contract.times import Clock, to_rfc3339
from groundswell.realtime import messages
from groundswell.realtime.audience import is_for
from groundswell.realtime.broker.base import Broker, Degraded, Position
from groundswell.realtime.doors.polling.cursor import Cursor, Place
from groundswell.realtime.gaps import gap_of
from groundswell.realtime.messages import Envelope, Sign, Snapshot
from groundswell.realtime.recovery import LogPosition, Page, Recovery, Replay
from groundswell.realtime.topics import is_state

SnapshotOf = Callable[[str], bytes | None]
"""The present state of a topic as JSON, if there is one yet."""


@dataclass(frozen=True, slots=True)
class Told:
    """Messages, and the cursor of a client that got them; ``more`` of them wait already.

    ``critical`` are the ids of those that are told until they are acknowledged.
    """

    messages: list[bytes]
    cursor: Cursor
    more: bool = False
    gaps: int = 0
    critical: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Found:
    """What a reading gathers, topic by topic, for ``receiver``.

    ``sign``: how its events are signed, None: not.
    """

    receiver: Principal
    sign: Sign | None = None
    head: list[bytes] = field(default_factory=list)
    events: dict[str, list[Envelope]] = field(default_factory=lambda: defaultdict(list))
    places: dict[str, Place | None] = field(default_factory=dict)
    rejoined: dict[str, Place] = field(default_factory=dict)
    page: Page | None = None
    gaps: int = 0

    def event(self, envelope: Envelope) -> bytes:
        """An event as it is to be told."""
        return envelope.signed(self.sign).event

    def told(self, envelopes: Iterable[Envelope]) -> list[Envelope]:
        """Those of the events that are for the receiver; the place moves past the others."""
        return [one for one in envelopes if is_for(one, self.receiver)]

    def add(self, envelopes: Iterable[Envelope]) -> None:
        """Take events in; those of one topic come in its order."""
        for envelope in envelopes:
            self.events[envelope.topic].append(envelope)

    def in_order(self) -> list[tuple[int, Envelope]]:
        """All events in the log's order, as far as that keeps each topic's own.

        A state may be published after events with a greater ``seq``; it is then placed by theirs.
        """
        placed = [
            (seq, one)
            for events in self.events.values()
            for one, seq in zip(events, accumulate((e.seq for e in events), max), strict=True)
        ]
        return sorted(placed, key=itemgetter(0))


class Reader:
    """Reads on from cursors; it remembers nothing between two readings.

    A reading tells about ``most`` events and ``max_bytes`` at once. ``head`` is the newest place in
    the log whose publications are all in the broker.
    """

    def __init__(
        self,
        broker: Broker,
        replay: Replay,
        snapshot: SnapshotOf,
        head: Callable[[], int],
        clock: Clock,
        *,
        most: int = 300,
        max_bytes: int = 524_288,
    ) -> None:
        self._broker = broker
        self._replay = replay
        self._recovery = Recovery(broker, replay, limit=most)
        self._snapshot = snapshot
        self._head = head
        self._clock = clock
        self._most = most
        self._max_bytes = max_bytes

    async def begin(
        self,
        topics: Iterable[str],
        receiver: Principal,
        *,
        snapshot: bool,
        history: Mapping[str, int],
        resume: Mapping[str, messages.Place],
        sign: Sign | None = None,
    ) -> tuple[Told, dict[str, Position]]:
        """Where the topics stand, with their states and as many of their newest events.

        A topic in ``resume`` instead goes on from there, if its stream still reaches back to it.

        Raises:
            GroundswellError: it cannot be said how far back the stream of a topic reaches.
        """
        target = self._head()
        found, positions = _Found(receiver, sign), dict[str, Position]()
        for topic in sorted(topics):
            position = positions[topic] = await self._broker.position(topic)
            found.places[topic] = Place(position.epoch, position.offset)
            if is_state(topic):
                if snapshot and (data := self._snapshot(topic)) is not None:
                    found.head.append(self._snapshot_of(topic, position, data))
            elif topic in resume:
                await self._go_on(topic, resume[topic], position, found)
            else:
                await self._newest(topic, history.get(topic, 0), found)
        events = found.told(one for _, one in found.in_order())
        told = [*found.head, *map(found.event, events)]
        cursor = Cursor(LogPosition(self._replay.log_id, target), found.places)
        return Told(told, cursor, gaps=found.gaps, critical=_critical(events)), positions

    async def read(self, cursor: Cursor, receiver: Principal, sign: Sign | None = None) -> Told:
        """What followed the cursor, in the log's order; states first, gaps before all events.

        Raises:
            GroundswellError: the log cannot be read now.
        """
        target = self._head()
        found, behind = _Found(receiver, sign, places=dict(cursor.places)), list[str]()
        for topic, place in cursor.places.items():
            if is_state(topic):
                await self._newer_state(topic, place, found)
            elif not await self._kept(topic, place, found):
                behind.append(topic)
        if behind:
            await self._from_log(behind, cursor.log, target, found)
        return self._cut(found, cursor.log, target)

    async def _go_on(
        self, topic: str, place: messages.Place, position: Position, found: _Found
    ) -> None:
        """Let the first poll go on from ``place``; what it cannot tell any more is a GAP."""
        gap = await self._recovery.gap_after(topic, place, position)
        start = place.offset
        if gap is not None:
            found.head.append(gap.encode())
            found.gaps += 1
            start = position.offset if gap.to is UNSET else gap.to
        found.places[topic] = Place(position.epoch, start)

    async def _newest(self, topic: str, count: int, found: _Found) -> None:
        newest = await self._latest(topic, count) if count else []
        if newest:
            found.add(newest)
            found.places[topic] = _place_of(newest[-1])

    async def _latest(self, topic: str, count: int) -> list[Envelope]:
        """The newest events of a topic; none while its history cannot be read."""
        try:
            return (await self._broker.history(topic, limit=count)).envelopes
        except Degraded:
            return []

    async def _newer_state(self, topic: str, place: Place | None, found: _Found) -> None:
        """The newest state if the client has an older one: as an event, or in a new life whole."""
        position = await self._broker.position(topic)
        if place == (position.epoch, position.offset):
            return
        found.places[topic] = Place(position.epoch, position.offset)
        newest = await self._latest(topic, 1)
        if place is not None and place.epoch == position.epoch and found.told(newest):
            found.head.append(found.event(newest[-1]))
            found.places[topic] = _place_of(newest[-1])
        elif (data := self._snapshot(topic)) is not None:
            found.head.append(self._snapshot_of(topic, position, data))

    async def _kept(self, topic: str, place: Place | None, found: _Found) -> bool:
        """Gather what the broker kept; False if its history does not reach back to ``place``."""
        if place is None or not self._broker.keeps_history:
            return False
        position = await self._broker.position(topic)
        if position.epoch != place.epoch:
            return False
        try:
            history = await self._broker.history(
                topic, after_offset=place.offset, limit=self._most + 1
            )
        except Degraded:
            return False
        if not history.complete or any(one.epoch != place.epoch for one in history.envelopes):
            return False
        found.add(history.envelopes)
        return True

    async def _from_log(
        self, topics: list[str], last: LogPosition, target: int, found: _Found
    ) -> None:
        """Gather the first page of what the log has; the next reading goes on after it."""
        async for page in self._recovery.pages(frozenset(topics), last, target):
            found.page = page
            break
        assert found.page is not None  # noqa: S101 - there is always a first page
        if found.page.hole is not None:
            for topic in sorted(topics):
                position = await self._broker.position(topic)
                found.head.append(gap_of(topic, found.page.hole, position).encode())
            found.gaps += len(topics)
        found.head += [gap.encode() for gap in found.page.gaps]
        found.gaps += len(found.page.gaps)
        found.add(found.page.envelopes)
        for topic in topics:
            found.places[topic] = None
            if found.page.position == target:
                await self._rejoin(topic, target, found)

    async def _rejoin(self, topic: str, seq: int, found: _Found) -> None:
        """Everything up to ``seq`` was found in the log: go on in the broker's history if it can.

        The position is read before the history, so whatever comes in between is in the history.
        """
        position = await self._broker.position(topic)
        try:
            history = await self._broker.history(topic, after_seq=seq, limit=self._most + 1)
        except Degraded:
            return
        if history.complete and len(history.envelopes) <= self._most:
            found.add(history.envelopes)
            last = history.envelopes[-1:]
            found.rejoined[topic] = (
                _place_of(last[0]) if last else Place(position.epoch, position.offset)
            )

    def _cut(self, found: _Found, last: LogPosition, target: int) -> Told:
        """As much as one answer holds, and the cursor after exactly that."""
        events = found.in_order()
        count = self._fitting(events)
        told, left = [one for _, one in events[:count]], events[count:]
        top = self._reached(found, last, target)
        if left:
            top = min(top, left[0][0] - 1)
        cursor = Cursor(LogPosition(self._replay.log_id, top), _places(found, told, left))
        more = bool(left) or (found.page is not None and found.page.position < target)
        heard = found.told(told)
        said = [*found.head, *map(found.event, heard)]
        return Told(said, cursor, more, found.gaps, _critical(heard))

    def _reached(self, found: _Found, last: LogPosition, target: int) -> int:
        """Up to where in the log nothing is missing. What a client once reached stays reached."""
        if found.page is not None:
            return found.page.position
        return max(target, last.seq) if last.log_id == self._replay.log_id else target

    def _fitting(self, events: list[tuple[int, Envelope]]) -> int:
        """How many events one answer holds. Those of one ``seq`` are never parted.

        Else a client that goes on by the place in the log could be told the first ones for ever.
        """
        size = 0
        for index, (seq, event) in enumerate(events):
            full = index >= self._most or size + event.size > self._max_bytes
            if full and index and events[index - 1][0] != seq:
                return index
            size += event.size
        return len(events)

    def _snapshot_of(self, topic: str, position: Position, data: bytes) -> bytes:
        return Snapshot(
            topic=topic,
            epoch=position.epoch,
            offset=position.offset,
            timestamp=to_rfc3339(self._clock()),
            data=msgspec.Raw(data),
        ).encode()


def _critical(told: Iterable[Envelope]) -> list[str]:
    return [one.publication.id for one in told if one.publication.critical]


def _places(
    found: _Found, told: list[Envelope], left: list[tuple[int, Envelope]]
) -> dict[str, Place | None]:
    """Where each topic was told up to; after an event of the log only the log's place is known."""
    places = dict(found.places)
    for envelope in told:
        places[envelope.topic] = None if envelope.offset is None else _place_of(envelope)
    waiting = {one.topic for _, one in left}
    places.update(at for at in found.rejoined.items() if at[0] not in waiting)
    return places


def _place_of(envelope: Envelope) -> Place:
    return Place(envelope.epoch or "", envelope.offset or 0)
