"""Lists that are computed together: their last result, how old it is and what it cost."""

from __future__ import annotations

import asyncio
import math
from collections import deque

from groundswell.domains.engagement.list_building import Builder, Lists

_COSTS_KEPT = 4
_SURELY_DEAR = 0.25


class ListGroup:
    """One group of lists.

    Args:
        build: computes the lists.
        every: seconds between two computations in the background, if its share allows it.
        share: the part of one core that computing in the background may take.
    """

    def __init__(self, build: Builder, every: float, share: float) -> None:
        self.build = build
        self._every = every
        self._share = share
        self.turn = asyncio.Lock()
        self.explaining = asyncio.Lock()
        self.lists: Lists = {}
        self.actors: dict[str, dict[int, int]] = {}
        self.as_of = 0
        self.seen = -1
        self.due = -math.inf
        self._finished = -math.inf
        self._costs: deque[float] = deque(maxlen=_COSTS_KEPT)

    @property
    def computed(self) -> bool:
        """Whether there is a result at all."""
        return bool(self._costs)

    @property
    def cost(self) -> float:
        """Seconds of the shortest of the last computations: a busy machine lengthens others.

        The first ones pay for connections and caches and say little, so they count as cheap
        unless they are beyond doubt.
        """
        least = min(self._costs, default=0.0)
        return least if len(self._costs) == _COSTS_KEPT or least > _SURELY_DEAR else 0.0

    def keep(self, lists: Lists, *, as_of: int, seen: int) -> None:
        """Take over a new result; ``seen`` is the number of changes it knows of."""
        self.lists, self.as_of, self.seen = lists, as_of, seen
        self.actors = {}

    def took(self, started: float, finished: float) -> None:
        """Note how long a computation took."""
        self._finished = finished
        self._costs.append(finished - started)

    def rest(self, now: float) -> float:
        """Seconds a reader waits, so that reads after writes take no more than half a core."""
        return max(0.0, self._finished + self.cost - now) if self.computed else 0.0

    def plan(self, started: float, finished: float) -> None:
        """Set when the background computes it again."""
        self.due = started + max(self._every, (finished - started) / self._share)

    def without(self, media_file_id: int) -> None:
        """Drop a file from all lists."""
        self.lists = {
            list_id: [entry for entry in entries if entry.media_file_id != media_file_id]
            for list_id, entries in self.lists.items()
        }
