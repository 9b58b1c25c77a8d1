"""Whether what was accepted is what was written: rows and counters, read past the server."""

from __future__ import annotations

import time

import msgspec

from benchmarks import services
from benchmarks.errors import BenchmarkError
from benchmarks.load import Action
from benchmarks.services import Side

SETTLE_SECONDS = 10.0


class Ledger(msgspec.Struct, frozen=True):
    """Durable work done so far: the counters' sum, and the rows that should bear it out."""

    counted: int
    logged: int
    activities: int
    events: int

    def since(self, earlier: Ledger) -> Ledger:
        return Ledger(
            self.counted - earlier.counted,
            self.logged - earlier.logged,
            self.activities - earlier.activities,
            self.events - earlier.events,
        )


OURS: dict[Action, str] = {
    "plays": """
        SELECT (SELECT coalesce(sum(play_count), 0) FROM media),
               (SELECT count(*) FROM play_logs),
               (SELECT count(*) FROM activity_feed WHERE activity_type = 'play'),
               (SELECT count(*) FROM event_log WHERE event_type = 'engagement.play.recorded')""",
    "votes": """
        SELECT (SELECT coalesce(sum(upvotes), 0) FROM media),
               (SELECT count(*) FROM votes),
               (SELECT count(*) FROM activity_feed WHERE activity_type = 'vote'),
               (SELECT count(*) FROM event_log WHERE event_type = 'engagement.vote.cast')""",
}
PEERS: dict[Action, str] = {
    "plays": """
        SELECT (SELECT coalesce(sum(play_count), 0) FROM media_files),
               (SELECT count(*) FROM play_logs),
               (SELECT count(*) FROM activity_feed WHERE activity_type = 'play'),
               (SELECT count(*) FROM outbox WHERE event_type = 'engagement.play.recorded')""",
    "votes": """
        SELECT (SELECT coalesce(sum(upvotes), 0) FROM media_files),
               (SELECT count(*) FROM votes),
               (SELECT count(*) FROM activity_feed WHERE activity_type = 'vote'),
               (SELECT count(*) FROM outbox WHERE event_type = 'engagement.vote.cast')""",
}


def read(side: Side, action: Action) -> Ledger:
    """The side's books as they stand in its database."""
    (row,) = side.query((PEERS if side.name in services.PEERS else OURS)[action])
    return Ledger(*(int(value) for value in row))


def settled(side: Side, action: Action) -> Ledger:
    """The books once requests that were in flight when the load ended are through as well."""
    deadline = time.monotonic() + SETTLE_SECONDS
    before = read(side, action)
    while time.monotonic() < deadline:
        time.sleep(0.1)
        after = read(side, action)
        if after == before:
            return after
        before = after
    raise BenchmarkError(f"{side.name} still writes {SETTLE_SECONDS:.0f} s after the load ended")


def verify(done: Ledger, *, accepted: int, in_flight: int) -> None:
    """That every accepted request was written once, whole, and nothing else was.

    The load tool breaks off requests when its time is up; those may have been written or not.

    Raises:
        BenchmarkError: the books do not balance, so the figure would be of wrong work.
    """
    kinds = {done.counted, done.logged, done.activities, done.events}
    if len(kinds) != 1 or not accepted <= done.logged <= accepted + in_flight:
        raise BenchmarkError(
            f"{accepted} requests were accepted and up to {in_flight} broken off, "
            f"but the database shows {done}"
        )
