"""Windows of time in a time zone: half-open, without gaps, whatever the clocks do there."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final, Literal, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from groundswell.contract.times import from_datetime, to_datetime

Recurrence = Literal["all_time", "daily", "weekly", "monthly"]

FOREVER: Final = 2**62
"""The end of a window that never ends."""


class Window(NamedTuple):
    """From ``start`` on, before ``end``."""

    start: int
    end: int


ALL_TIME: Final = Window(0, FOREVER)


def zone_of(name: str) -> ZoneInfo:
    """The time zone of an IANA name.

    Raises:
        ValueError: there is none.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"There is no time zone {name!r}") from error


def window_at(recurrence: Recurrence, zone: ZoneInfo, instant: int) -> Window:
    """The window that holds an instant.

    A day begins with its first instant there: where clocks skip midnight, with the skip; where
    they go back over it, with the first of the two. A day that a zone left out is no window.
    """
    if recurrence == "all_time":
        return ALL_TIME
    first = _first_day(recurrence, to_datetime(instant).astimezone(zone).date())
    # Clocks that go back over midnight show the old date again after the new day has begun.
    while True:
        following = _next_day(recurrence, first)
        window = Window(_midnight(first, zone), _midnight(following, zone))
        if instant < window.end:
            return window
        first = following


def window_after(recurrence: Recurrence, zone: ZoneInfo, window: Window) -> Window:
    """The window that begins where this one ends."""
    return window_at(recurrence, zone, window.end)


def _first_day(recurrence: Recurrence, day: date) -> date:
    if recurrence == "weekly":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if recurrence == "monthly" else day


def _next_day(recurrence: Recurrence, first: date) -> date:
    if recurrence == "monthly":
        return (first + timedelta(days=31)).replace(day=1)
    return first + timedelta(days=7 if recurrence == "weekly" else 1)


def _midnight(day: date, zone: ZoneInfo) -> int:
    """A midnight that is skipped is the instant of the skip (the offset before it holds)."""
    return from_datetime(datetime(day.year, day.month, day.day, tzinfo=zone))
