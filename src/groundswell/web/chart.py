"""Plays over time as the bars, lines and labels of a chart."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from groundswell.contract import times
from groundswell.domains.engagement.views import Period, TimeBucket

HEIGHT = 100
"""Height of the chart's view box; its width is ``SLOT`` for each bar."""
SLOT = 10
_GAP = 2
_STEPS = (2, 4, 6, 8, 10)


class Bar(msgspec.Struct, frozen=True):
    """One interval: its place in the view box, its label and its plays."""

    x: float
    y: float
    width: float
    height: float
    label: str
    plays: int


class Chart(msgspec.Struct, frozen=True):
    """A drawn series. ``ceiling`` is the value at the top line, ``ticks`` label the time axis."""

    bars: list[Bar]
    width: int
    ceiling: int
    ticks: list[str]
    total: int
    busiest: Bar | None


def chart_of(buckets: Sequence[TimeBucket], period: Period) -> Chart:
    """The chart of a series of buckets, oldest first."""
    ceiling = nice_ceiling(max((bucket.plays for bucket in buckets), default=0))
    bars = [_bar(place, bucket, ceiling, period) for place, bucket in enumerate(buckets)]
    return Chart(
        bars=bars,
        width=SLOT * len(bars),
        ceiling=ceiling,
        ticks=_ticks(bars),
        total=sum(bar.plays for bar in bars),
        busiest=max(bars, key=lambda bar: bar.plays, default=None),
    )


def nice_ceiling(highest: int) -> int:
    """The smallest of 2, 4, 6, 8, 10, 20, 40, ... not under ``highest``: its half is whole."""
    unit = 1
    while 10 * unit < highest:
        unit *= 10
    return next(step * unit for step in _STEPS if step * unit >= highest)


def _bar(place: int, bucket: TimeBucket, ceiling: int, period: Period) -> Bar:
    height = round(HEIGHT * bucket.plays / ceiling, 2)
    return Bar(
        x=place * SLOT + _GAP / 2,
        y=HEIGHT - height,
        width=SLOT - _GAP,
        height=height,
        label=_label(bucket.start, period),
        plays=bucket.plays,
    )


def _label(start: str, period: Period) -> str:
    moment = times.to_datetime(times.from_rfc3339(start))
    if period == "24h":
        return f"{moment:%a %H:%M}"
    whole_day = moment.hour == 0 and moment.minute == 0
    return f"{moment:%a %-d %b}" if whole_day else f"{moment:%a %-d %b, %H:%M}"


def _ticks(bars: Sequence[Bar]) -> list[str]:
    """The first, the middle and the last interval: as many as a phone has room for."""
    if len(bars) < 3:
        return [bar.label for bar in bars]
    return [bars[0].label, bars[len(bars) // 2].label, bars[-1].label]
