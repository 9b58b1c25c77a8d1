"""The rules of ranking: scores, and the total order of every list. No database, no clock."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

T = TypeVar("T")
SortKey = tuple[float, ...]

PLAY_WEIGHT = 1.0
VOTE_WEIGHT = 2.0
COMMENT_WEIGHT = 3.0
DOWNLOAD_WEIGHT = 1.5
HALF_LIFE_HOURS = 24.0
RISING_FLOOR = 10
EARLIER_WINDOWS = 7
Z_95_PERCENT = 1.96

_GREATEST = 2**63 - 1
_NEVER = -(2**63)


class Hotness(NamedTuple):
    """A hotness with its parts: ``score`` is ``unrounded`` as a 64-bit integer."""

    raw: float
    decay: float
    unrounded: float
    score: int


def engagement(plays: int, net_votes: int, comments: int, downloads: int) -> float:
    """The weighted sum of the signals; net votes may make it negative."""
    return (
        _real(plays) * PLAY_WEIGHT
        + _real(net_votes) * VOTE_WEIGHT
        + _real(comments) * COMMENT_WEIGHT
        + _real(downloads) * DOWNLOAD_WEIGHT
    )


def hotness(plays: int, net_votes: int, comments: int, downloads: int, age_hours: float) -> Hotness:
    """The specified score: weighted signals of the last 24 hours, halved with each day of age.

    A negative age, from a clock that runs ahead, counts as none.
    """
    raw = engagement(plays, net_votes, comments, downloads)
    decay = math.pow(0.5, max(age_hours, 0.0) / HALF_LIFE_HOURS)
    unrounded = raw * decay * 100
    return Hotness(raw, decay, unrounded, rounded(unrounded))


def rounded(value: float) -> int:
    """The nearest integer, halves towards plus infinity as in JavaScript, kept within 64 bits."""
    if value >= _GREATEST:
        return _GREATEST
    if value <= -_GREATEST:
        return -_GREATEST
    below = math.floor(value)
    # Not floor(value + 0.5): the sum itself rounds, and makes 1 of 0.49999999999999994.
    return below if value - below < 0.5 else below + 1


def velocity(plays: int, net_votes: int, comments: int, downloads: int, hours: float) -> float:
    """Weighted signals per hour, over a window of so many hours. Age plays no part."""
    return engagement(plays, net_votes, comments, downloads) / hours


def rising(actors: int, expected: float) -> float:
    """How far the actors now exceed what the windows before led to expect.

    Observed against expected with a floor, so that one actor after none is no surprise; a file
    that is steadily loved scores about 0, which is the purpose.
    """
    return (actors - expected) / math.sqrt(expected + RISING_FLOOR)


def wilson_lower_bound(up: int, down: int, z: float = Z_95_PERCENT) -> float:
    """The share of up-votes that is at least likely, given how few voted: 0 without votes.

    The lower bound of the Wilson score interval; ``z`` is the normal quantile of the confidence.
    """
    centre, smoothing, margin, weight = wilson_parts(up, down, z)
    return max(0.0, (centre + smoothing - margin) * weight)


def wilson_parts(up: int, down: int, z: float = Z_95_PERCENT) -> tuple[float, float, float, float]:
    """Share of up-votes, its pull towards one half, the margin of error, and their weight."""
    votes = up + down
    if votes == 0:
        return 0.0, 0.0, 0.0, 1.0
    share = up / votes
    square = z * z / votes
    margin = z * math.sqrt((share * (1 - share) + square / 4) / votes)
    return share, square / 2, margin, 1 / (1 + square)


def controversy(up: int, down: int) -> float:
    """Many votes, evenly split, score high; 0 if nobody disagrees."""
    if up <= 0 or down <= 0:
        return 0.0
    return math.pow(up + down, min(up, down) / max(up, down))


def by_score(score: float, last_event_at: int | None, media_file_id: int) -> SortKey:
    """Trending, popular and rising: score, then the last qualifying event, then the newer id."""
    return score, _moment(last_event_at), media_file_id


def by_hotness(
    unrounded: float, last_event_at: int | None, created_at: int, media_file_id: int
) -> SortKey:
    """Hot: the score before rounding, which tells apart what rounding makes equal."""
    return unrounded, _moment(last_event_at), created_at, media_file_id


def by_votes(score: float, votes: int, last_event_at: int | None, media_file_id: int) -> SortKey:
    """Top rated and controversial: score, then the number of votes behind it."""
    return score, votes, _moment(last_event_at), media_file_id


def diversify(
    entries: Sequence[T],
    owner_of: Callable[[T], str | None],
    per_owner: int = 2,
    within: int = 10,
) -> list[T]:
    """At most ``per_owner`` entries of one owner among the first ``within``.

    Displaced entries follow in their order, as do all others; where other owners cannot fill the
    first places, displaced entries do. Entries without an owner are not limited.
    """
    held: Counter[str] = Counter()
    first: list[T] = []
    displaced: list[T] = []
    for place, entry in enumerate(entries):
        if len(first) == within:
            return [*first, *displaced, *entries[place:]]
        owner = owner_of(entry)
        if owner is None or held[owner] < per_owner:
            first.append(entry)
            held.update(() if owner is None else (owner,))
        else:
            displaced.append(entry)
    return [*first, *displaced]


def _moment(instant: int | None) -> int:
    return _NEVER if instant is None else instant


def _real(count: int) -> float:
    """A count as a float; no count a database can hold exceeds one."""
    return float(max(-_GREATEST, min(_GREATEST, count)))
