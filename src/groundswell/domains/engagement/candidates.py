"""From sums and counters to candidates: an entry for each list a file has a claim to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import NamedTuple

from groundswell.domains.engagement import explanations, ranking
from groundswell.domains.engagement.ranked_statements import Facts
from groundswell.domains.engagement.ranking import SortKey
from groundswell.domains.engagement.views import Explanation
from groundswell.domains.engagement.windows import NOTHING, Sums, Window


class Entry(NamedTuple):
    """A file in a list; ``plays`` are those of the list's period, if it has one."""

    media_file_id: int
    owner_id: str | None
    score: float
    plays: int | None
    explain: Callable[[], Explanation]


class Candidate(NamedTuple):
    """An entry with its place in the order. Keys end with the id, so that no two are equal."""

    key: SortKey
    entry: Entry


def trending(files: Iterable[Facts], sums: Mapping[int, Sums], span: Window) -> list[Candidate]:
    """Files that move, by engagement per hour."""
    candidates = []
    for file in files:
        own = sums.get(file.media_file_id, NOTHING)
        score = ranking.velocity(*_signals(own), span.hours)
        if score > 0:
            explain = partial(explanations.of_velocity, own, span.hours, score)
            candidates.append(_by_score(file, score, own.plays, explain))
    return candidates


def popular(files: Iterable[Facts], sums: Mapping[int, Sums] | None) -> list[Candidate]:
    """Files that were played, by plays in the window, or by the counter if there are no sums."""
    candidates = []
    for file in files:
        own = file.play_count if sums is None else sums.get(file.media_file_id, NOTHING).plays
        if own > 0:
            candidates.append(_by_score(file, own, own, partial(explanations.of_plays, own)))
    return candidates


def hot(files: Iterable[Facts], sums: Mapping[int, Sums], now: int) -> list[Candidate]:
    """Every file, by hotness: a score of nothing, or less, is a place in the list as well."""
    candidates = []
    for file in files:
        own = sums.get(file.media_file_id, NOTHING)
        age = file.age_hours(now)
        hotness = ranking.hotness(*_signals(own), age)
        key = ranking.by_hotness(
            hotness.unrounded, file.last_event_at, file.created_at, file.media_file_id
        )
        explain = partial(explanations.of_hotness, own, age, hotness)
        entry = Entry(file.media_file_id, file.owner_id, hotness.score, own.plays, explain)
        candidates.append(Candidate(key, entry))
    return candidates


def risen(
    files: Iterable[Facts], actors: Mapping[int, int], expected: Mapping[int, float]
) -> list[Candidate]:
    """Files with more actors than expected, by how much more."""
    candidates = []
    for file in files:
        now, before = actors[file.media_file_id], expected.get(file.media_file_id, 0.0)
        score = ranking.rising(now, before)
        if score > 0:
            explain = partial(explanations.of_rising, now, before)
            candidates.append(_by_score(file, score, None, explain))
    return candidates


def top_rated(files: Iterable[Facts]) -> list[Candidate]:
    """Files with votes, by the share of up-votes that is at least likely."""
    voted = (file for file in files if file.upvotes + file.downvotes > 0)
    return [
        _by_votes(file, ranking.wilson_lower_bound(*votes), partial(explanations.of_rating, *votes))
        for file in voted
        for votes in [(file.upvotes, file.downvotes)]
    ]


def controversial(files: Iterable[Facts]) -> list[Candidate]:
    """Files with votes of both kinds, by how many and how evenly split."""
    disputed = (file for file in files if file.upvotes > 0 and file.downvotes > 0)
    return [
        _by_votes(file, ranking.controversy(*votes), partial(explanations.of_controversy, *votes))
        for file in disputed
        for votes in [(file.upvotes, file.downvotes)]
    ]


def _signals(sums: Sums) -> tuple[int, int, int, int]:
    return sums.qualified_plays, sums.net_votes, sums.comments, sums.downloads


def _by_score(
    file: Facts, score: float, plays: int | None, explain: Callable[[], Explanation]
) -> Candidate:
    key = ranking.by_score(score, file.last_event_at, file.media_file_id)
    return Candidate(key, Entry(file.media_file_id, file.owner_id, score, plays, explain))


def _by_votes(file: Facts, score: float, explain: Callable[[], Explanation]) -> Candidate:
    votes = file.upvotes + file.downvotes
    key = ranking.by_votes(score, votes, file.last_event_at, file.media_file_id)
    return Candidate(key, Entry(file.media_file_id, file.owner_id, score, None, explain))
