"""Boards as the log alone tells them: what they are made of, scores, ranks, windows, archives."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Final, cast

import msgspec

from groundswell.contract.events import LoggedEvent
from groundswell.contract.events import leaderboards as events
from groundswell.domains.leaderboards.board_rows import Board
from groundswell.domains.leaderboards.changes import all_boards, cut
from groundswell.domains.leaderboards.commands import CountPoints, RevisePoints
from groundswell.domains.leaderboards.metrics import METRICS, points_of
from groundswell.domains.leaderboards.prizes import PrizePolicy
from groundswell.domains.leaderboards.ranks import count_changes, standing_of
from groundswell.domains.leaderboards.scoring import counted_at
from groundswell.domains.leaderboards.windows import Recurrence
from groundswell.log.projections import Difference, Fold, Projection, Rows, Table, Values
from groundswell.store import BIGINT, TEXT, Transaction

_Window = tuple[str, int]
"""A board and the start of a window."""

BOARDS: Final = Table(
    "boards",
    {"board_id": TEXT},
    {
        **dict.fromkeys(("name", "metric", "recurrence", "time_zone"), TEXT),
        **dict.fromkeys(("program_id", "currency"), TEXT),
        **{"prize_places": BIGINT, "prize_policy": TEXT, "state": TEXT},
        **dict.fromkeys(("starts_at", "defined_seq", "ended_seq"), BIGINT),
        **dict.fromkeys(("created_at", "updated_at"), BIGINT),
    },
)
WINDOWS: Final = Table(
    "board_windows",
    {"board_id": TEXT, "window_start": BIGINT},
    dict.fromkeys(("window_end", "closed_at", "archive_version"), BIGINT),
)
SCORED: Final = Table(
    "board_events",
    {"board_id": TEXT, "event_key": TEXT},
    {
        **{"window_start": BIGINT, "user_id": TEXT},
        **dict.fromkeys(("at", "points", "first_points"), BIGINT),
    },
)
ENTRIES: Final = Table(
    "board_entries",
    {"board_id": TEXT, "window_start": BIGINT, "user_id": TEXT},
    dict.fromkeys(("descending", "reached_at", "corrections"), BIGINT),
)
COUNTS: Final = Table(
    "board_counts",
    {"board_id": TEXT, **dict.fromkeys(("window_start", "level", "bucket"), BIGINT)},
    {"members": BIGINT},
)
HIDDEN: Final = Table("board_hidden", {"board_id": TEXT, "user_id": TEXT}, {"hidden_at": BIGINT})
ARCHIVES: Final = Table(
    "board_archives",
    {"archive_id": TEXT},
    {
        "board_id": TEXT,
        **dict.fromkeys(("window_start", "window_end", "version", "members"), BIGINT),
        **dict.fromkeys(("archived_at", "prize_review"), BIGINT),
    },
)


class BoardFold(Fold):
    """All boards; what is kept by key is what the tables of these names keep."""

    takes = (
        *(events.BoardDefined, events.ScorePosted),
        *(events.VisibilityChosen, events.LeaderboardClosed),
        *(kind for counted in METRICS.values() for kind in counted),
    )

    boards: dict[str, Board] = msgspec.field(default_factory=dict)
    windows: dict[_Window, tuple[int, int | None, int]] = msgspec.field(default_factory=dict)
    scored: dict[tuple[str, str], tuple[int, str, int, int, int]] = msgspec.field(
        default_factory=dict
    )
    hidden: dict[tuple[str, str], int] = msgspec.field(default_factory=dict)
    archives: dict[str, tuple[str, int, int, int, int, int, int]] = msgspec.field(
        default_factory=dict
    )

    def add(self, logged: LoggedEvent) -> None:
        """Take in the event that follows."""
        match logged.event:
            case events.BoardDefined() as event:
                self._define(logged, event)
            case events.ScorePosted() as event:
                self._post(logged, event)
            case events.VisibilityChosen(visible=True) as event:
                self.hidden.pop((event.board_id, event.user_id), None)
            case events.VisibilityChosen() as event:
                self.hidden[event.board_id, event.user_id] = logged.at
            case events.LeaderboardClosed() as event:
                self._close(logged, event)
            case _:
                self._count(logged)

    def rows(self) -> Rows:
        """The rows as they have to be now."""
        entries = self._entries()
        return {
            BOARDS.name: {(name,): tuple(one)[1:] for name, one in self.boards.items()},
            WINDOWS.name: self.windows,
            SCORED.name: self.scored,
            ENTRIES.name: entries,
            COUNTS.name: _counts(entries),
            HIDDEN.name: {key: (at,) for key, at in self.hidden.items()},
            ARCHIVES.name: {(name,): one for name, one in self.archives.items()},
        }

    def _define(self, logged: LoggedEvent, event: events.BoardDefined) -> None:
        before = self.boards.get(event.board_id)
        board = Board(
            event.board_id,
            event.name,
            event.metric,
            cast("Recurrence", event.window),
            event.time_zone,
            event.program_id,
            event.currency,
            event.prize_places,
            cast("PrizePolicy", event.prize_policy),
            event.state,
            event.starts_at,
            defined_seq=logged.seq if before is None else before.defined_seq,
            ended_seq=None if before is None else before.ended_seq,
            created_at=logged.at if before is None else before.created_at,
            updated_at=logged.at,
        )
        if event.state == "ended" and board.ended_seq is None:
            board = board._replace(ended_seq=logged.seq)
        self.boards[event.board_id] = board
        if before is None:
            self._open(board, board.starts_at)

    def _open(self, board: Board, instant: int) -> int:
        window = board.window_at(instant)
        self.windows.setdefault((board.board_id, window.start), (window.end, None, 0))
        return window.start

    def _post(self, logged: LoggedEvent, event: events.ScorePosted) -> None:
        board = self.boards[event.board_id]
        happened, points = logged.at, event.points
        if event.reverses is not None:
            key = (event.board_id, event.reverses)
            window, user, at, _, first = self.scored[key]
            self.scored[key] = (window, user, at, 0, first)
            happened, points = at, 0
        window = self._open(board, happened)
        posted = (window, event.user_id, logged.at, points, event.points)
        self.scored[event.board_id, event.score_event_id] = posted

    def _close(self, logged: LoggedEvent, event: events.LeaderboardClosed) -> None:
        key = (event.board_id, event.window_start)
        end, closed_at, _ = self.windows[key]
        self.windows[key] = (end, logged.at if closed_at is None else closed_at, event.version)
        board = self.boards[event.board_id]
        if event.version == 1 and board.state == "active":
            self._open(board, end)
        self.archives[event.archive_id] = (
            event.board_id,
            event.window_start,
            event.window_end,
            event.version,
            event.members,
            logged.at,
            int(event.prize_review),
        )

    def _count(self, logged: LoggedEvent) -> None:
        match points_of(logged):
            case CountPoints() as one:
                for board in self.boards.values():
                    self._count_on(board, one)
            case RevisePoints() as one:
                for board_id in self.boards:
                    key = (board_id, one.event_key)
                    if key in self.scored:
                        window, user, at, _, first = self.scored[key]
                        self.scored[key] = (window, user, at, one.points, first)

    def _count_on(self, board: Board, one: CountPoints) -> None:
        key = (board.board_id, one.event_key)
        counts = board.counts(one.metric, one.program_id, one.currency)
        if not counts or not board.covers(one.seq, one.occurred_at) or key in self.scored:
            return
        at = counted_at(one.occurred_at, one.at)
        window = self._open(board, at)
        self.scored[key] = (window, one.user_id, at, one.points, one.points)

    def _entries(self) -> dict[Values, Values]:
        of: defaultdict[Values, list[tuple[int, int]]] = defaultdict(list)
        for (board, _), (window, user, at, points, _) in self.scored.items():
            of[board, window, user].append((at, points))
        found = {who: standing_of(counted) for who, counted in of.items()}
        return {
            who: (-one.score, one.reached_at, one.corrections)
            for who, one in found.items()
            if one is not None
        }


def _counts(entries: dict[Values, Values]) -> dict[Values, Values]:
    moves: defaultdict[Values, list[tuple[int | None, int | None]]] = defaultdict(list)
    for (board, window, _), (descending, _, _) in entries.items():
        moves[board, window].append((None, -descending))
    return {
        (*board, *place): (members,)
        for board, moved in moves.items()
        for place, members in count_changes(moved).items()
    }


class _BoardProjection(Projection):
    """Rows that are swapped in are not changes that anybody can follow."""

    async def mend(self, tx: Transaction, differences: Sequence[Difference]) -> None:
        """Swap in the rows that the log says; copies of the boards are made anew."""
        await super().mend(tx, differences)
        if differences:
            await cut(tx, await all_boards(tx))


LEADERBOARD_PROJECTION: Final = _BoardProjection(
    "leaderboards",
    1,
    BoardFold,
    (BOARDS, WINDOWS, SCORED, ENTRIES, COUNTS, HIDDEN, ARCHIVES),
)
"""What archives list, and what listeners were told last, are documents: they are kept, not made
again. When the newest archive of a window was superseded is known to the keeper alone."""
