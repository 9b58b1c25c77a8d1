"""How much caps leave. Periods are calendar ones in UTC, in whole days since the Unix epoch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta

import msgspec

from groundswell.contract.terms import CapPeriod, RewardCap
from groundswell.contract.times import DAY

_EPOCH = date(1970, 1, 1)
_THURSDAY = 3
"""Days from a Monday to the day of the epoch."""
_EVER = (-(2**31), 2**31)


class Given(msgspec.Struct, frozen=True):
    """What was given within a cap's period already."""

    amount_minor: int = 0
    rewards: int = 0


def day_of(instant: int) -> int:
    """The day of an instant (microseconds)."""
    return instant // DAY


def period_of(period: CapPeriod, day: int) -> tuple[int, int]:
    """The first day of the period that a day is in, and the first day after it."""
    if period == "day":
        return day, day + 1
    if period == "week":
        monday = day - (day + _THURSDAY) % 7
        return monday, monday + 7
    if period == "month":
        return _month(_EPOCH + timedelta(days=day))
    return _EVER


def _month(moment: date) -> tuple[int, int]:
    first = moment.replace(day=1)
    after = (first + timedelta(days=32)).replace(day=1)
    return (first - _EPOCH).days, (after - _EPOCH).days


def allowed(
    wanted: int, caps: Sequence[RewardCap], given: Callable[[RewardCap], Given]
) -> int | None:
    """How much of an amount all caps leave; None if there may be no reward at all."""
    for cap in caps:
        before = given(cap)
        if cap.rewards is not None and before.rewards >= cap.rewards:
            return None
        if cap.amount_minor is not None and wanted:
            left = min(wanted, cap.amount_minor - before.amount_minor)
            if left <= 0:
                return None
            wanted = left
    return wanted
