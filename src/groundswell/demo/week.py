"""The replayed week: when each song was heard, and which part of the week is history."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import attrgetter

import msgspec

from groundswell.contract.times import DAY, MINUTE
from groundswell.demo.dataset import Airing

SONG_LENGTH = 4 * MINUTE
HISTORY = 6 * DAY
"""The first six days are loaded at once, the seventh is played live."""


class Week(msgspec.Struct, frozen=True):
    """Airings in order, divided at the instant that becomes the present."""

    history: tuple[Airing, ...]
    live: tuple[Airing, ...]
    present: int
    """In the time of the data, µs: later airings are live."""

    @property
    def whole(self) -> tuple[Airing, ...]:
        """All airings in order."""
        return self.history + self.live


def week_of(sightings: Iterable[Airing]) -> Week:
    """The week as it is replayed.

    Raises:
        ValueError: there are no sightings.
    """
    airings = spread(sightings)
    if not airings:
        raise ValueError("a week without a play cannot be replayed")
    present = airings[0].at + HISTORY
    return Week(
        history=tuple(one for one in airings if one.at <= present),
        live=tuple(one for one in airings if one.at > present),
        present=present,
    )


def spread(sightings: Iterable[Airing]) -> list[Airing]:
    """Songs that a station was seen to have played, put one song's length apart.

    A station's list was read from time to time, so up to fifty songs bear one and the same time:
    the last of them was heard then, the others before it.
    """
    by_reading = attrgetter("station", "at")
    readings = groupby(sorted(sightings, key=by_reading), key=by_reading)
    airings = [one for _, reading in readings for one in _apart(list(reading))]
    return sorted(airings, key=lambda one: (one.at, one.station))


def _apart(reading: Sequence[Airing]) -> list[Airing]:
    last = len(reading) - 1
    return [
        Airing(one.at - (last - place) * SONG_LENGTH, one.station, one.song)
        for place, one in enumerate(reading)
    ]
