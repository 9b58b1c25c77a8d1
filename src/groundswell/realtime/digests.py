"""Digests: what happened on a topic, summed up for somebody who does not want every event."""

from __future__ import annotations

from collections import Counter, deque
from itertools import zip_longest
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from groundswell.contract.times import to_rfc3339
from groundswell.realtime.messages import Envelope, Message

TOP: Final = 10
TOP_BYTES: Final = 16_384
"""The examples of a digest together are no larger than this."""


class Window(msgspec.Struct, frozen=True, rename="camel"):
    """When the first and the last event of a digest happened."""

    from_: str = msgspec.field(name="from")
    to: str


class Digest(Message, tag="DIGEST", kw_only=True):
    """The events of a topic from one offset to another, both included, without telling each.

    ``top`` holds the data of up to ten of them. Offsets are absent for events read back from the
    log, which knows only their ``seq``.
    """

    topic: str
    id: str
    window: Window
    from_offset: int | UnsetType = UNSET
    to_offset: int | UnsetType = UNSET
    from_seq: int
    to_seq: int
    count: int
    by_type: dict[str, int]
    top: list[msgspec.Raw]
    timestamp: str


class DigestBuilder:
    """Takes the events of one topic in order; what it keeps does not grow with their number."""

    __slots__ = ("_counts", "_first", "_from", "_last", "_newest", "_to", "topic")

    def __init__(self, topic: str) -> None:
        self.topic = topic
        self._first: Envelope | None = None
        self._last: Envelope | None = None
        self._from = self._to = 0
        self._counts: Counter[str] = Counter()
        self._newest: dict[str, deque[bytes]] = {}

    def __len__(self) -> int:
        return self._counts.total()

    def add(self, envelope: Envelope) -> None:
        """Count an event in."""
        publication = envelope.publication
        if self._first is None:
            self._first, self._from, self._to = envelope, publication.at, publication.at
        self._last = envelope
        self._from = min(self._from, publication.at)
        self._to = max(self._to, publication.at)
        self._counts[publication.event_type] += 1
        kept = self._newest.setdefault(publication.event_type, deque(maxlen=TOP))
        kept.append(publication.data)

    def take(self, digest_id: str, now: int) -> Digest | None:
        """The digest of all that was added since the last one; None if nothing was."""
        first, last = self._first, self._last
        if first is None or last is None:
            return None
        digest = Digest(
            topic=self.topic,
            id=digest_id,
            window=Window(to_rfc3339(self._from), to_rfc3339(self._to)),
            from_offset=UNSET if first.offset is None else first.offset,
            to_offset=UNSET if last.offset is None else last.offset,
            from_seq=first.seq,
            to_seq=last.seq,
            count=len(self),
            by_type=dict(self._counts),
            top=self._top(),
            timestamp=to_rfc3339(now),
        )
        self._clear()
        return digest

    def _clear(self) -> None:
        self._first = self._last = None
        self._counts.clear()
        self._newest.clear()

    def _top(self) -> list[msgspec.Raw]:
        """The newest of each type, rarest type first, then the second newest, and so on.

        So ten comments do not hide the one friend who joined.
        """
        rarest = sorted(self._newest, key=lambda kind: self._counts[kind])
        rounds = zip_longest(*(reversed(self._newest[kind]) for kind in rarest))
        room, top = TOP_BYTES, list[msgspec.Raw]()
        for data in (one for turn in rounds for one in turn if one is not None):
            if len(data) <= room:
                top.append(msgspec.Raw(data))
                room -= len(data)
            if len(top) == TOP:
                break
        return top
