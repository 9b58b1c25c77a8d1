"""What waits for a client that reads more slowly than it is told: bounded, in order, honest."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from groundswell.realtime.gateway.reply import or_unset
from groundswell.realtime.messages import Envelope, Gap
from groundswell.realtime.topics import TopicClass, refetch_url

OVERHEAD: Final = 64
"""Bytes counted for each waiting message beside its own."""


@dataclass(slots=True)
class Losses:
    """What backlogs dropped (named in ``gaps``) and which states gave way to newer ones."""

    dropped: int = 0
    gaps: int = 0
    superseded: int = 0


class Overflow(Exception):
    """Something that must not be dropped finds no room."""


@dataclass(slots=True)
class _Item:
    """``topic_class`` is None for an answer."""

    content: bytes | Envelope | Gap
    topic_class: TopicClass | None
    size: int

    @property
    def topic(self) -> str:
        return "" if isinstance(self.content, bytes) else self.content.topic


class Backlog:
    """The queue of one connection, in the order in which it is to be written.

    Beyond ``max_messages`` or ``max_bytes`` the oldest event of a feed is dropped, and in the place
    of the first of each topic stands a GAP that says which; of a state topic only the newest waits.
    Answers and events of critical topics are never dropped: if they alone are too much, the client
    has to come back later.
    """

    __slots__ = (
        "_bytes",
        "_feed",
        "_gaps",
        "_losses",
        "_max_bytes",
        "_max_messages",
        "_next",
        "_states",
        "_waiting",
    )

    def __init__(self, losses: Losses, *, max_messages: int, max_bytes: int) -> None:
        self._losses = losses
        self._max_messages = max_messages
        self._max_bytes = max_bytes
        self._waiting: OrderedDict[int, _Item] = OrderedDict()
        self._feed: deque[int] = deque()
        self._states: dict[str, int] = {}
        self._gaps: dict[str, Gap] = {}
        self._bytes = 0
        self._next = 0

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def size(self) -> int:
        """Bytes that wait."""
        return self._bytes

    def add_reply(self, message: bytes) -> None:
        """Let an answer wait its turn.

        Raises:
            Overflow: there is no room.
        """
        self._append(_Item(message, None, len(message) + OVERHEAD))
        self._shed()

    def add_event(self, envelope: Envelope, topic_class: TopicClass) -> None:
        """Let an event wait its turn.

        Raises:
            Overflow: there is no room.
        """
        if topic_class == "state":
            self._supersede(envelope)
        key = self._append(_Item(envelope, topic_class, envelope.size + OVERHEAD))
        if topic_class == "state":
            self._states[envelope.topic] = key
        elif topic_class == "feed":
            self._feed.append(key)
        self._shed()

    def take(self) -> Iterator[bytes | Envelope]:
        """What waits, oldest first, for as long as the caller goes on."""
        while self._waiting:
            item = self._remove(next(iter(self._waiting)))
            yield item.content.encode() if isinstance(item.content, Gap) else item.content

    def forget(self, topic: str) -> None:
        """Drop what waits of a topic that is heard no longer."""
        for key in [key for key, item in self._waiting.items() if item.topic == topic]:
            self._remove(key)

    def _append(self, item: _Item) -> int:
        key = self._next
        self._next += 1
        self._waiting[key] = item
        self._bytes += item.size
        return key

    def _remove(self, key: int) -> _Item:
        item = self._waiting.pop(key)
        self._bytes -= item.size
        if isinstance(item.content, Gap):
            del self._gaps[item.topic]
        elif item.topic_class == "state":
            self._states.pop(item.topic, None)
        return item

    def _supersede(self, envelope: Envelope) -> None:
        former = self._states.get(envelope.topic)
        if former is not None:
            self._remove(former)
            self._losses.superseded += 1

    def _shed(self) -> None:
        while self._bytes > self._max_bytes or len(self._waiting) > self._max_messages:
            if not self._feed:
                raise Overflow
            key = self._feed.popleft()
            if key in self._waiting:
                self._lose(key)

    def _lose(self, key: int) -> None:
        """Name an event in the GAP of its topic; they are lost in order, so it stays exact."""
        item = self._waiting[key]
        lost = item.content
        assert isinstance(lost, Envelope)  # noqa: S101 - the keys of feeds are those of events
        self._losses.dropped += 1
        gap = self._gaps.get(lost.topic)
        if gap is None:
            self._begin_gap(item, lost)
            return
        self._remove(key)
        gap.to = lost.offset or 0
        gap.missed = (gap.missed or 0) + 1

    def _begin_gap(self, item: _Item, lost: Envelope) -> None:
        self._losses.gaps += 1
        self._bytes += OVERHEAD - item.size
        item.content = self._gaps[lost.topic] = _gap_at(lost)
        item.topic_class = None
        item.size = OVERHEAD


def _gap_at(lost: Envelope) -> Gap:
    url = refetch_url(lost.topic)
    return Gap(
        topic=lost.topic,
        epoch=lost.epoch or "",
        from_=lost.offset or 0,
        to=lost.offset or 0,
        reason="slow_consumer",
        missed=1,
        fallback="refetch" if url else "history",
        url=or_unset(url),
    )
