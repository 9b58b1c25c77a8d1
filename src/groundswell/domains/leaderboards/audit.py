"""Boards as the log tells them, compared with what is kept."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any, NamedTuple

from groundswell.contract.events import Event, LoggedEvent
from groundswell.contract.events.leaderboards import BoardDefined, ScorePosted
from groundswell.domains.leaderboards import board_rows
from groundswell.domains.leaderboards.board_rows import Board
from groundswell.domains.leaderboards.commands import CountPoints, RevisePoints
from groundswell.domains.leaderboards.metrics import METRICS, Counting
from groundswell.domains.leaderboards.ranks import Standing, count_changes, standing_of
from groundswell.domains.leaderboards.scoring import counted_at
from groundswell.log.reader import EventLog
from groundswell.store import Statement, Store

EVENTS = Statement(
    "SELECT board_id, event_key, window_start, user_id, at, points FROM board_events"
)
ENTRIES = Statement(
    """
    SELECT board_id, window_start, user_id, -descending, reached_at, corrections
    FROM board_entries
    """
)
COUNTS = Statement("SELECT board_id, window_start, level, bucket, members FROM board_counts")


class _Counted(NamedTuple):
    window_start: int
    user_id: str
    at: int
    points: int


_KINDS: tuple[type[Event], ...] = (
    *(BoardDefined, ScorePosted),
    *(kind for counted in METRICS.values() for kind in counted),
)
_Events = dict[tuple[str, str], _Counted]
_Standings = dict[tuple[str, int, str], Standing]


class Told:
    """What the log says should count on each board, folded."""

    def __init__(self, boards: list[Board]) -> None:
        self._boards = boards
        self._counting = Counting()
        self.events: _Events = {}

    def add(self, logged: LoggedEvent) -> None:
        """Take in one more event."""
        if isinstance(logged.event, ScorePosted):
            self._posted(logged, logged.event)
        for command in self._counting(logged):
            match command:
                case CountPoints():
                    self._count(command)
                case RevisePoints():
                    self._revise(command)

    def _posted(self, logged: LoggedEvent, event: ScorePosted) -> None:
        board = next(one for one in self._boards if one.board_id == event.board_id)
        points, at = event.points, logged.at
        window = board.window_at(at)
        if event.reverses is not None:
            key = (board.board_id, event.reverses)
            original = self.events[key]
            self.events[key] = original._replace(points=0)
            points, window = 0, board.window_at(original.at)
        self.events[board.board_id, event.score_event_id] = _Counted(
            window.start, event.user_id, at, points
        )

    def _count(self, one: CountPoints) -> None:
        for board in self._boards:
            if not board.counts(one.metric, one.program_id, one.currency):
                continue
            if board.covers(one.seq, one.occurred_at):
                at = counted_at(one.occurred_at, one.at)
                counted = _Counted(board.window_at(at).start, one.user_id, at, one.points)
                self.events.setdefault((board.board_id, one.event_key), counted)

    def _revise(self, one: RevisePoints) -> None:
        for board in self._boards:
            key = (board.board_id, one.event_key)
            if key in self.events:
                self.events[key] = self.events[key]._replace(points=one.points)


async def audit_boards(store: Store, log: EventLog) -> list[str]:
    """A line for each difference between the log and what is kept."""
    rows = await store.fetch(board_rows.ALL_BOARDS, after="", count=1_000_000)
    told = Told([Board(*row) for row in rows])
    async for logged in log.of(*_KINDS):
        told.add(logged)
    events = {(row[0], row[1]): _Counted(*row[2:]) for row in await store.fetch(EVENTS)}
    entries: _Standings = {
        (row[0], row[1], row[2]): Standing(*row[3:]) for row in await store.fetch(ENTRIES)
    }
    counts = {(row[0], row[1], row[2], row[3]): row[4] for row in await store.fetch(COUNTS)}
    return [
        *_differences("event", told.events, events),
        *_differences("entry", _entries(events), entries),
        *_differences("count", _counts(entries), counts),
    ]


def _entries(events: _Events) -> _Standings:
    of: defaultdict[tuple[str, int, str], list[tuple[int, int]]] = defaultdict(list)
    for (board, _), one in events.items():
        of[board, one.window_start, one.user_id].append((one.at, one.points))
    found = {who: standing_of(counted) for who, counted in of.items()}
    return {who: one for who, one in found.items() if one is not None}


def _counts(entries: _Standings) -> dict[tuple[str, int, int, int], int]:
    scores: defaultdict[tuple[str, int], list[tuple[int | None, int | None]]] = defaultdict(list)
    for (board, window, _), (score, _, _) in entries.items():
        scores[board, window].append((None, score))
    counts: Counter[tuple[str, int, int, int]] = Counter()
    for (board, window), moves in scores.items():
        for (level, bucket), members in count_changes(moves).items():
            counts[board, window, level, bucket] = members
    return dict(counts)


def _differences(what: str, expected: Mapping[Any, Any], kept: Mapping[Any, Any]) -> list[str]:
    names = expected.keys() | kept.keys()
    wrong = [name for name in names if expected.get(name) != kept.get(name)]
    return [
        f"leaderboards: {what} {name} is {kept.get(name)}, expected {expected.get(name)}"
        for name in sorted(wrong, key=str)
    ]
