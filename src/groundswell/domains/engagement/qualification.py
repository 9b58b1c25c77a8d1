"""When a play, download or view counts for the rankings.

Everything accepted is logged and counted. It *qualifies* only if it lasted long enough, was not
the owner's own, and the same actor did not qualify with the same file within a rolling window.
Windows roll, they do not follow the calendar: a calendar window lets two events through at its
seam.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from dataclasses import dataclass
from typing import Literal

from groundswell.contract.times import DAY, HOUR, MINUTE

Kind = Literal["play", "download", "view"]
Disqualified = Literal["too_short", "own", "repeated"]

PLAY_SECONDS = 30
CLOCK_TOLERANCE = 5 * MINUTE


@dataclass(frozen=True, slots=True)
class Windows:
    """For how long a repeat by the same actor does not qualify, in microseconds."""

    play: int = HOUR
    download: int = DAY
    view: int = HOUR

    def of(self, kind: Kind) -> int:
        """The window of one kind."""
        lengths: dict[Kind, int] = {
            "play": self.play,
            "download": self.download,
            "view": self.view,
        }
        return lengths[kind]


def play_threshold(duration_seconds: int | None) -> float:
    """Seconds that must be played: half of the file but at most 30; 30 if its length is unknown."""
    if duration_seconds is None:
        return PLAY_SECONDS
    return min(PLAY_SECONDS, duration_seconds / 2)


def long_enough(play_duration: float | None, duration_seconds: int | None) -> bool:
    """Whether a play lasted long enough. One of unknown length is taken at its word."""
    return play_duration is None or play_duration >= play_threshold(duration_seconds)


def happened_at(received: int, occurred: int | None) -> int:
    """When a thing happened: the client's time if it gave one, but never in the future."""
    return received if occurred is None else min(occurred, received)


def clear_of(times: list[int], at: int, window: int) -> bool:
    """Whether no time of the sorted list lies within ``window`` of ``at``, exclusive."""
    place = bisect_right(times, at - window)
    return place == len(times) or times[place] >= at + window


def remember(times: list[int], at: int) -> None:
    """Put a time into the sorted list."""
    insort(times, at)
