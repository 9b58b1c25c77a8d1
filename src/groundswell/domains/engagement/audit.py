"""Recomputing every counter from the logs and from the event log, and comparing.

Three accounts of the same facts are kept: counters on the file, rows in the logs, events in the
event log. They are written in one transaction, so after any crash they agree; this proves it.
Everything is read in one snapshot, while the service goes on.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from groundswell.contract.events import LoggedEvent
from groundswell.contract.events import engagement as events
from groundswell.contract.times import HOUR
from groundswell.log.reader import HEAD, LOWEST, events_of
from groundswell.store import BIGINT, Statement, Store, Transaction

NAMES = (
    "play_count",
    "qualified_play_count",
    "download_count",
    "view_count",
    "comment_count",
    "upvotes",
    "downvotes",
)
STORED = Statement(
    f"SELECT media_file_id, initial_play_count, {', '.join(NAMES)} FROM media"  # noqa: S608
)
FROM_LOGS = Statement(
    """
    SELECT s.media_file_id, CAST(SUM(s.plays) AS BIGINT), CAST(SUM(s.qualified) AS BIGINT),
      CAST(SUM(s.downloads) AS BIGINT), CAST(SUM(s.views) AS BIGINT),
      CAST(SUM(s.comments) AS BIGINT), CAST(SUM(s.up) AS BIGINT), CAST(SUM(s.down) AS BIGINT)
    FROM (
      SELECT media_file_id, COUNT(*) AS plays, SUM(qualified) AS qualified, 0 AS downloads,
        0 AS views, 0 AS comments, 0 AS up, 0 AS down FROM play_logs GROUP BY media_file_id
      UNION ALL SELECT media_file_id, 0, 0, COUNT(*), 0, 0, 0, 0
        FROM download_logs GROUP BY media_file_id
      UNION ALL SELECT media_file_id, 0, 0, 0, COUNT(*), 0, 0, 0
        FROM view_logs GROUP BY media_file_id
      UNION ALL SELECT media_file_id, 0, 0, 0, 0, COUNT(*), 0, 0
        FROM comments GROUP BY media_file_id
      UNION ALL SELECT media_file_id, 0, 0, 0, 0, 0,
        SUM(CASE vote_type WHEN 'up' THEN 1 ELSE 0 END),
        SUM(CASE vote_type WHEN 'down' THEN 1 ELSE 0 END)
        FROM votes GROUP BY media_file_id
    ) s GROUP BY s.media_file_id
    """
)
HOURS_FROM_LOGS = f"""
    SELECT s.media_file_id, s.hour, CAST(SUM(s.plays) AS BIGINT) AS plays,
      CAST(SUM(s.qualified_plays) AS BIGINT) AS qualified_plays,
      CAST(SUM(s.downloads) AS BIGINT) AS downloads, CAST(SUM(s.views) AS BIGINT) AS views,
      CAST(SUM(s.comments) AS BIGINT) AS comments, CAST(SUM(s.net_votes) AS BIGINT) AS net_votes
    FROM (
      SELECT media_file_id, completed_at - completed_at % {HOUR} AS hour, 1 AS plays,
        qualified AS qualified_plays, 0 AS downloads, 0 AS views, 0 AS comments, 0 AS net_votes
        FROM play_logs
      UNION ALL SELECT media_file_id, downloaded_at - downloaded_at % {HOUR}, 0, 0, qualified,
        0, 0, 0 FROM download_logs
      UNION ALL SELECT media_file_id, viewed_at - viewed_at % {HOUR}, 0, 0, 0, 1, 0, 0
        FROM view_logs
      UNION ALL SELECT media_file_id, created_at - created_at % {HOUR}, 0, 0, 0, 0, 1, 0
        FROM comments
      UNION ALL SELECT media_file_id, updated_at - updated_at % {HOUR}, 0, 0, 0, 0, 0,
        CASE vote_type WHEN 'up' THEN 1 ELSE -1 END FROM votes WHERE quarantined_by IS NULL
    ) s GROUP BY s.media_file_id, s.hour
"""  # noqa: S608 - a number of ours
# Hours whose sums are all zero say the same as hours that are absent.
STORED_HOURS = """
    SELECT media_file_id, hour, plays, qualified_plays, downloads, views, comments, net_votes
    FROM media_hours
    WHERE plays <> 0 OR downloads <> 0 OR views <> 0 OR comments <> 0 OR net_votes <> 0
"""
EXPECTED_HOURS = f"""
    SELECT * FROM ({HOURS_FROM_LOGS}) h
    WHERE plays <> 0 OR downloads <> 0 OR views <> 0 OR comments <> 0 OR net_votes <> 0
"""  # noqa: S608 - statements of ours
WRONG_HOURS = Statement(f"SELECT * FROM ({STORED_HOURS} EXCEPT {EXPECTED_HOURS}) x LIMIT 1000")  # noqa: S608
MISSING_HOURS = Statement(f"SELECT * FROM ({EXPECTED_HOURS} EXCEPT {STORED_HOURS}) x LIMIT 1000")  # noqa: S608
HELD = Statement("SELECT id, quarantined_by FROM votes WHERE quarantined_by IS NOT NULL")
STANDING = Statement("SELECT v.id FROM {rows} r JOIN votes v ON v.id = r.id", rows={"id": BIGINT})
COUNT_HOURS = Statement("SELECT COUNT(*) FROM media_hours")
COUNT_EVENTS = Statement("SELECT COUNT(*) FROM event_log")

_COUNTED: dict[type[events.Interaction], str] = {
    events.PlayRecorded: "play_count",
    events.DownloadRecorded: "download_count",
    events.ViewRecorded: "view_count",
    events.CommentRecorded: "comment_count",
}
_KINDS = (events.Interaction, events.VotesQuarantined, events.VotesReleased)


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure that is not what it should be."""

    what: str
    stored: object
    recomputed: object

    def __str__(self) -> str:
        return f"{self.what}: stored {self.stored}, recomputed {self.recomputed}"


async def audit_engagement(store: Store) -> tuple[int, list[Difference]]:
    """How many figures were compared, and those that differ."""
    async with store.reading() as tx:
        stored = await tx.fetch(STORED)
        initial = {row[0]: row[1] for row in stored}
        counters = {row[0]: dict(zip(NAMES, row[2:], strict=True)) for row in stored}
        differences = _compare("logs", counters, await _from_logs(tx, initial))
        told, last, held = await _from_events(tx, initial)
        differences += _compare("events", counters, told)
        differences += _compare("last event", {media: counters[media] for media in last}, last)
        differences += await _quarantine(tx, held)
        differences += await _hours(tx)
        differences += await _sequence(tx)
        hours = (await tx.fetch(COUNT_HOURS))[0][0]
    return len(counters) * len(NAMES) * 3 + hours * 6 + 1, differences


def _compare(
    source: str, stored: dict[int, dict[str, int]], recomputed: dict[int, dict[str, int]]
) -> list[Difference]:
    return [
        Difference(f"media {media} {name} ({source})", of_file[name], expected)
        for media, of_file in sorted(stored.items())
        for name in NAMES
        if of_file[name] != (expected := recomputed.get(media, {}).get(name, 0))
    ]


async def _from_logs(tx: Transaction, initial: dict[int, int]) -> dict[int, dict[str, int]]:
    found = {media: dict.fromkeys(NAMES, 0) for media in initial}
    for media, *values in await tx.fetch(FROM_LOGS):
        found[media] = dict(zip(NAMES, values, strict=True))
    for media, before in initial.items():
        found[media]["play_count"] += before
    return found


async def _quarantine(tx: Transaction, held: dict[int, str]) -> list[Difference]:
    """Votes have no weight if, and only if, the log says so; those taken back are no more."""
    stored: dict[int, str | None] = {row[0]: row[1] for row in await tx.fetch(HELD)}
    standing = {row[0] for row in await tx.fetch(STANDING, rows=[(one,) for one in sorted(held)])}
    told = {vote: case for vote, case in held.items() if vote in standing}
    return [
        Difference(f"case of vote {vote}", stored.get(vote), told.get(vote))
        for vote in sorted({*stored, *told})
        if stored.get(vote) != told.get(vote)
    ]


async def _from_events(
    tx: Transaction, initial: dict[int, int]
) -> tuple[dict[int, dict[str, int]], dict[int, dict[str, int]], dict[int, str]]:
    """What the events add up to, what the last event of each file said, and the votes in cases."""
    held: dict[int, str] = {}
    sums: defaultdict[int, Counter[str]] = defaultdict(Counter)
    for media, before in initial.items():
        sums[media]["play_count"] = before
    last: dict[int, events.CounterValues] = {}
    async for logged in events_of(tx, *_KINDS):
        event = logged.event
        if isinstance(event, events.Interaction):
            _add(sums[event.media_file_id], logged)
            last[event.media_file_id] = event.counters
        elif isinstance(event, events.VotesQuarantined):
            held.update(dict.fromkeys(event.vote_ids, event.case_id))
        elif isinstance(event, events.VotesReleased):
            for vote in event.vote_ids:
                held.pop(vote, None)
    told_last = {
        media: {name: getattr(counters, name) for name in NAMES} for media, counters in last.items()
    }
    return {media: dict(of_file) for media, of_file in sums.items()}, told_last, held


def _add(sums: Counter[str], logged: LoggedEvent) -> None:
    match logged.event:
        case events.VoteCast(vote_type=vote):
            sums[f"{vote}votes"] += 1
        case events.VoteChanged(vote_type=vote, previous_vote_type=previous):
            sums[f"{vote}votes"] += 1
            sums[f"{previous}votes"] -= 1
        case events.VoteRemoved(previous_vote_type=previous):
            sums[f"{previous}votes"] -= 1
        case events.PlayRecorded(qualified=qualified):
            sums["play_count"] += 1
            sums["qualified_play_count"] += qualified
        case other:
            sums[_COUNTED[type(other)]] += 1  # type: ignore[index]


async def _hours(tx: Transaction) -> list[Difference]:
    wrong = {row[:2]: row[2:] for row in map(tuple, await tx.fetch(WRONG_HOURS))}
    missing = {row[:2]: row[2:] for row in map(tuple, await tx.fetch(MISSING_HOURS))}
    return [
        Difference(
            f"media {media} hour {hour}", wrong.get((media, hour)), missing.get((media, hour))
        )
        for media, hour in sorted({*wrong, *missing})
    ]


async def _sequence(tx: Transaction) -> Iterable[Difference]:
    """The numbers of the events have no gap, and the head is the last of them."""
    head = (await tx.fetch(HEAD))[0][0]
    count = (await tx.fetch(COUNT_EVENTS))[0][0]
    lowest = await tx.fetch(LOWEST)
    expected = head - lowest[0][0] + 1 if lowest else 0
    return [] if count == expected else [Difference("events in the log", count, expected)]
