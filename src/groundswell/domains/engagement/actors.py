"""Who was there: distinct actors behind the qualified events of a window.

A list is worth something only if several people made it. Plays and downloads count if they
qualified, comments always, votes while they stand, at the time they were last cast, unless they
are quarantined.
"""

from __future__ import annotations

from collections.abc import Sequence

from groundswell.contract.times import DAY
from groundswell.domains.engagement.ranking import EARLIER_WINDOWS
from groundswell.domains.engagement.windows import Window
from groundswell.store import BIGINT, Row, Statement, Store, Transaction

_NEWEST = 32
_LOGS = (
    ("play_logs", "completed_at", "AND l.qualified = 1"),
    ("download_logs", "downloaded_at", "AND l.qualified = 1"),
    ("comments", "created_at", ""),
    ("votes", "updated_at", "AND l.quarantined_by IS NULL"),
)
_IDS = {"media_file_id": BIGINT}


def _events(source: str, condition: str) -> str:
    return " UNION ALL ".join(
        f"SELECT l.media_file_id, l.actor, l.{at} AS at FROM {source} {log} l"  # noqa: S608 - ours
        f" WHERE {condition} l.{at} > :after AND l.{at} <= :until {qualified}"
        for log, at, qualified in _LOGS
    )


def _newest_events() -> str:
    """The newest actors of one file in each log: enough for most, whatever the file's fame."""
    return " UNION ALL ".join(
        f"SELECT n.actor FROM (SELECT l.actor FROM {log} l"  # noqa: S608 - ours
        " WHERE l.media_file_id = chosen.media_file_id"
        f" AND l.{at} > :after AND l.{at} <= :until {qualified}"
        f" ORDER BY l.{at} DESC LIMIT {_NEWEST}) n"
        for log, at, qualified in _LOGS
    )


_OF_CHOSEN = _events("{rows} chosen CROSS JOIN", "l.media_file_id = chosen.media_file_id AND")

# All of these go by the (media_file_id, time) index of each log, and the votes' primary key.
COUNT_ACTORS = Statement(
    f"""
    SELECT e.media_file_id, COUNT(DISTINCT e.actor) FROM ({_OF_CHOSEN}) e GROUP BY e.media_file_id
    """,  # noqa: S608 - names of ours
    rows=_IDS,
)
COUNT_NEWEST_ACTORS = Statement(
    f"""
    SELECT chosen.media_file_id,
      (SELECT COUNT(DISTINCT recent.actor) FROM ({_newest_events()}) recent)
    FROM {{rows}} chosen
    """,  # noqa: S608 - names of ours
    rows=_IDS,
)
# Whole days back from the end of the window: 0 for its last day.
COUNT_DAILY_ACTORS = Statement(
    f"""
    SELECT d.media_file_id, CAST(SUM(d.actors) AS BIGINT) FROM (
      SELECT e.media_file_id, COUNT(DISTINCT e.actor) AS actors FROM ({_OF_CHOSEN}) e
      GROUP BY e.media_file_id, (:until - e.at) / {DAY}
    ) d GROUP BY d.media_file_id
    """,  # noqa: S608 - names of ours
    rows=_IDS,
)
# The time index of each log.
COUNT_ALL_ACTORS = Statement(
    f"""
    SELECT e.media_file_id, COUNT(DISTINCT e.actor) FROM ({_events("", "")}) e
    GROUP BY e.media_file_id
    """  # noqa: S608 - names of ours
)


async def distinct_actors(
    source: Transaction | Store, ids: Sequence[int], during: Window
) -> dict[int, int]:
    """How many actors each of these files had; files without any are missing."""
    rows = [(media_file_id,) for media_file_id in ids]
    found = await source.fetch(COUNT_ACTORS, rows=rows, after=during.after, until=during.until)
    return _counts(found)


async def with_enough_actors(
    tx: Transaction, ids: Sequence[int], during: Window, minimum: int
) -> set[int]:
    """Those of the files that had at least ``minimum`` distinct actors."""
    if minimum <= 0:
        return set(ids)
    rows = [(media_file_id,) for media_file_id in ids]
    limits = {"after": during.after, "until": during.until}
    newest = _counts(await tx.fetch(COUNT_NEWEST_ACTORS, rows=rows, **limits))
    enough = {one for one, count in newest.items() if count >= minimum}
    doubtful = [one for one in ids if one not in enough]
    if doubtful:
        exact = await distinct_actors(tx, doubtful, during)
        enough.update(one for one, count in exact.items() if count >= minimum)
    return enough


async def actors_by_file(tx: Transaction, during: Window) -> dict[int, int]:
    """How many distinct actors each file had, of the files that had any."""
    return _counts(await tx.fetch(COUNT_ALL_ACTORS, after=during.after, until=during.until))


async def expected_actors(tx: Transaction, ids: Sequence[int], now: int) -> dict[int, float]:
    """The mean number of actors per day over the seven days before the last one."""
    rows = [(media_file_id,) for media_file_id in ids]
    until = now - DAY
    found = await tx.fetch(
        COUNT_DAILY_ACTORS, rows=rows, after=until - EARLIER_WINDOWS * DAY, until=until
    )
    return {media_file_id: total / EARLIER_WINDOWS for media_file_id, total in found}


def _counts(rows: Sequence[Row]) -> dict[int, int]:
    return {row[0]: row[1] for row in rows}
