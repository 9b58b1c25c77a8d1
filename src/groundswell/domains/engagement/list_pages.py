"""From the entries of a list to what a reader sees: files as they are now, scores as computed."""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from typing import NamedTuple

from msgspec.structs import asdict, replace

from groundswell.domains.engagement.actors import distinct_actors
from groundswell.domains.engagement.candidates import Entry
from groundswell.domains.engagement.files import File
from groundswell.domains.engagement.ranked_statements import still_rankable
from groundswell.domains.engagement.views import Explanation, ListName, Period, RankedMedia
from groundswell.domains.engagement.windows import Window, window
from groundswell.store import Store

_SPARE = 10


class Shown(NamedTuple):
    """An entry that may be shown, and its file."""

    entry: Entry
    file: File


async def first_shown(store: Store, entries: Sequence[Entry], limit: int, now: int) -> list[Shown]:
    """The first entries whose files may still be shown; a few more are asked for than needed."""
    shown: list[Shown] = []
    start = 0
    while len(shown) < limit and start < len(entries):
        asked = entries[start : start + limit + _SPARE]
        files = await still_rankable(store, [entry.media_file_id for entry in asked], now)
        shown += [
            Shown(entry, files[entry.media_file_id])
            for entry in asked
            if entry.media_file_id in files
        ]
        start += len(asked)
    return shown[:limit]


def ranked(shown: Sequence[Shown]) -> list[RankedMedia]:
    """The entries at their positions."""
    return [
        RankedMedia(
            **asdict(file.view()),
            position=position,
            score=entry.score,
            period_play_count=entry.plays,
        )
        for position, (entry, file) in enumerate(shown, 1)
    ]


def actors_window(name: ListName, period: Period, as_of: int) -> Window | None:
    """The window whose distinct actors explain a place in the list, if any do."""
    if name == "trending":
        return window(period, as_of)
    return window("24h", as_of) if name == "hot" else None


async def explained(
    store: Store,
    items: Sequence[RankedMedia],
    shown: Sequence[Shown],
    during: Window | None,
    known: MutableMapping[int, int],
) -> list[RankedMedia]:
    """The same items with explanations; counts of actors are taken from ``known`` or added."""
    if during is not None:
        unknown = [item.media_file_id for item in items if item.media_file_id not in known]
        found = await distinct_actors(store, unknown, during) if unknown else {}
        known.update({one: found.get(one, 0) for one in unknown})
    return [
        replace(item, explain=_explanation(entry, known, during is not None))
        for item, (entry, _) in zip(items, shown, strict=True)
    ]


def _explanation(entry: Entry, actors: MutableMapping[int, int], has_actors: bool) -> Explanation:
    explanation = entry.explain()
    if not has_actors:
        return explanation
    return replace(explanation, distinct_actors=actors[entry.media_file_id])
