"""The broker of a single process: everything in memory, gone with the process."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from secrets import token_urlsafe

from groundswell.contract.times import DAY, Clock, now
from groundswell.realtime.broker.base import History, Position, Receiver, keeps_newest_only
from groundswell.realtime.messages import Envelope, Publication


@dataclass(frozen=True, slots=True)
class MemoryBrokerStatistics:
    """``topics`` known, of which ``warm`` have a history, and what was ``published`` in total."""

    topics: int
    warm: int
    published: int


class _Stream:
    """One topic: its offsets, and the newest envelopes."""

    __slots__ = (
        "epoch",
        "floor",
        "history",
        "last_at",
        "offset",
        "size",
        "state_id",
        "state_seq",
    )

    def __init__(self, epoch: str, floor: int, size: int) -> None:
        self.epoch = epoch
        self.offset = 0
        self.floor = floor
        """Whatever has a greater ``seq`` than this is in the history."""
        self.history: deque[Envelope] = deque()
        self.size = size
        self.last_at = 0
        self.state_seq = -1
        self.state_id = ""

    def append(self, publication: Publication, at: int) -> Envelope:
        self.offset += 1
        envelope = Envelope(publication, self.offset, self.epoch)
        room = 1 if keeps_newest_only(publication) else self.size
        while len(self.history) >= room:
            self._forget_oldest()
        self.history.append(envelope)
        self.last_at = at
        if publication.state:
            self.state_seq, self.state_id = publication.seq, publication.id
        return envelope

    def has_state(self, publication: Publication) -> bool:
        """Whether this state, or a newer one, was published."""
        return publication.seq < self.state_seq or publication.id == self.state_id

    def cool(self) -> None:
        """Forget the history, not the position."""
        while self.history:
            self._forget_oldest()

    def begin_anew(self, epoch: str) -> None:
        """Count from the beginning."""
        self.cool()
        self.epoch, self.offset = epoch, 0

    def _forget_oldest(self) -> None:
        """A state may be older than events before it: the floor never goes down."""
        self.floor = max(self.floor, self.history.popleft().seq)

    @property
    def lowest(self) -> int:
        return self.offset - len(self.history) + 1


class MemoryBroker:
    """Offsets and history of every topic, in this process.

    A topic keeps its newest ``history_size`` events, a state topic the newest one. After
    ``idle`` microseconds without an event its history is forgotten; beyond ``max_topics`` the
    topic that was idle longest is forgotten altogether and would begin a new epoch. Publishing
    costs the same however many topics there are. ``after_seq`` is the place in the log from which
    on everything is published here: what came before cannot be in any history.
    """

    def __init__(
        self,
        *,
        history_size: int = 300,
        max_topics: int = 50_000,
        idle: int = DAY,
        after_seq: int | None = None,
        clock: Clock = now,
    ) -> None:
        self._history_size = history_size
        self._max_topics = max_topics
        self._idle = idle
        self._floor = after_seq
        self._cursor = after_seq or 0
        self._clock = clock
        self._life = token_urlsafe(6)
        self._evicted = 0
        self._published = 0
        self._warm: dict[str, _Stream] = {}
        self._cold: dict[str, _Stream] = {}
        self._receivers: list[Receiver] = []

    @property
    def keeps_history(self) -> bool:
        """Always: histories are in memory."""
        return True

    def attach(self, receiver: Receiver) -> None:
        """Hand every later publication to ``receiver`` too."""
        self._receivers.append(receiver)

    async def publish(self, publications: Sequence[Publication]) -> None:
        """Number, keep and hand on; without a pause, so nobody sees half of a call."""
        if not publications:
            return
        at = self._clock()
        if self._floor is None:
            self._floor = publications[0].seq - 1
        envelopes = [
            self._stream(item.topic).append(item, at) for item in publications if self._is_new(item)
        ]
        self._cursor = max(self._cursor, *(item.seq for item in publications if not item.state), 0)
        if not envelopes:
            return
        self._published += len(envelopes)
        self._expire(at)
        for receiver in self._receivers:
            receiver(envelopes)

    async def position(self, topic: str) -> Position:
        """Where the topic stands."""
        stream = self._find(topic)
        if stream is None:
            return Position(self._epoch, 0, 1)
        return Position(stream.epoch, stream.offset, stream.lowest)

    async def renew(self, topic: str, epoch: str, beyond: int) -> Position:
        """Begin a new epoch of a topic that is in ``epoch`` and does not reach ``beyond``."""
        standing = await self.position(topic)
        if standing.epoch != epoch or standing.offset >= beyond:
            return standing
        stream = self._find(topic)
        if stream is None:
            stream = self._cold[topic] = _Stream(epoch, self._floor or 0, self._history_size)
        stream.begin_anew(f"{self._life}-{token_urlsafe(6)}")
        return Position(stream.epoch, stream.offset, stream.lowest)

    async def history(
        self,
        topic: str,
        *,
        after_offset: int | None = None,
        after_seq: int | None = None,
        limit: int = 300,
    ) -> History:
        """What followed a position, oldest first; without a position, the newest ``limit``."""
        stream = self._find(topic)
        if after_seq is not None:
            return self._since_seq(stream, after_seq, limit)
        if after_offset is not None:
            return _since_offset(stream, after_offset, limit)
        if stream is None:
            return History([], complete=True)
        return History(list(stream.history)[-limit:] if limit else [], complete=True)

    def statistics(self) -> MemoryBrokerStatistics:
        """How much is held."""
        return MemoryBrokerStatistics(
            topics=len(self._warm) + len(self._cold),
            warm=len(self._warm),
            published=self._published,
        )

    @property
    def _epoch(self) -> str:
        """The epoch of a stream born now: a topic once forgotten must not seem to go on."""
        return f"{self._life}-{self._evicted}" if self._evicted else self._life

    def _is_new(self, item: Publication) -> bool:
        """Whether it was not published by an earlier call."""
        if not item.state:
            return item.seq > self._cursor
        stream = self._find(item.topic)
        return stream is None or not stream.has_state(item)

    def _find(self, topic: str) -> _Stream | None:
        return self._warm.get(topic) or self._cold.get(topic)

    def _stream(self, topic: str) -> _Stream:
        """The stream to publish to, moved to the end: the dictionaries are in order of use."""
        stream = self._warm.pop(topic, None) or self._cold.pop(topic, None)
        if stream is None:
            stream = _Stream(self._epoch, self._floor or 0, self._history_size)
        self._warm[topic] = stream
        return stream

    def _expire(self, at: int) -> None:
        while (oldest := next(iter(self._warm))) and self._warm[oldest].last_at < at - self._idle:
            self._cold[oldest] = self._warm.pop(oldest)
            self._cold[oldest].cool()
        while len(self._warm) + len(self._cold) > self._max_topics:
            self._evict(self._cold or self._warm)

    def _evict(self, streams: dict[str, _Stream]) -> None:
        stream = streams.pop(next(iter(streams)))
        stream.cool()
        self._floor = max(self._floor or 0, stream.floor)
        self._evicted += 1

    def _since_seq(self, stream: _Stream | None, after: int, limit: int) -> History:
        floor = self._floor if stream is None else stream.floor
        kept = () if stream is None else (e for e in stream.history if e.seq > after)
        complete = floor is not None and floor <= after
        return History(list(islice(kept, limit)), complete)


def _since_offset(stream: _Stream | None, after: int, limit: int) -> History:
    if stream is None:
        return History([], complete=after == 0)
    start = max(0, after - stream.lowest + 1)
    complete = stream.lowest - 1 <= after <= stream.offset
    return History(list(islice(stream.history, start, start + limit)), complete)
