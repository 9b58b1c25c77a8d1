"""A log in memory that answers replays, and can forget its beginning."""

from __future__ import annotations

import asyncio

from groundswell.realtime.messages import Publication
from groundswell.realtime.recovery import Replayed


class RecordedLog:
    """`delivered` is what `head` answers; `trimmed` the greatest seq no longer kept."""

    def __init__(self, log_id: str = "log") -> None:
        self.log_id = log_id
        self.publications: list[Publication] = []
        self.delivered = 0
        self.trimmed = 0
        self.reads = 0
        self.failure: Exception | None = None
        self.pauses = 0

    @property
    def top(self) -> int:
        return max((one.seq for one in self.publications), default=0)

    def head(self) -> int:
        return self.delivered

    async def replay(self, topics: frozenset[str], after_seq: int, limit: int) -> Replayed:
        self.reads += 1
        for _ in range(self.pauses):
            await asyncio.sleep(0)
        if self.failure is not None:
            raise self.failure
        top = self.top
        start = max(after_seq, self.trimmed)
        found = [one for one in self.publications if one.topic in topics and start < one.seq <= top]
        if len(found) > limit:
            top = found[limit - 1].seq
            found = [one for one in found if one.seq <= top]
        return Replayed(found, top, complete=after_seq >= self.trimmed)
