"""A log of publications, as a broker that loses its store reads it again."""

from __future__ import annotations

from collections.abc import Iterable

from groundswell.contract.errors import DatabaseUnavailable
from groundswell.realtime.messages import Publication
from groundswell.realtime.recovery import Replayed


class PublishedLog:
    """The publications of each place in a log; `lowest` tells what was trimmed."""

    def __init__(self, log_id: str, *, head: int = 0) -> None:
        self.log_id = log_id
        self.head = head
        self.lowest = 1
        self.available = True
        self._publications: list[Publication] = []

    def write(self, *publications: Publication) -> list[Publication]:
        """Add what was committed."""
        self._publications += publications
        self.head = max(self.head, *(one.seq for one in publications))
        return list(publications)

    def trim(self, lowest: int) -> None:
        """Forget everything before that place."""
        self.lowest = lowest
        self._publications = [one for one in self._publications if one.seq >= lowest]

    async def newest(self) -> int:
        return self.head

    async def publications(self, after_seq: int, limit: int) -> Replayed:
        if not self.available:
            raise DatabaseUnavailable
        past = [one for one in self._publications if one.seq > after_seq]
        part = list(_whole(past, limit))
        top = part[-1].seq if len(part) < len(past) else max(after_seq, self.head)
        return Replayed(part, top, complete=after_seq >= self.lowest - 1)


def _whole(past: list[Publication], limit: int) -> Iterable[Publication]:
    """About ``limit`` of them, all of one place or none."""
    last = past[limit - 1].seq if len(past) >= limit else None
    return (one for one in past if last is None or one.seq <= last)
