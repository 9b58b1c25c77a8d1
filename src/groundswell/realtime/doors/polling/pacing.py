"""When a polling client asks again."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Pacing:
    """Durations in seconds; of a pair one value is drawn for each answer.

    ``idle`` is for clients that do not wait for an answer, ``hidden`` for those nobody looks at,
    ``crowded`` for those that could not wait because too many do. On draining clients come back
    spread over ``drain``. After something happened, ``gather`` lets what belongs to it come along.
    """

    idle: float = 5.0
    hidden: float = 60.0
    crowded: tuple[float, float] = (2.0, 6.0)
    drain: tuple[float, float] = (0.5, 10.5)
    gather: float = 0.02


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What an answer was given under; ``waits`` says that the client lets the server hold it."""

    more: bool = False
    waits: bool = True
    hidden: bool = False
    crowded: bool = False
    draining: bool = False


def next_poll(pacing: Pacing, now: Circumstances, random: Random) -> int:
    """Milliseconds until the next poll."""
    return round(1000 * _seconds(pacing, now, random))


def _seconds(pacing: Pacing, now: Circumstances, random: Random) -> float:
    if now.draining:
        return random.uniform(*pacing.drain)
    if now.more:
        return 0
    if now.hidden:
        return pacing.hidden
    if now.crowded:
        return random.uniform(*pacing.crowded)
    return 0 if now.waits else pacing.idle
