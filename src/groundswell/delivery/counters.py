"""Counters of files on their way to those who watch: at most one message a second per file."""

from __future__ import annotations

import msgspec

from groundswell.contract.events.engagement import CounterValues, Interaction
from groundswell.contract.ids import derived_event_id
from groundswell.contract.times import SECOND, to_rfc3339
from groundswell.delivery.routing import media_topic
from groundswell.realtime.messages import Publication

COUNTERS_UPDATED = "engagement.counters.updated"
EVERY = SECOND
KEPT = 15 * SECOND
"""How long counters wait in a process that does not tell them: longer than another one may be gone
before this one tells instead."""

_encode = msgspec.json.Encoder().encode


class Counters:
    """Holds the newest counters of each file until they may be told again.

    The first change is told at once, the next ones together, ``every`` microseconds apart.
    """

    def __init__(self, every: int = EVERY) -> None:
        self._every = every
        self._waiting: dict[int, tuple[CounterValues, int, int]] = {}
        self._told_at: dict[int, int] = {}

    def add(self, event: Interaction, seq: int, recorded_at: int) -> None:
        """Note the counters as they stood after this event."""
        self._waiting[event.media_file_id] = (event.counters, seq, recorded_at)

    def due(self, now: int) -> list[Publication]:
        """What may be told now. It replaces what was told before, so it is published as state."""
        ready = [media for media in self._waiting if not self._told_lately(media, now)]
        told = [_publication(media, *self._waiting.pop(media), now) for media in ready]
        self._told_at.update(dict.fromkeys(ready, now))
        self._forget(now)
        return sorted(told, key=lambda one: one.seq)

    def _told_lately(self, media: int, now: int) -> bool:
        """A time in the future is one of a clock that was set back, and says nothing."""
        told_at = self._told_at.get(media)
        return told_at is not None and 0 <= now - told_at < self._every

    def keep_newest(self, now: int) -> None:
        """Another process tells them; forget what it must have told by now."""
        horizon = now - KEPT
        if any(recorded_at < horizon for _, _, recorded_at in self._waiting.values()):
            self._waiting = {
                media: noted for media, noted in self._waiting.items() if noted[2] >= horizon
            }

    def _forget(self, now: int) -> None:
        """Files quiet for longer than the interval need no memory."""
        if len(self._told_at) > 2 * len(self._waiting) + 1_000:
            horizon = now - self._every
            self._told_at = {media: told for media, told in self._told_at.items() if told > horizon}

    def __len__(self) -> int:
        return len(self._waiting)


def _publication(
    media: int, counters: CounterValues, seq: int, recorded_at: int, now: int
) -> Publication:
    data = {
        "eventType": COUNTERS_UPDATED,
        "mediaFileId": media,
        "counters": counters,
        "version": seq,
        "timestamp": to_rfc3339(now),
    }
    topic = media_topic(media)
    # Two processes that tell the same counters tell one message.
    one = derived_event_id(f"{topic} {COUNTERS_UPDATED} {seq}", recorded_at)
    return Publication(topic, COUNTERS_UPDATED, one, now, _encode(data), seq, state=True)
