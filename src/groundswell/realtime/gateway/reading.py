"""Reading the past of topics: equal readings are made once."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from groundswell.contract.times import SECOND
from groundswell.realtime.broker.base import Broker, Position
from groundswell.realtime.messages import Envelope

KEPT: Final = SECOND
_MOST: Final = 1_000

_Key = tuple[str, str, int, int]


class PastReader:
    """Reads stretches of topics from a broker.

    A stretch that has been told never changes, so a reading is shared by all who ask for the same
    one within ``KEPT``: after an outage thousands of clients ask alike. They then also share the
    encodings of its events.
    """

    def __init__(self, broker: Broker, clock: Callable[[], int]) -> None:
        self._broker = broker
        self._clock = clock
        self._readings: OrderedDict[_Key, tuple[int, asyncio.Future[list[Envelope]]]] = (
            OrderedDict()
        )
        self.reads = 0
        self.shared = 0

    async def position(self, topic: str) -> Position:
        """Where the topic stands now."""
        return await self._broker.position(topic)

    async def renew(self, topic: str, epoch: str, beyond: int) -> Position:
        """Begin a new epoch of a topic that is in ``epoch`` and does not reach ``beyond``."""
        return await self._broker.renew(topic, epoch, beyond)

    async def newest(self, topic: str) -> Envelope | None:
        """The newest event that is kept."""
        self.reads += 1
        found = await self._broker.history(topic, limit=1)
        return found.envelopes[-1] if found.envelopes else None

    async def between(self, topic: str, epoch: str, after: int, upto: int) -> list[Envelope]:
        """The events after one offset up to another, as far as they are kept, oldest first."""
        if upto <= after:
            return []
        now = self._clock()
        key = (topic, epoch, after, upto)
        found = self._readings.get(key)
        if found is not None and now < found[0]:
            self.shared += 1
            return await asyncio.shield(found[1])
        self.reads += 1
        reading = asyncio.ensure_future(self._read(topic, epoch, after, upto))
        self._tidy(now)
        self._readings[key] = (now + KEPT, reading)
        try:
            return await asyncio.shield(reading)
        except Exception:
            self._readings.pop(key, None)
            raise

    async def _read(self, topic: str, epoch: str, after: int, upto: int) -> list[Envelope]:
        history = await self._broker.history(topic, after_offset=after, limit=upto - after)
        return [
            one
            for one in history.envelopes
            if one.epoch == epoch and one.offset is not None and after < one.offset <= upto
        ]

    def _tidy(self, now: int) -> None:
        """Forget what is old; readings are made in order of time, so the oldest are first."""
        while self._readings:
            until, _ = next(iter(self._readings.values()))
            if now < until and len(self._readings) < _MOST:
                break
            self._readings.popitem(last=False)
