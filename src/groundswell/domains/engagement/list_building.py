"""Computing lists: those that share their sums together, in one snapshot and at one instant."""

from __future__ import annotations

import heapq
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import NamedTuple

from groundswell.domains.engagement import candidates
from groundswell.domains.engagement.actors import (
    actors_by_file,
    expected_actors,
    with_enough_actors,
)
from groundswell.domains.engagement.apart import apart
from groundswell.domains.engagement.candidates import Candidate, Entry
from groundswell.domains.engagement.ranked_statements import Facts, rankable, weighed
from groundswell.domains.engagement.ranking import diversify, rising
from groundswell.domains.engagement.views import Period
from groundswell.domains.engagement.windows import (
    Sums,
    Window,
    recorded_since,
    window,
    window_sums,
)
from groundswell.store import Transaction

_CHUNK = 256


class ListRules(NamedTuple):
    """What an operator may set; ``keep`` is how many entries of a list are kept at all.

    ``per_owner`` of 0 lifts the limit on files of one owner among the first ten.
    """

    minimum_actors: int = 3
    per_owner: int = 2
    diverse_within: int = 10
    keep: int = 200


Lists = Mapping[str, Sequence[Entry]]
Builder = Callable[[Transaction, int, ListRules], Awaitable[Lists]]


async def build_day(tx: Transaction, now: int, rules: ListRules) -> Lists:
    """Trending and popular of the last 24 hours, and hot, which has the same signals."""
    during = window("24h", now)
    sums = await window_sums(tx, during)
    files = await rankable(tx, now)
    hot = await apart(len(files), candidates.hot, files, sums, now)
    return {
        "trending.24h": await _trending(tx, files, sums, during, during, rules),
        "popular.24h": await _popular(files, sums, rules),
        "hot": _diverse(await _best(hot, rules.keep), rules),
    }


def period_builder(period: Period) -> Builder:
    """The builder of trending and popular of 7 or 30 days."""

    async def build_period(tx: Transaction, now: int, rules: ListRules) -> Lists:
        during = window(period, now)
        sums = await window_sums(tx, during)
        files = await rankable(tx, now)
        return {
            f"trending.{period}": await _trending(tx, files, sums, during, during, rules),
            f"popular.{period}": await _popular(files, sums, rules),
        }

    return build_period


async def build_all_time(tx: Transaction, now: int, rules: ListRules) -> Lists:
    """Trending since the first record, and popular by the counters, which are never purged."""
    during = window("all", now)
    span = await recorded_since(tx, now)
    sums = await window_sums(tx, during)
    files = await rankable(tx, now)
    return {
        "trending.all": await _trending(tx, files, sums, during, span, rules),
        "popular.all": await _popular(files, None, rules),
    }


async def build_rising(tx: Transaction, now: int, rules: ListRules) -> Lists:
    """Files with more actors in the last 24 hours than the week before led to expect.

    The week is read for the files with the most actors first, and for no more than can matter.
    """
    actors = await actors_by_file(tx, window("24h", now))
    files = {file.media_file_id: file for file in await rankable(tx, now)}
    enough = max(1, rules.minimum_actors)
    waiting = sorted(
        ((count, one) for one, count in actors.items() if count >= enough and one in files),
        reverse=True,
    )
    best: list[Candidate] = []
    for start in range(0, len(waiting), _CHUNK):
        if _settled(best, waiting[start][0], rules.keep):
            break
        chunk = [one for _, one in waiting[start : start + _CHUNK]]
        expected = await expected_actors(tx, chunk, now)
        risen = candidates.risen((files[one] for one in chunk), actors, expected)
        best = heapq.nlargest(rules.keep, [*best, *risen])
    return {"rising": _diverse([entry for _, entry in best], rules)}


async def build_rated(tx: Transaction, now: int, rules: ListRules) -> Lists:
    """Top rated and controversial, by the votes that stand and weigh."""
    files = await weighed(tx, now)
    rated = await apart(len(files), candidates.top_rated, files)
    disputed = await apart(len(files), candidates.controversial, files)
    return {
        "top-rated": await _best(rated, rules.keep),
        "controversial": await _best(disputed, rules.keep),
    }


async def _trending(
    tx: Transaction,
    files: Sequence[Facts],
    sums: Mapping[int, Sums],
    during: Window,
    span: Window,
    rules: ListRules,
) -> list[Entry]:
    moving = await apart(len(files), candidates.trending, files, sums, span)
    return _diverse(await _with_actors(tx, moving, during, rules), rules)


async def _popular(
    files: Sequence[Facts], sums: Mapping[int, Sums] | None, rules: ListRules
) -> list[Entry]:
    played = await apart(len(files), candidates.popular, files, sums)
    return await _best(played, rules.keep)


async def _best(those: Sequence[Candidate], count: int) -> list[Entry]:
    """The first ``count``, in order."""
    best = await apart(len(those), heapq.nlargest, count, those)
    return [entry for _, entry in best]


async def _with_actors(
    tx: Transaction, those: Sequence[Candidate], during: Window, rules: ListRules
) -> list[Entry]:
    """The first that enough different actors moved; asked in order, until the list is full."""
    kept: list[Entry] = []
    asked = 0
    while asked < len(those) and len(kept) < rules.keep:
        ordered = await _best(those, max(_CHUNK, asked * 4))
        unasked = ordered[asked:]
        ids = [entry.media_file_id for entry in unasked]
        enough = await with_enough_actors(tx, ids, during, rules.minimum_actors)
        kept += [entry for entry in unasked if entry.media_file_id in enough]
        asked = len(ordered)
    return kept[: rules.keep]


def _settled(best: Sequence[Candidate], most_actors: int, keep: int) -> bool:
    """Whether no file with so many actors can enter: to expect none is the best case."""
    return len(best) == keep and best[-1].key[0] > rising(most_actors, 0.0)


def _diverse(entries: Sequence[Entry], rules: ListRules) -> list[Entry]:
    if rules.per_owner <= 0:
        return list(entries)
    return diversify(entries, lambda entry: entry.owner_id, rules.per_owner, rules.diverse_within)
