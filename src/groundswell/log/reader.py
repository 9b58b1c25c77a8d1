"""Reading the event log in order."""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec

from groundswell.contract.events import EVENT_TYPES, LoggedEvent
from groundswell.log.recent import RecentEvents
from groundswell.store import Row, Statement, Store

AFTER = Statement(
    """
    SELECT seq, event_id, event_type, at, recorded_at, payload
    FROM event_log WHERE seq > :after ORDER BY seq LIMIT :limit
    """
)
HEAD = Statement("SELECT seq, log_id FROM log_head WHERE id = 1")
LOWEST = Statement("SELECT seq FROM event_log ORDER BY seq LIMIT 1")


def event_of(row: Row) -> LoggedEvent:
    """The event of a row of ``AFTER``."""
    seq, event_id, event_type, at, recorded_at, payload = row
    event = msgspec.json.decode(payload, type=EVENT_TYPES[event_type])
    return LoggedEvent(seq, event_id, at, recorded_at, event)


class EventLog:
    """The log as its readers see it.

    Args:
        store: where it is.
        recent: what this process wrote last, asked first.
    """

    def __init__(self, store: Store, recent: RecentEvents | None = None) -> None:
        self._store = store
        self._recent = recent or RecentEvents()

    async def after(self, seq: int, limit: int = 500) -> list[LoggedEvent]:
        """Up to ``limit`` events that follow ``seq``, in order."""
        known = self._recent.after(seq, limit)
        if known is not None:
            return known
        rows = await self._store.fetch(AFTER, after=seq, limit=limit)
        events = [event_of(row) for row in rows]
        if any(one.event.rewrites_log for one in events):
            self._recent.forget()
        return events

    async def all(self, after: int = 0, limit: int = 2_000) -> AsyncIterator[LoggedEvent]:
        """Every event that follows, read in portions."""
        while events := await self.after(after, limit):
            for event in events:
                yield event
            after = events[-1].seq

    async def head(self) -> int:
        """The highest sequence number, 0 for an empty log."""
        return int((await self._store.fetch(HEAD))[0][0])

    async def log_id(self) -> str:
        """The name of this log's life; positions of another one mean nothing here."""
        return str((await self._store.fetch(HEAD))[0][1])

    async def lowest(self) -> int:
        """The oldest sequence number still kept; the next one if the log is empty."""
        rows = await self._store.fetch(LOWEST)
        return int(rows[0][0]) if rows else await self.head() + 1
