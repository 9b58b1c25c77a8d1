"""Exact sums over a period of time, without reading the logs of the whole period.

The window that ends at T is ``T - W < t <= T``. Its whole hours come from ``media_hours``; the
part of an hour at its beginning comes from the logs, and what the last hour holds from after T is
taken off again. So a sum costs the rows of the hours plus at most two hours of log, whatever the
length of the window.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from groundswell.contract.times import DAY, HOUR
from groundswell.domains.engagement.apart import apart
from groundswell.domains.engagement.views import Period
from groundswell.store import BIGINT, Row, Statement, Transaction

PERIODS: tuple[Period, ...] = ("24h", "7d", "30d", "all")
_LENGTHS: dict[Period, int] = {"24h": DAY, "7d": 7 * DAY, "30d": 30 * DAY}
_ALWAYS = -(2**62)


class Window(NamedTuple):
    """The instants after ``after`` up to and including ``until``, in microseconds."""

    after: int
    until: int

    @property
    def first_hour(self) -> int:
        """The start of the first hour that lies in the window from its beginning."""
        return self.after - self.after % HOUR + HOUR

    @property
    def last_hour(self) -> int:
        """The start of the hour in which the window ends."""
        return self.until - self.until % HOUR

    @property
    def hours(self) -> float:
        """The length in hours."""
        return (self.until - self.after) / HOUR


class Sums(NamedTuple):
    """What happened to one file in a window; downloads are the qualified ones."""

    plays: int = 0
    qualified_plays: int = 0
    downloads: int = 0
    comments: int = 0
    net_votes: int = 0


NOTHING = Sums()


def window(period: Period, now: int) -> Window:
    """The window of the period that ends now; ``all`` begins before anything happened."""
    if period == "all":
        return Window(_ALWAYS, now)
    return Window(now - _LENGTHS[period], now)


_WEIGHT = "CASE WHEN l.quarantined_by IS NOT NULL THEN 0 WHEN l.vote_type = 'up' THEN 1 ELSE -1 END"
# A vote counts at the time it was last cast, which is where media_hours has it too.
_LOGS = (
    ("play_logs", "completed_at", "1", "l.qualified", "0", "0", "0"),
    ("download_logs", "downloaded_at", "0", "0", "l.qualified", "0", "0"),
    ("comments", "created_at", "0", "0", "0", "1", "0"),
    ("votes", "updated_at", "0", "0", "0", "0", _WEIGHT),
)
_EDGES = (("+", ":after", ":first_hour"), ("-", ":until", ":next_hour"))
_TOTALS = ", ".join(f"CAST(SUM(s.{name}) AS BIGINT)" for name in Sums._fields)


def _edges(source: str, condition: str) -> str:
    """Log rows strictly between the ends of the edges, those after the window subtracted."""
    return " UNION ALL ".join(
        f"SELECT l.media_file_id, {_signed(sign, values)} FROM {source} {log} l"  # noqa: S608 - ours
        f" WHERE {condition} l.{at} > {start} AND l.{at} < {end}"
        for log, at, *values in _LOGS
        for sign, start, end in _EDGES
    )


def _signed(sign: str, values: Sequence[str]) -> str:
    named = zip(values, Sums._fields, strict=True)
    return ", ".join(f"{sign} {value} AS {name}" for value, name in named)


_HOURS = "SELECT l.media_file_id, " + ", ".join(f"l.{name}" for name in Sums._fields)
# CROSS JOIN keeps SQLite from reading the log first and looking the chosen files up.
_CHOSEN = "{rows} chosen CROSS JOIN"
_OF_CHOSEN = "l.media_file_id = chosen.media_file_id AND"
_IDS = {"media_file_id": BIGINT}

# Index ix_media_hours_hour: few rows of many files.
SUM_DAY = Statement(
    f"""
    SELECT s.media_file_id, {_TOTALS} FROM media_hours s
    WHERE s.hour >= :first_hour AND s.hour <= :last_hour GROUP BY s.media_file_id
    """  # noqa: S608 - names of ours
)
# The primary key, file by file: many rows of each file, and nothing to sort on SQLite.
SUM_HOURS = Statement(
    f"""
    SELECT m.media_file_id, {_TOTALS} FROM media m CROSS JOIN media_hours s
    WHERE s.media_file_id = m.media_file_id
      AND s.hour >= :first_hour AND s.hour <= :last_hour GROUP BY m.media_file_id
    """  # noqa: S608 - names of ours
)
# The time index of each log.
SUM_EDGES = Statement(
    f"SELECT s.media_file_id, {_TOTALS} FROM ({_edges('', '')}) s GROUP BY s.media_file_id"  # noqa: S608 - names of ours
)
# The primary key of media_hours and the (media_file_id, time) index of each log.
SUM_CHOSEN = Statement(
    f"""
    SELECT s.media_file_id, {_TOTALS} FROM (
      {_HOURS} FROM {_CHOSEN} media_hours l
      WHERE {_OF_CHOSEN} l.hour >= :first_hour AND l.hour <= :last_hour
      UNION ALL {_edges(_CHOSEN, _OF_CHOSEN)}
    ) s GROUP BY s.media_file_id
    """,  # noqa: S608 - names of ours
    rows=_IDS,
)
FIRST_HOUR = Statement("SELECT MIN(hour) FROM media_hours")


async def window_sums(tx: Transaction, wanted: Window) -> dict[int, Sums]:
    """The sums of every file to which something happened in the window."""
    by_hour = SUM_DAY if wanted.hours <= 24 else SUM_HOURS
    hours = await tx.fetch(by_hour, first_hour=wanted.first_hour, last_hour=wanted.last_hour)
    edges = await tx.fetch(SUM_EDGES, **_edge_parameters(wanted))
    return await apart(len(hours), _merge, hours, edges)


async def media_window_sums(
    tx: Transaction, ids: Iterable[int], now: int, periods: Sequence[Period] = PERIODS[:3]
) -> dict[int, dict[Period, Sums]]:
    """The sums of these files in each period that ends now; files without any have zeros."""
    chosen = [(media_file_id,) for media_file_id in sorted(set(ids))]
    answer: dict[int, dict[Period, Sums]] = {one: {} for (one,) in chosen}
    for period in periods:
        wanted = window(period, now)
        found = await tx.fetch(
            SUM_CHOSEN, rows=chosen, last_hour=wanted.last_hour, **_edge_parameters(wanted)
        )
        sums = {row[0]: Sums._make(row[1:]) for row in found}
        for media_file_id, of_file in answer.items():
            of_file[period] = sums.get(media_file_id, NOTHING)
    return answer


async def recorded_since(tx: Transaction, now: int) -> Window:
    """The window from the first hour in which anything was recorded, at least one hour long."""
    first = (await tx.fetch(FIRST_HOUR))[0][0]
    return Window(now - HOUR if first is None else min(first - 1, now - HOUR), now)


def _edge_parameters(wanted: Window) -> dict[str, Any]:
    return {
        "after": wanted.after,
        "first_hour": wanted.first_hour,
        "until": wanted.until,
        "next_hour": wanted.last_hour + HOUR,
    }


def _merge(hours: Sequence[Row], edges: Sequence[Row]) -> dict[int, Sums]:
    merged = {row[0]: Sums._make(row[1:]) for row in hours}
    for media_file_id, *values in edges:
        before = merged.get(media_file_id, NOTHING)
        merged[media_file_id] = Sums._make(
            one + other for one, other in zip(before, values, strict=True)
        )
    return merged
