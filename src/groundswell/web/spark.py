"""Figures of the last minutes as lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

import msgspec

WIDTH = 300
"""Of the view box: one for each second of five minutes."""
HEIGHT = 100

_STEPS = (1, 2, 5)


class Point(Protocol):
    """What was measured so many seconds ago."""

    @property
    def seconds_ago(self) -> float:
        """Its place."""
        ...

    @property
    def p50(self) -> float | None:
        """Seconds that half took at most."""
        ...

    @property
    def p95(self) -> float | None:
        """Seconds that 95 % took at most."""
        ...

    @property
    def p99(self) -> float | None:
        """Seconds that 99 % took at most."""
        ...

    @property
    def told_per_second(self) -> float:
        """Messages told in a second."""
        ...


class Spark(msgspec.Struct, frozen=True):
    """Lines by name, as paths in a box of ``WIDTH`` by ``HEIGHT``, and the value of its top."""

    lines: dict[str, str]
    ceiling: float


def latency_of(series: Sequence[Point]) -> Spark:
    """The three percentiles of latency, in seconds."""
    return _spark(
        {
            "p99": [(one.seconds_ago, one.p99) for one in series],
            "p95": [(one.seconds_ago, one.p95) for one in series],
            "p50": [(one.seconds_ago, one.p50) for one in series],
        },
        least=0.01,
    )


def told_of(series: Sequence[Point]) -> Spark:
    """Messages told in a second."""
    return _spark({"told": [(one.seconds_ago, one.told_per_second) for one in series]}, least=1)


def rounded_up(highest: float, least: float) -> float:
    """The smallest of ``least`` times 1, 2, 5, 10, 20, ... that is not under ``highest``."""
    unit = least
    while True:
        for step in _STEPS:
            if step * unit >= highest:
                return step * unit
        unit *= 10


def _spark(lines: dict[str, list[tuple[float, float | None]]], *, least: float) -> Spark:
    values = [value for line in lines.values() for _, value in line if value is not None]
    ceiling = rounded_up(max(values, default=0.0), least)
    return Spark({name: _path(line, ceiling) for name, line in lines.items()}, ceiling)


def _path(line: Iterable[tuple[float, float | None]], ceiling: float) -> str:
    """Straight from point to point; where nothing was measured the line is interrupted."""
    path, pen_is_down = [], False
    for ago, value in line:
        if value is None:
            pen_is_down = False
            continue
        x, y = max(0.0, WIDTH - ago), HEIGHT - HEIGHT * value / ceiling
        # A dot where both neighbours are missing: a line to its own place.
        path.append(f"{'L' if pen_is_down else 'M'}{x:g} {y:.4g}" + ("" if pen_is_down else "h0"))
        pen_is_down = True
    return "".join(path)
