"""Appending to the event log inside the writer's transaction.

One row holds the highest sequence number. A transaction locks it before anything else, so that
transactions of several processes take turns, numbers have no gaps, and the order of the numbers
is the order of the commits: a reader that has seen number n never meets a smaller one later.
"""

from __future__ import annotations

import msgspec

from groundswell.contract.events import Event, LoggedEvent
from groundswell.contract.ids import event_id
from groundswell.contract.times import Clock
from groundswell.log.recent import RecentEvents
from groundswell.store import BIGINT, TEXT, Statement, Transaction

_encode = msgspec.json.Encoder().encode

TAKE_TURN = Statement("SELECT seq FROM log_head WHERE id = 1 {lock}")
MOVE_HEAD = Statement("UPDATE log_head SET seq = :seq WHERE id = 1")
APPEND = Statement(
    """
    INSERT INTO event_log
      (seq, event_id, event_type, partition_key, at, recorded_at, payload)
    {values}
    """,
    rows={
        "seq": BIGINT,
        "event_id": TEXT,
        "event_type": TEXT,
        "partition_key": TEXT,
        "at": BIGINT,
        "recorded_at": BIGINT,
        "payload": TEXT,
    },
)


class Tail:
    """The end of the log, held by one transaction."""

    def __init__(self, seq: int, now: int) -> None:
        self._seq = seq
        self._now = now
        self._written = 0
        self.events: list[LoggedEvent] = []

    def append(self, event: Event, at: int) -> int:
        """Add an event that happened at ``at``; the result is its sequence number."""
        self._seq += 1
        self.events.append(LoggedEvent(self._seq, event_id(), at, self._now, event))
        return self._seq

    async def flush(self, transaction: Transaction) -> None:
        """Write the events that are not written yet and move the head."""
        fresh = self.events[self._written :]
        if fresh:
            await transaction.write(APPEND, rows=[_row(one) for one in fresh])
            await transaction.write(MOVE_HEAD, seq=self._seq)
            self._written = len(self.events)


def _row(logged: LoggedEvent) -> tuple[int, str, str, str, int, int, str]:
    event = logged.event
    return (
        logged.seq,
        logged.event_id,
        event.event_type,
        event.partition_key,
        logged.at,
        logged.recorded_at,
        _encode(event).decode(),
    )


class SqlJournal:
    """The event log as a table of the store.

    Args:
        clock: when events are recorded.
        recent: takes the events of each transaction once it is committed.
    """

    def __init__(self, clock: Clock, recent: RecentEvents | None = None) -> None:
        self._clock = clock
        self._recent = recent

    async def begin(self, transaction: Transaction) -> Tail:
        """Wait for the turn to append, which ends with the transaction."""
        rows = await transaction.fetch(TAKE_TURN)
        return Tail(rows[0][0], self._clock())

    def committed(self, tail: Tail) -> None:
        """The transaction that held this tail is durable."""
        if self._recent is not None:
            self._recent.add(tail.events)
