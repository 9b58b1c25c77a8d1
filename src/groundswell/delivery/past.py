"""What was told on one topic before a place in the log, however long ago."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import Final

from groundswell.contract.events import LoggedEvent
from groundswell.contract.times import SECOND, Clock
from groundswell.delivery.inbox_routing import trace
from groundswell.delivery.routing import publications
from groundswell.log.reader import EventLog
from groundswell.realtime.messages import Publication

BLOCK: Final = 500
REACH: Final = 10_000
KEPT: Final = 60 * SECOND
_BLOCKS: Final = 32


class TopicPast:
    """Reads the log backwards, in blocks that are kept for a while.

    After an outage many clients ask for the same stretch of the log, from different places and for
    different topics; all of them are served from the same blocks.

    Args:
        log: the event log.
        clock: the time, by which blocks are forgotten: what they hold may be erased in the log.
        block: places of the log that are read together.
        reach: how far back in the log is looked.
    """

    def __init__(
        self, log: EventLog, clock: Clock, *, block: int = BLOCK, reach: int = REACH
    ) -> None:
        self._log = log
        self._clock = clock
        self._size = block
        self._reach = reach
        self._blocks: OrderedDict[int, tuple[int, asyncio.Future[list[Publication]]]] = (
            OrderedDict()
        )

    async def before(self, topic: str, seq: int, count: int) -> list[Publication]:
        """The newest ``count`` publications on a topic that precede ``seq``, oldest first.

        There are fewer where they lie further back than ``reach`` or are no longer in the log.
        """
        head = await self._log.head()
        lowest = max(await self._log.lowest(), seq - self._reach)
        found: list[Publication] = []
        number = (seq - 1) // self._size
        while len(found) < count and number >= 0 and (number + 1) * self._size > lowest:
            grows = (number + 1) * self._size > head + 1
            block = await (self._read(number) if grows else self._shared(number))
            found += [one for one in reversed(block) if one.topic == topic and one.seq < seq]
            number -= 1
        return found[:count][::-1]

    async def _shared(self, number: int) -> list[Publication]:
        """A block to which nothing is added any more, read once for all who ask for it."""
        now = self._clock()
        self._tidy(now)
        known = self._blocks.get(number)
        if known is None:
            known = now + KEPT, asyncio.ensure_future(self._read(number))
            self._blocks[number] = known
        try:
            return await asyncio.shield(known[1])
        except Exception:
            self._blocks.pop(number, None)
            raise

    async def _read(self, number: int) -> list[Publication]:
        """Everything that was told of the places from ``number * block`` on, before the next.

        Also that of which only a trace is left: offsets are counted by it.
        """
        first, end = number * self._size, (number + 1) * self._size
        events = await self._log.after(first - 1, self._size)
        told = [event for event in events if event.seq < end]
        return [one for event in told for one in publications(event) or _traces(event)]

    def _tidy(self, now: int) -> None:
        while self._blocks:
            until, _ = next(iter(self._blocks.values()))
            if now < until and len(self._blocks) < _BLOCKS:
                break
            self._blocks.popitem(last=False)


def _traces(event: LoggedEvent) -> list[Publication]:
    left = trace(event)
    return [] if left is None else [left]
