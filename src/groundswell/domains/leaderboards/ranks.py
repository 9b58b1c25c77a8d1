"""Scores, the order of participants, and how many are above a score without counting them all.

A board counts its participants by score, and again in buckets of 16, 256, … scores. How many
stand above a score is then the sum of a few counts of each level: those above it in its bucket,
the buckets above that one in the next larger, and so on (``entry_rows.above_sql``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

SHIFTS: Final = (0, 4, 8, 12, 16, 20, 24, 32)
"""A bucket of level n holds ``2 ** SHIFTS[n]`` scores; the last level has as many as there are."""

TOP: Final = 2**62

Place = tuple[int, int]
"""A level, and a bucket in it."""


class Standing(NamedTuple):
    """A participant's score, since when, and how many events of negative points it is made of."""

    score: int
    reached_at: int
    corrections: int = 0


def standing_of(events: Sequence[tuple[int, int]]) -> Standing | None:
    """What events of (instant, points) amount to; None if nothing counts.

    ``reached_at`` is the earliest instant up to which the points gained reach the score: the last
    counted event where nothing was taken off, and an earlier one where something was.
    """
    counted = sorted((at, points) for at, points in events if points != 0)
    if not counted:
        return None
    score = sum(points for _, points in counted)
    corrections = sum(points < 0 for _, points in counted)
    gained = 0
    for at, points in counted:
        gained += max(points, 0)
        if gained >= score:
            return Standing(score, at, corrections)
    raise AssertionError("what is gained is at least what is left of it")


def raised(standing: Standing | None, gains: Iterable[tuple[int, int]]) -> Standing | None:
    """The standing after new events of positive points; None if only all events can tell."""
    score, reached_at, corrections = standing or Standing(0, 0)
    if corrections:
        return None
    for at, points in gains:
        if points <= 0:
            return None
        score += points
        reached_at = max(reached_at, at)
    return Standing(score, reached_at)


def count_changes(moves: Iterable[tuple[int | None, int | None]]) -> Mapping[Place, int]:
    """How counts change when participants go from one score to another; None is off the board."""
    changes: defaultdict[Place, int] = defaultdict(int)
    for before, after in moves:
        for level, shift in enumerate(SHIFTS):
            if before is not None:
                changes[level, before >> shift] -= 1
            if after is not None:
                changes[level, after >> shift] += 1
    return {place: change for place, change in changes.items() if change}


def competition(scores: Iterable[int]) -> list[int]:
    """The positions 1-1-3 of scores that come in descending order."""
    positions: list[int] = []
    before: int | None = None
    for place, score in enumerate(scores, 1):
        positions.append(positions[-1] if score == before else place)
        before = score
    return positions
