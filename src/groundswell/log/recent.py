"""The newest events of this process, so that its own readers need not ask the database."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from itertools import islice

from groundswell.contract.events import LoggedEvent


class RecentEvents:
    """A stretch of the log without a gap, as long as only this process writes.

    When another process has written in between, the stretch starts anew after it, and readers
    further back go to the database.

    Args:
        keep: how many events to hold at most.
    """

    def __init__(self, keep: int = 10_000) -> None:
        self._events: deque[LoggedEvent] = deque(maxlen=keep)

    def add(self, events: Sequence[LoggedEvent]) -> None:
        """Events that were just committed, in order."""
        if events and self._events and events[0].seq != self._events[-1].seq + 1:
            self._events.clear()
        if any(one.event.rewrites_log for one in events):
            # Those of the same transaction may be rewritten too: all are read again.
            self._events.clear()
            return
        self._events.extend(events)

    def forget(self) -> None:
        """Hold nothing: what is held is no longer what the log says."""
        self._events.clear()

    def after(self, seq: int, limit: int) -> list[LoggedEvent] | None:
        """What follows ``seq``; None if it is not known here."""
        events = self._events
        if not events or seq < events[0].seq - 1 or seq >= events[-1].seq:
            return None
        wanted = events[-1].seq - seq
        if wanted <= limit:  # most readers are near the end, and a deque is walked from its ends
            newest = list(islice(reversed(events), wanted))
            newest.reverse()
            return newest
        start = len(events) - wanted
        return list(islice(events, start, start + limit))
