"""What waits for one subscriber: bounded, and honest about what had to be dropped."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

from msgspec import UNSET
from msgspec.structs import replace

from groundswell.access.principal import Principal
from groundswell.realtime.audience import NOBODY, is_for
from groundswell.realtime.messages import Envelope, Gap
from groundswell.realtime.topics import refetch_url

MAX_MESSAGES: Final = 1_000
MAX_BYTES: Final = 1_048_576


@dataclass(slots=True)
class Losses:
    """Counts what outboxes dropped, the GAPs that name it, and the states that were superseded."""

    dropped: int = 0
    gaps: int = 0
    superseded: int = 0


@dataclass(frozen=True, slots=True)
class Waiting:
    """What to tell next: the gaps first, then the events, then the newest states."""

    gaps: list[Gap]
    events: list[Envelope]
    states: list[Envelope]


class Outbox:
    """The queue of a subscriber, filled by the hub and emptied by a door.

    Events wait in order. Beyond ``max_messages`` or ``max_bytes`` the oldest is dropped, and one
    GAP per topic says which offsets are lost. Of a state topic only the newest waits. ``wake`` is
    called after each arrival; it must return at once.
    """

    __slots__ = (
        "_bytes",
        "_events",
        "_floor",
        "_gaps",
        "_losses",
        "_max_bytes",
        "_max_messages",
        "_receiver",
        "_states",
        "_wake",
    )

    def __init__(
        self,
        wake: Callable[[], None],
        losses: Losses,
        *,
        max_messages: int = MAX_MESSAGES,
        max_bytes: int = MAX_BYTES,
        receiver: Principal = NOBODY,
    ) -> None:
        self._wake = wake
        self._receiver = receiver
        self._losses = losses
        self._max_messages = max_messages
        self._max_bytes = max_bytes
        self._events: deque[Envelope] = deque()
        self._states: dict[str, Envelope] = {}
        self._gaps: dict[str, Gap] = {}
        self._bytes = 0
        self._floor = 0

    def __bool__(self) -> bool:
        return bool(self._events or self._states or self._gaps)

    def __len__(self) -> int:
        return len(self._events) + len(self._states)

    @property
    def size(self) -> int:
        """Bytes of the EVENTs that wait."""
        return self._bytes

    def send(self, envelope: Envelope) -> None:
        """Let ``envelope`` wait its turn. Never blocks."""
        if envelope.state:
            self._supersede(envelope)
        elif envelope.seq > self._floor:
            self._events.append(envelope)
        else:
            return
        self._bytes += envelope.size
        if (
            self._bytes > self._max_bytes
            or len(self._events) + len(self._states) > self._max_messages
        ):
            self._shed()
        self._wake()

    def send_addressed(self, envelope: Envelope) -> None:
        """Let ``envelope`` wait its turn, if it is for whom this is the queue of."""
        if is_for(envelope, self._receiver):
            self.send(envelope)

    def lose(self, gap: Gap) -> None:
        """Tell ``gap`` next: its events never came here. Never blocks."""
        former = self._gaps.get(gap.topic)
        if former is None:
            self._losses.gaps += 1
        else:
            gap = replace(gap, from_=former.from_, from_seq=former.from_seq, missed=UNSET)
        self._gaps[gap.topic] = gap
        self._wake()

    def start_after(self, seq: int) -> None:
        """Events up to ``seq`` reached the subscriber another way: drop them, now and later."""
        self._floor = seq
        while self._events and self._events[0].seq <= seq:
            self._bytes -= self._events.popleft().size

    def start_state_after(self, topic: str, offset: int) -> None:
        """The state at ``offset`` reached the subscriber another way: drop it if it waits."""
        waiting = self._states.get(topic)
        if waiting is not None and waiting.offset is not None and waiting.offset <= offset:
            self._bytes -= self._states.pop(topic).size

    def forget(self, topics: Collection[str]) -> None:
        """What waits of these topics may not be told any more."""
        self._events = deque(one for one in self._events if one.topic not in topics)
        for topic in topics:
            self._states.pop(topic, None)
            self._gaps.pop(topic, None)
        self._bytes = sum(one.size for one in (*self._events, *self._states.values()))

    def take(self, max_bytes: int) -> Waiting:
        """Everything that waits, or about ``max_bytes`` of it.

        Events of one ``seq`` are never parted: whoever has the last of them has them all.
        """
        gaps, states = list(self._gaps.values()), list(self._states.values())
        self._gaps.clear()
        self._states.clear()
        taken = sum(state.size for state in states)
        events: list[Envelope] = []
        waiting = self._events
        while waiting and (taken < max_bytes or (events and events[-1].seq == waiting[0].seq)):
            envelope = waiting.popleft()
            taken += envelope.size
            events.append(envelope)
        self._bytes -= taken
        return Waiting(gaps, events, states)

    def _supersede(self, envelope: Envelope) -> None:
        former = self._states.pop(envelope.topic, None)
        if former is not None:
            self._bytes -= former.size
            self._losses.superseded += 1
        self._states[envelope.topic] = envelope

    def _shed(self) -> None:
        while self._bytes > self._max_bytes or len(self) > self._max_messages:
            oldest = (
                self._events.popleft()
                if self._events
                else self._states.pop(next(iter(self._states)))
            )
            self._bytes -= oldest.size
            self._losses.dropped += 1
            self._note(oldest)

    def _note(self, lost: Envelope) -> None:
        """Widen the GAP of the topic by one event; drops are oldest first, so it stays exact."""
        gap = self._gaps.get(lost.topic)
        if gap is None:
            gap = self._gaps[lost.topic] = _gap_at(lost)
            self._losses.gaps += 1
        gap.to = UNSET if lost.offset is None else lost.offset
        gap.to_seq = lost.seq
        gap.missed = (gap.missed or 0) + 1


def _gap_at(lost: Envelope) -> Gap:
    url = refetch_url(lost.topic)
    return Gap(
        topic=lost.topic,
        epoch=lost.epoch or "",
        from_=UNSET if lost.offset is None else lost.offset,
        from_seq=lost.seq,
        reason="slow_consumer",
        fallback="snapshot" if lost.state else "refetch" if url else "none",
        url=url or UNSET,
    )
