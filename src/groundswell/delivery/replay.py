"""The past of topics, read back from the event log through the same routing as live events."""

from __future__ import annotations

from collections.abc import Callable

from groundswell.delivery.inbox_routing import trace
from groundswell.delivery.routing import publications
from groundswell.log.reader import EventLog
from groundswell.realtime.messages import Publication
from groundswell.realtime.recovery import Replayed

FURTHEST = 100_000
"""How many events of the log a subscriber may be behind; older ones count as trimmed."""

PORTION = 1_000


class LogReplay:
    """What subscribers missed.

    Args:
        log: the event log.
        log_id: the name of its life.
        head: the newest sequence number this process has delivered.
    """

    def __init__(self, log: EventLog, log_id: str, head: Callable[[], int]) -> None:
        self._log = log
        self._log_id = log_id
        self._head = head

    @property
    def log_id(self) -> str:
        """Names this log."""
        return self._log_id

    def head(self) -> int:
        """The newest sequence number that was handed to this process's subscribers."""
        return self._head()

    async def newest(self) -> int:
        """The highest sequence number of the log."""
        return await self._log.head()

    async def replay(self, topics: frozenset[str], after_seq: int, limit: int) -> Replayed:
        """About ``limit`` publications on the topics that follow ``after_seq``."""
        return await self._read(topics, after_seq, limit)

    async def publications(self, after_seq: int, limit: int) -> Replayed:
        """About ``limit`` publications on any topic that follow ``after_seq``."""
        return await self._read(None, after_seq, limit)

    async def _read(self, topics: frozenset[str] | None, after_seq: int, limit: int) -> Replayed:
        start = max(after_seq, await self._log.head() - FURTHEST, await self._log.lowest() - 1)
        position, found = start, list[Publication]()
        forgotten = list[tuple[str, int]]()
        while len(found) < limit:
            events = await self._log.after(position, PORTION)
            for event in events:
                found += [
                    one for one in publications(event) if topics is None or one.topic in topics
                ]
                left = None if topics is None else trace(event)
                if left is not None and left.topic in (topics or ()):
                    forgotten.append((left.topic, left.seq))
                position = event.seq
                if len(found) >= limit:
                    break
            if len(events) < PORTION:
                break
        return Replayed(found, position, start == after_seq, forgotten)
