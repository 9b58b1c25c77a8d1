"""The figures of the last minutes, for what needs to know how they move: the page and the alerts.

What is kept is what the parts say of themselves, exactly what ``/metrics`` shows; there is nothing
here that Prometheus could not compute from it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import suppress

from groundswell.ops.metrics import Labels, Statistics, parsed

Values = Mapping[tuple[str, Labels], float]


class Reading:
    """What all parts said at one moment; ``at`` is in seconds of some steady clock."""

    __slots__ = ("_by_name", "at")

    def __init__(self, at: float, values: Values) -> None:
        self.at = at
        self._by_name: dict[str, dict[Labels, float]] = {}
        for (name, labels), value in values.items():
            self._by_name.setdefault(name, {})[labels] = value

    def total(self, name: str, **labels: str) -> float:
        """The sum of all series of this name that have these labels; 0 if there is none."""
        wanted = set(labels.items())
        series = self._by_name.get(name, {})
        return sum(value for has, value in series.items() if wanted <= set(has))

    def by(self, name: str, label: str, **labels: str) -> dict[str, float]:
        """The sums of the series with these labels, by the values of another label."""
        wanted, sums = set(labels.items()), dict[str, float]()
        for has, value in self._by_name.get(name, {}).items():
            if wanted <= set(has):
                key = dict(has).get(label, "")
                sums[key] = sums.get(key, 0.0) + value
        return sums

    def series(self, name: str, *labels: str) -> Iterator[tuple[tuple[str, ...], float]]:
        """Every series of this name: the values of these labels, and its own."""
        for has, value in self._by_name.get(name, {}).items():
            said = dict(has)
            yield tuple(said.get(label, "") for label in labels), value


class Window:
    """What happened between two readings."""

    def __init__(self, first: Reading, last: Reading) -> None:
        self.first = first
        self.last = last

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.last.at - self.first.at

    def grown(self, name: str, **labels: str) -> float:
        """By how much a counter grew."""
        return max(0.0, self.last.total(name, **labels) - self.first.total(name, **labels))

    def rate(self, name: str, **labels: str) -> float:
        """By how much a counter grew in a second."""
        return self.grown(name, **labels) / self.seconds if self.seconds > 0 else 0.0

    def quantile(self, share: float, name: str) -> float | None:
        """The quantile of a histogram, found as ``histogram_quantile`` finds it; None: nothing.

        Within a bucket values are taken to lie evenly; above the highest bound, at that bound.
        """
        before, after = self.first.by(name, "le"), self.last.by(name, "le")
        bounds = sorted((float(bound), bound) for bound in after)
        counts = [after[text] - before.get(text, 0.0) for _, text in bounds]
        if not counts or counts[-1] <= 0:
            return None
        rank = share * counts[-1]
        place = min(bisect_left(counts, rank), len(counts) - 1)
        if place == len(counts) - 1:
            return bounds[-2][0] if len(bounds) > 1 else None
        below, low = (counts[place - 1], bounds[place - 1][0]) if place else (0.0, 0.0)
        inside = counts[place] - below
        part = (rank - below) / inside if inside > 0 else 1.0
        return low + (bounds[place][0] - low) * part


class History:
    """The newest readings of ``parts``, ``most`` of them."""

    def __init__(self, parts: Mapping[str, Statistics], *, most: int = 61) -> None:
        self._parts = parts
        self._readings: deque[Reading] = deque(maxlen=most)
        # The names are the same each time: parsed once, and one object in all readings.
        self._names: dict[tuple[str, str], tuple[str, Labels]] = {}

    def read(self, at: float) -> Reading:
        """Ask every part now and keep what they say."""
        values: dict[tuple[str, Labels], float] = {}
        for part, statistics in self._parts.items():
            # A part that cannot answer is told by /metrics; the others are looked at all the same.
            with suppress(Exception):
                values |= {self._name(part, key): value for key, value in statistics().items()}
        reading = Reading(at, values)
        self._readings.append(reading)
        return reading

    def last(self, seconds: float) -> Window:
        """The newest window of about this length, or as much of it as there is.

        Raises:
            LookupError: nothing was read yet.
        """
        if not self._readings:
            raise LookupError("nothing was read yet")
        newest = self._readings[-1]
        since = newest.at - seconds
        first = next(one for one in self._readings if one.at >= since - 0.5)
        return Window(first, newest)

    def steps(self, seconds: float) -> Iterator[Window]:
        """For each reading but the first a window of about this length, oldest first."""
        readings = list(self._readings)
        start = 0
        for place in range(1, len(readings)):
            while start < place - 1 and readings[place].at - readings[start].at > seconds + 0.5:
                start += 1
            yield Window(readings[start], readings[place])

    def _name(self, part: str, key: str) -> tuple[str, Labels]:
        known = self._names.get((part, key))
        if known is None:
            name, labels = parsed(key)
            known = self._names[part, key] = (f"{part}_{name}", labels)
        return known
