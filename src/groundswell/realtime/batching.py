"""When events leave for one client: at once, together with others, or summed up.

A pure queue: time comes in as microseconds of any steady clock, and nothing waits here. Whoever
owns it takes what is due, and asks when the next thing will be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import msgspec

from groundswell.contract.times import MILLISECOND, SECOND
from groundswell.realtime.digests import Digest, DigestBuilder
from groundswell.realtime.messages import Envelope

Priority = Literal["high", "normal", "low"]
Mode = Literal["stream", "state", "digest"]
BatchReason = Literal["live", "recovery", "history", "redelivery", "inbox"]

NORMAL_WAIT: Final = 50 * MILLISECOND
BACKGROUND_WAIT: Final = SECOND
DIGEST_INTERVAL: Final = 30 * SECOND
LANE_MESSAGES: Final = 500
LANE_BYTES: Final = 262_144
"""What one topic may let wait; beyond it everything of the topic is due."""

_json = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class Pace:
    """How long the events of a subscription may wait, and whether they become a digest.

    ``shares`` says that they also leave earlier when something else does: the radio is awake then.
    """

    wait: int
    digest: bool = False
    shares: bool = True


def pace(
    priority: Priority,
    *,
    mode: Mode = "stream",
    digest_interval: int = DIGEST_INTERVAL,
    background: bool = False,
) -> Pace:
    """The pace of a subscription; in the background normal slows down and low becomes a digest."""
    if mode == "digest":
        return Pace(digest_interval, digest=True, shares=False)
    if priority == "high":
        return Pace(0)
    if priority == "normal":
        return Pace(BACKGROUND_WAIT if background else NORMAL_WAIT)
    return Pace(digest_interval, digest=background and mode == "stream", shares=False)


class _Lane:
    """What waits on one topic, in order."""

    __slots__ = ("digest", "due", "shares", "size", "waiting")

    def __init__(self, topic: str, due: int) -> None:
        self.due = due
        self.shares = False
        self.waiting: list[Envelope] = []
        self.digest = DigestBuilder(topic)
        self.size = 0

    def supersede(self, state: Envelope) -> int:
        """Drop what ``state`` replaces; how many that was."""
        kind = state.publication.event_type
        kept = [
            one for one in self.waiting if not (one.state and one.publication.event_type == kind)
        ]
        dropped = len(self.waiting) - len(kept)
        if dropped:
            self.waiting = kept
            self.size = sum(one.size for one in kept)
        return dropped


class Batcher:
    """What waits for one client, topic by topic.

    Events of one topic always leave in their order, also when the pace of its subscription
    changes while some wait. A state waits only until a newer one of its kind comes, counted in
    ``superseded``. ``new_id`` names digests.
    """

    __slots__ = ("_lanes", "_new_id", "superseded")

    def __init__(self, new_id: Callable[[], str]) -> None:
        self._new_id = new_id
        self._lanes: dict[str, _Lane] = {}
        self.superseded = 0

    def __len__(self) -> int:
        return sum(len(lane.waiting) + bool(lane.digest) for lane in self._lanes.values())

    @property
    def size(self) -> int:
        """Bytes of the EVENTs that wait."""
        return sum(lane.size for lane in self._lanes.values())

    @property
    def due(self) -> int | None:
        """When ``take`` will have something; None while nothing waits."""
        return min((lane.due for lane in self._lanes.values()), default=None)

    def add(self, envelope: Envelope, pace: Pace, now: int) -> None:
        """Let an event wait as long as ``pace`` allows."""
        lane = self._lanes.get(envelope.topic)
        if lane is None:
            lane = self._lanes[envelope.topic] = _Lane(envelope.topic, now + pace.wait)
        lane.due = min(lane.due, now + pace.wait)
        lane.shares = lane.shares or pace.shares
        if pace.digest and not lane.waiting:
            lane.digest.add(envelope)
            return
        if envelope.state:
            self.superseded += lane.supersede(envelope)
        lane.waiting.append(envelope)
        lane.size += envelope.size
        if len(lane.waiting) >= LANE_MESSAGES or lane.size >= LANE_BYTES:
            lane.due = now

    def take(self, now: int) -> list[Envelope | Digest]:
        """What is due and what shares the ride: digests first, then events in order of ``seq``."""
        if not any(lane.due <= now for lane in self._lanes.values()):
            return []
        return self._leave(
            [t for t, lane in self._lanes.items() if lane.due <= now or lane.shares], now
        )

    def flush(self, now: int, topics: Sequence[str] | None = None) -> list[Envelope | Digest]:
        """Everything that waits, or what does on some topics, due or not."""
        return self._leave(list(self._lanes) if topics is None else topics, now)

    def forget(self, topic: str) -> None:
        """The subscription ended: what waits on it is not sent."""
        self._lanes.pop(topic, None)

    def _leave(self, topics: Sequence[str], now: int) -> list[Envelope | Digest]:
        lanes = [self._lanes.pop(topic) for topic in topics if topic in self._lanes]
        digests = (lane.digest.take(self._new_id(), now) for lane in lanes if lane.digest)
        events = sorted((one for lane in lanes for one in lane.waiting), key=_place)
        return [*(one for one in digests if one is not None), *events]


def _place(envelope: Envelope) -> int:
    return envelope.seq


def batch(
    messages: Sequence[bytes],
    reason: BatchReason,
    *,
    topic: str | None = None,
    attempt: int | None = None,
) -> bytes:
    """A BATCH around messages that are encoded already: their bytes are joined, not decoded."""
    head = {"type": "BATCH", "reason": reason, "topic": topic, "attempt": attempt}
    told = _json.encode({name: value for name, value in head.items() if value is not None})
    return b'%b,"messages":[%b]}' % (told[:-1], b",".join(messages))


def portions(
    messages: Sequence[bytes], *, most: int = 300, max_bytes: int = 65_536
) -> Iterator[Sequence[bytes]]:
    """The messages in order, cut so that a BATCH of each portion stays within bounds.

    A message larger than ``max_bytes`` makes a portion of its own.
    """
    start, size = 0, 0
    for index, message in enumerate(messages):
        if index > start and (index - start >= most or size + len(message) > max_bytes):
            yield messages[start:index]
            start, size = index, 0
        size += len(message) + 1
    if start < len(messages):
        yield messages[start:]
