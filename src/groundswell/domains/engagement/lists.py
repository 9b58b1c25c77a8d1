"""The ranked lists, computed in memory and served from there.

A list is computed when it is read after a change, as long as that is cheap; a site that has
outgrown this is served what ``run()`` computed last. Whatever the age of a list, files that were
hidden, deleted or opted out since are not in the answer: their state is read with every answer.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping

import structlog

from groundswell.contract.errors import GroundswellError, Invalid
from groundswell.contract.paging import Page
from groundswell.contract.times import SECOND, Clock, to_rfc3339
from groundswell.domains.engagement.list_building import (
    Builder,
    ListRules,
    Lists,
    build_all_time,
    build_day,
    build_rated,
    build_rising,
    period_builder,
)
from groundswell.domains.engagement.list_changes import Announcements, OnChange
from groundswell.domains.engagement.list_groups import ListGroup
from groundswell.domains.engagement.list_pages import (
    Shown,
    actors_window,
    explained,
    first_shown,
    ranked,
)
from groundswell.domains.engagement.ranked_statements import still_rankable
from groundswell.domains.engagement.views import ListName, Period, RankedMedia
from groundswell.domains.engagement.windows import PERIODS
from groundswell.store import Store, Transaction

_log = structlog.get_logger(__name__)

GREATEST_LIMIT = 50
LIVE_LISTS = (*(f"trending.{period}" for period in PERIODS), "hot")

_FRESH_FOR = SECOND
_RETRY_SECONDS = 1.0

# Seconds between two computations in the background, and the share of a core each may take: a
# tenth in all.
_GROUPS: Mapping[str, tuple[Builder, float, float]] = {
    "24h": (build_day, 3.0, 0.05),
    "7d": (period_builder("7d"), 30.0, 0.01),
    "30d": (period_builder("30d"), 30.0, 0.01),
    "all": (build_all_time, 30.0, 0.01),
    "rising": (build_rising, 30.0, 0.01),
    "rated": (build_rated, 10.0, 0.01),
}
_GROUP_OF: Mapping[ListName, str] = {
    "hot": "24h",
    "rising": "rising",
    "top-rated": "rated",
    "controversial": "rated",
}


def list_id(name: ListName, period: Period) -> str:
    """What a list is called: with its period if it has one, ``trending.24h`` or ``hot``."""
    return name if name in _GROUP_OF else f"{name}.{period}"


class RankedLists:
    """All ranked lists of one database.

    Args:
        store: where the sums are.
        clock: the present instant; each list is computed at one reading of it.
        minimum_actors: how many different actors trending and rising ask of a file.
        per_owner: how many files of one owner may be among the first ten; 0 for any number.
        keep: how many entries of each list are held.
        inline_seconds: a computation that takes longer is left to ``run()``.
        timer: seconds from any origin, to measure how long computing takes.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        minimum_actors: int = 3,
        per_owner: int = 2,
        keep: int = 200,
        inline_seconds: float = 0.05,
        timer: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._store = store
        self._clock = clock
        self._timer = timer
        self._rules = ListRules(minimum_actors, per_owner, keep=keep)
        self._inline_seconds = inline_seconds
        self._groups = {name: ListGroup(*how) for name, how in _GROUPS.items()}
        self._announcements = Announcements()
        self._changes = 0
        self._forgotten: dict[int, int] = {}
        self._running = False
        self._computations = 0
        self._failures = 0

    async def get(
        self, name: ListName, *, period: Period = "24h", limit: int = 10, explain: bool = False
    ) -> Page[RankedMedia]:
        """The first entries of a list; ``period`` matters to trending and popular only.

        Raises:
            Invalid: the limit is not within 1 and 50.
        """
        if not 1 <= limit <= GREATEST_LIMIT:
            raise Invalid.at("limit", f"must be between 1 and {GREATEST_LIMIT}")
        group = self._groups[_GROUP_OF.get(name, period)]
        await self._refresh_if_stale(group)
        wanted = list_id(name, period)
        as_of, known = group.as_of, group.actors.setdefault(wanted, {})
        shown = await first_shown(self._store, group.lists[wanted], limit, self._clock())
        items = ranked(shown)
        if explain:
            during = actors_window(name, period, as_of)
            # One at a time: it may read many log rows, and the next finds the counts known.
            async with group.explaining:
                items = await explained(self._store, items, shown, during, known)
        return Page(items, None, to_rfc3339(as_of))

    def changed(self) -> None:
        """Something was written: the next reader sees it. To be called before it is answered."""
        self._changes += 1

    def forget(self, media_file_id: int) -> None:
        """A file was hidden, deleted or opted out: it leaves every list and those watching it."""
        self._changes += 1
        self._forgotten[media_file_id] = self._changes
        for group in self._groups.values():
            group.without(media_file_id)
        self._announcements.remove(media_file_id)

    def on_change(self, listener: OnChange) -> None:
        """Call ``listener`` whenever the first 50 of trending or hot have a new order."""
        self._announcements.subscribe(listener)

    async def refresh(self) -> None:
        """Compute every list now."""
        for group in self._groups.values():
            async with group.turn:
                await self._compute(group)

    async def run(self) -> None:
        """Compute the lists again and again, using no more than a tenth of one core."""
        self._running = True
        try:
            while True:
                await self._run_next()
        finally:
            self._running = False

    def statistics(self) -> Mapping[str, float]:
        """Computations, failures, and for each group its cost and age in seconds."""
        figures = {
            "computations": float(self._computations),
            "failures": float(self._failures),
        }
        for name, group in self._groups.items():
            if group.computed:
                figures[f"seconds_{name}"] = group.cost
                figures[f"age_seconds_{name}"] = (self._clock() - group.as_of) / SECOND
        return figures

    async def _run_next(self) -> None:
        group = min(self._groups.values(), key=lambda one: one.due)
        await asyncio.sleep(max(0.0, group.due - self._timer()))
        group.due = self._timer() + _RETRY_SECONDS
        # What fails is tried again; until then the old lists stand.
        try:
            async with group.turn:
                started = self._timer()
                await self._compute(group)
                group.plan(started, self._timer())
        except GroundswellError:
            pass  # counted by the computation itself
        except Exception as error:
            _log.error("lists failed", exc_info=error)

    def _is_stale(self, group: ListGroup) -> bool:
        if not group.computed:
            return True
        if self._running and group.cost > self._inline_seconds:
            return False
        return group.seen != self._changes or abs(self._clock() - group.as_of) > _FRESH_FOR

    async def _refresh_if_stale(self, group: ListGroup) -> None:
        if not self._is_stale(group):
            return
        async with group.turn:
            # Whoever had the turn before may have computed what this reader waits for.
            if self._is_stale(group):
                await asyncio.sleep(group.rest(self._timer()))
                await self._compute(group)

    async def _compute(self, group: ListGroup) -> None:
        """Compute a group in one snapshot, at one instant; the caller has the group's turn."""
        started, seen, now = self._timer(), self._changes, self._clock()
        try:
            async with self._store.reading() as tx:
                lists = await group.build(tx, now, self._rules)
                news = await self._news(tx, lists, now)
        except GroundswellError:
            self._failures += 1
            raise
        self._computations += 1
        group.keep(lists, as_of=now, seen=seen)
        group.took(started, self._timer())
        gone = {one for one, when in self._forgotten.items() if when > seen}
        for media_file_id in gone:
            group.without(media_file_id)
        for wanted, shown in news.items():
            still = [one for one in shown if one.entry.media_file_id not in gone]
            self._announcements.tell(wanted, now, ranked(still))
        self._forget_less()

    def _forget_less(self) -> None:
        """Let go of files that every list was computed without."""
        oldest = min(group.seen for group in self._groups.values())
        for one in [one for one, when in self._forgotten.items() if when <= oldest]:
            del self._forgotten[one]

    async def _news(self, tx: Transaction, lists: Lists, now: int) -> dict[str, list[Shown]]:
        """The first entries of the live lists that have a new order."""
        news = {}
        for wanted in lists.keys() & set(LIVE_LISTS):
            first = lists[wanted][:GREATEST_LIMIT]
            ids = [entry.media_file_id for entry in first]
            if self._announcements.is_new(wanted, ids):
                files = await still_rankable(tx, ids, now)
                news[wanted] = [Shown(entry, files[entry.media_file_id]) for entry in first]
        return news
