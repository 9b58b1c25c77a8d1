"""What a subscriber missed: from the broker's history if that reaches back, else from the log.

Everything is asked by ``seq``, one position for all topics of a connection.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from groundswell.contract.errors import Invalid
from groundswell.realtime.broker.base import Broker, Degraded, Position
from groundswell.realtime.gaps import forgotten_texts, lost_epoch, lost_range
from groundswell.realtime.messages import Envelope, Gap, GapReason, Place, Publication
from groundswell.realtime.topics import is_name

MAX_EPOCH: Final = 64


@dataclass(frozen=True, slots=True)
class Replayed:
    """What the log holds of some topics after a position, in order of ``seq``.

    ``top_seq`` is how far the log was read: every event up to there is included, or was trimmed,
    or is of other topics. The events of one ``seq`` are all included or none. ``complete`` says
    that nothing was trimmed: otherwise whatever came before the first publication may be lost.
    If the reading stopped at its limit, ``top_seq`` is where to go on. ``forgotten`` are the topics
    and places of events of which the log keeps only that they were.
    """

    publications: list[Publication]
    top_seq: int
    complete: bool
    forgotten: Sequence[tuple[str, int]] = ()


class Replay(Protocol):
    """Reads the past of topics back from the event log."""

    @property
    def log_id(self) -> str:
        """Names this log: positions in another one mean nothing here."""

    def head(self) -> int:
        """The newest ``seq`` whose publications have all been handed to this process's hub."""

    async def replay(self, topics: frozenset[str], after_seq: int, limit: int) -> Replayed:
        """At most about ``limit`` publications on ``topics`` with a greater ``seq``."""


@dataclass(frozen=True, slots=True)
class LogPosition:
    """A place in a log, written ``<logId>.<seq>``."""

    log_id: str
    seq: int

    @classmethod
    def parse(cls, text: str) -> LogPosition:
        """The position in ``text``; what is none of ours names a log that does not exist."""
        log_id, _, seq = text.rpartition(".")
        if log_id and seq.isascii() and seq.isdigit() and len(seq) <= 19:
            return cls(log_id, int(seq))
        return cls("", 0)


def parse_places(text: str) -> dict[str, Place]:
    """The places of topics, written ``<topic>:<epoch>:<offset>`` and separated by commas.

    Raises:
        Invalid: at ``resume``; one is not written so.
    """
    places = dict[str, Place]()
    for part in filter(None, text.split(",")):
        topic, _, rest = part.strip().partition(":")
        epoch, _, offset = rest.rpartition(":")
        if not (is_name(topic) and epoch and len(epoch) <= MAX_EPOCH and _is_offset(offset)):
            raise Invalid.at("resume", f"{part[:80]!r} is not topic:epoch:offset")
        places[topic] = Place(epoch, int(offset))
    return places


def _is_offset(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18


@dataclass(frozen=True, slots=True)
class Hole:
    """Events from ``from_seq`` (None: from an unknown place) to ``to_seq`` that are lost."""

    reason: GapReason
    from_seq: int | None
    to_seq: int


@dataclass(frozen=True, slots=True)
class Page:
    """A stretch of the past that ends at ``position``.

    The ``hole``, which is in all its topics, lies before its events; so do the ``gaps`` of each.
    """

    envelopes: list[Envelope]
    position: int
    hole: Hole | None = None
    gaps: list[Gap] = field(default_factory=list)


class Recovery:
    """Brings a subscriber from its last position to ``target``, where its live events begin.

    At most ``limit`` events are replayed to one subscriber; a longer absence ends in a hole.
    Equal readings of the log under way at the same time are made once.
    """

    def __init__(self, broker: Broker, replay: Replay, *, limit: int = 1_000) -> None:
        self._broker = broker
        self._replay = replay
        self._limit = limit
        self._reading: dict[tuple[frozenset[str], int, int], asyncio.Task[_Reading]] = {}

    async def pages(
        self, topics: frozenset[str], last: LogPosition | None, target: int
    ) -> AsyncIterator[Page]:
        """The past after ``last`` up to ``target``; the last page's position is where live begins.

        Raises:
            GroundswellError: the log cannot be read now.
        """
        if last is None or (last.log_id == self._replay.log_id and last.seq == target):
            yield Page([], target)
        elif last.log_id != self._replay.log_id:
            yield Page([], target, Hole("epoch_changed", None, target))
        elif last.seq > target:
            yield await self._ahead(topics, last.seq, target)
        else:
            kept = await self._from_broker(topics, last.seq, target)
            if kept is not None:
                yield Page(kept, target)
                return
            async for page in self._from_log(topics, last.seq, target):
                yield page

    async def since(self, places: Mapping[str, Place], target: int) -> Page:
        """What followed the place of each topic, up to ``target``, in the log's order.

        These are the positions that other doors tell: an epoch, and an offset in it. What lies
        beyond the histories, or in another epoch, is named in a GAP of its topic.

        Raises:
            GroundswellError: the histories cannot be read now.
        """
        found, gaps = list[Envelope](), list[Gap]()
        for topic, place in places.items():
            position = await self._broker.position(topic)
            if not _is_of(place, position):
                gaps.append(lost_epoch(topic, position))
                continue
            kept, after = await self._after(topic, place.offset, position)
            if after > place.offset:
                gaps.append(lost_range(topic, position, place.offset + 1, after))
            found += [one for one in kept if one.seq <= target]
        return Page(sorted(found, key=lambda one: one.seq), target, gaps=gaps)

    async def gap_after(self, topic: str, place: Place, position: Position) -> Gap | None:
        """What cannot be told any more to a client that stands at ``place``; its ``to`` is known.

        Raises:
            GroundswellError: the history cannot be read now.
        """
        if not _is_of(place, position):
            return lost_epoch(topic, position)
        _, after = await self._after(topic, place.offset, position)
        if after > place.offset:
            return lost_range(topic, position, place.offset + 1, after)
        return None

    async def _after(
        self, topic: str, offset: int, position: Position
    ) -> tuple[list[Envelope], int]:
        """The newest events after ``offset``, and after which offset they really begin."""
        after = max(offset, position.lowest - 1, position.offset - self._limit)
        history = await self._broker.history(topic, after_offset=after, limit=self._limit)
        if not history.complete:
            first = history.envelopes[:1]
            after = (first[0].offset or 1) - 1 if first else position.offset
        return history.envelopes, after

    async def _ahead(self, topics: frozenset[str], seq: int, target: int) -> Page:
        """The client is ahead of this process: of its deliveries, or of a log that lost its end."""
        if (await self._read(topics, seq, 1)).top_seq < seq:
            return Page([], target, Hole("epoch_changed", None, target))
        return Page([], seq)

    async def _from_broker(
        self, topics: frozenset[str], after: int, target: int
    ) -> list[Envelope] | None:
        """What the histories hold, merged; None if one of them does not reach back to ``after``."""
        if not self._broker.keeps_history:
            return None
        found: list[Envelope] = []
        for topic in topics:
            try:
                history = await self._broker.history(topic, after_seq=after, limit=self._limit + 1)
            except Degraded:
                return None
            if not history.complete:
                return None
            found += [envelope for envelope in history.envelopes if envelope.seq <= target]
            if len(found) > self._limit:
                return None
        return sorted(found, key=lambda envelope: envelope.seq)

    async def _from_log(
        self, topics: frozenset[str], after: int, target: int
    ) -> AsyncIterator[Page]:
        position, left = after, self._limit
        while position < target and left > 0:
            reading = await self._read(topics, position, left)
            past = [envelope for envelope in reading.envelopes if envelope.seq <= target]
            ended = not reading.envelopes and reading.top_seq <= position
            if ended and not reading.complete:
                break
            top = target if ended else min(reading.top_seq, target)
            hole = _hole(position, past, top, complete=reading.complete)
            yield Page(past, top, hole, await self._forgotten(reading, top))
            position, left = top, left - len(past)
        if position < target:
            yield Page([], target, Hole("trimmed", position + 1, target))

    async def _forgotten(self, reading: _Reading, top: int) -> list[Gap]:
        """A GAP for each topic of which the log has forgotten events up to ``top``."""
        places: dict[str, list[int]] = {}
        for topic, seq in reading.forgotten:
            if seq <= top:
                places.setdefault(topic, []).append(seq)
        return [
            forgotten_texts(topic, await self._broker.position(topic), seqs)
            for topic, seqs in places.items()
        ]

    async def _read(self, topics: frozenset[str], after: int, limit: int) -> _Reading:
        key = (topics, after, limit)
        task = self._reading.get(key)
        if task is None:
            task = asyncio.ensure_future(_read(self._replay.replay(topics, after, limit)))
            self._reading[key] = task
            task.add_done_callback(lambda _: self._reading.pop(key))
        return await asyncio.shield(task)


def _is_of(place: Place, position: Position) -> bool:
    """Whether ``place`` is one of the stream that stands at ``position``."""
    return place.epoch == position.epoch and place.offset <= position.offset


@dataclass(frozen=True, slots=True)
class _Reading:
    envelopes: list[Envelope]
    top_seq: int
    complete: bool
    forgotten: Sequence[tuple[str, int]]


async def _read(replayed: Awaitable[Replayed]) -> _Reading:
    answer = await replayed
    envelopes = [Envelope(publication) for publication in answer.publications]
    return _Reading(envelopes, answer.top_seq, answer.complete, answer.forgotten)


def _hole(after: int, past: list[Envelope], top: int, *, complete: bool) -> Hole | None:
    if complete:
        return None
    return Hole("trimmed", after + 1, past[0].seq - 1 if past else top)
