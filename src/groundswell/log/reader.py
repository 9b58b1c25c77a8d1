"""Reading the event log in order."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Final, Protocol

import msgspec

from groundswell.contract.events import EVENT_TYPES, Event, LoggedEvent
from groundswell.log.recent import RecentEvents
from groundswell.store import TEXT, Row, Statement, Store
from groundswell.store.statement import RowValues

AFTER = Statement(
    """
    SELECT seq, event_id, event_type, at, recorded_at, payload
    FROM event_log WHERE seq > :after ORDER BY seq LIMIT :limit
    """
)
# A stretch of the primary key: however few events are wanted, no more than it is read at once.
AMONG = Statement(
    """
    SELECT seq, event_id, event_type, at, recorded_at, payload
    FROM event_log WHERE seq > :after AND seq <= :until
      AND event_type IN (SELECT r.event_type FROM {rows} r) ORDER BY seq
    """,
    rows={"event_type": TEXT},
)
HEAD = Statement("SELECT seq, log_id FROM log_head WHERE id = 1")
LOWEST = Statement("SELECT seq FROM event_log ORDER BY seq LIMIT 1")


def event_of(row: Row) -> LoggedEvent:
    """The event of a row of ``AFTER``."""
    seq, event_id, event_type, at, recorded_at, payload = row
    event = msgspec.json.decode(payload, type=EVENT_TYPES[event_type])
    return LoggedEvent(seq, event_id, at, recorded_at, event)


_STRETCH: Final = 10_000


class Source(Protocol):
    """What can be read: a store, or one snapshot of it."""

    async def fetch(
        self, statement: Statement, /, *, rows: RowValues | None = None, **parameters: Any
    ) -> list[Row]:
        """Run a statement and return its rows."""
        ...


async def events_of(
    source: Source, *kinds: type[Event], after: int = 0, stretch: int = _STRETCH
) -> AsyncIterator[LoggedEvent]:
    """The events of these kinds that follow, up to the present end of the log.

    It is read so many numbers at a time; events of other kinds stay in the database.
    """
    wanted = [(name,) for name, kind in EVENT_TYPES.items() if issubclass(kind, kinds)]
    head = (await source.fetch(HEAD))[0][0]
    lowest = await source.fetch(LOWEST)
    begin = max(after, lowest[0][0] - 1) if lowest else head
    for start in range(begin, head, stretch):
        until = min(start + stretch, head)
        for row in await source.fetch(AMONG, rows=wanted, after=start, until=until):
            yield event_of(row)


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

    def of(
        self, *kinds: type[Event], after: int = 0, stretch: int = _STRETCH
    ) -> AsyncIterator[LoggedEvent]:
        """The events of these kinds that follow, up to the present end."""
        return events_of(self._store, *kinds, after=after, stretch=stretch)

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
