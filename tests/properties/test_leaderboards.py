"""L1 to L6: boards after any history equal a computation from nothing but its events."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from typing import NamedTuple

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    rule,
    run_state_machine_as_test,
)

from groundswell.contract.times import DAY, HOUR, MINUTE, from_rfc3339
from groundswell.domains.leaderboards.closing import GATHERING, GRACE, TO_AMEND, TO_CLOSE
from groundswell.domains.leaderboards.commands import AmendWindow, CloseWindow
from groundswell.domains.leaderboards.projections import LEADERBOARD_PROJECTION
from groundswell.domains.leaderboards.windows import window_at, zone_of
from groundswell.store import Statement
from groundswell.store.commands import Command
from tests.integration.leaderboards.worlds import Boards, running_boards
from tests.support.replaying import unlike_the_log

ZONE = "Europe/Berlin"
START = from_rfc3339("2026-10-24T21:30:00Z")
"""Half an hour before a day of 25 hours begins there."""

USERS = ("ann", "bob", "cleo", "dan", "eve")
_TABLES = (
    *("boards", "board_windows", "board_events", "board_entries", "board_counts"),
    *("board_hidden", "board_states", "board_archives", "board_archive_rows"),
    *("board_archivings", "board_kept", "board_changes"),
    *("event_log", "idempotency_keys"),
)
PORTION = 2
"""Few enough at a time that the archive of most windows is written in several portions."""

Row = tuple[str, int, int, int]
"""User, position, score, reached at."""


class Counted(NamedTuple):
    """An event that counts."""

    user: str
    at: int
    points: int


def ranked(events: list[Counted]) -> list[Row]:
    """The board of these events, by brute force."""
    of = {user: sorted(one[1:] for one in events if one.user == user) for user in USERS}
    standing = {}
    for user, made in of.items():
        if made:
            score = sum(points for _, points in made)
            gained = [sum(max(p, 0) for at, p in made if at <= until) for until, _ in made]
            at = next(at for (at, _), sum_ in zip(made, gained, strict=True) if sum_ >= score)
            standing[user] = (score, at)
    order = sorted(standing, key=lambda user: (-standing[user][0], standing[user][1], user))
    return [
        (
            user,
            1 + sum(other > standing[user][0] for other, _ in standing.values()),
            *standing[user],
        )
        for user in order
    ]


class BoardMachine(RuleBasedStateMachine):
    """A daily board, and everything that counts on it."""

    events = Bundle("events")

    def __init__(self, url: str, loop: asyncio.Runner) -> None:
        super().__init__()
        self.loop = loop
        self.stack = AsyncExitStack()
        self.boards: Boards = loop.run(self._begin(url))
        self.counted: dict[str, Counted] = {}
        self.hidden: set[str] = set()
        self.archives: dict[str, list[Row]] = {}
        self.closed: dict[int, list[Row]] = {}
        self.begun: dict[int, list[Row]] = {}
        self.names = 0

    async def _begin(self, url: str) -> Boards:
        boards = await self.stack.enter_async_context(running_boards(url, portion=PORTION))
        async with boards.core.store.writing() as transaction:
            for statement in (*_EMPTY, _REWIND):
                await transaction.fetch(statement)
        boards.clock.now = START
        await boards.create(window="daily", time_zone=ZONE)
        return boards

    def teardown(self) -> None:
        self.loop.run(self.stack.aclose())

    @rule(
        target=events,
        user=st.sampled_from(USERS),
        points=st.sampled_from([1, 1, 2, 70, 5000, -1, -60]),
        ago=st.sampled_from([0, 0, 1, MINUTE]),
    )
    def score(self, user: str, points: int, ago: int) -> str:
        self.names += 1
        name, at = f"s{self.names}", max(self.boards.clock() - ago, START)
        self.loop.run(self.boards.score(user, points, event_id=name, occurred_at=at))
        self.counted[name] = Counted(user, at, points)
        return name

    @rule(name=events)
    def post_again(self, name: str) -> None:
        if name in self.counted:
            one = self.counted[name]
            posted = self.boards.score(one.user, one.points, event_id=name, occurred_at=one.at)
            assert self.loop.run(posted).repeated

    @rule(name=consumes(events))
    def reverse(self, name: str) -> None:
        self.loop.run(self.boards.reverse(self.counted[name].user, name))
        del self.counted[name]

    @rule(user=st.sampled_from(USERS), points=st.sampled_from([1, 70, 5000, -60]))
    def score_and_reverse(self, user: str, points: int) -> None:
        """L3: everything is as it was before."""
        before = self.loop.run(self.boards.standings())
        self.names += 1
        name = f"s{self.names}"
        self.loop.run(self.boards.score(user, points, event_id=name))
        self.loop.run(self.boards.reverse(user, name))
        after = self.loop.run(self.boards.standings())
        assert (after.entries, after.members) == (before.entries, before.members)

    @rule(user=st.sampled_from(USERS), visible=st.booleans())
    def show_or_hide(self, user: str, visible: bool) -> None:
        """L5: nobody else moves."""
        self.loop.run(self.boards.hide(user, visible=visible))
        self.hidden = self.hidden - {user} if visible else self.hidden | {user}

    @rule(by=st.sampled_from([1, MINUTE, 40 * MINUTE, 13 * HOUR, 3 * DAY]))
    def wait(self, by: int) -> None:
        self.boards.clock.advance(by)

    @rule()
    def archive_a_portion(self) -> None:
        """L4: what counts between the portions of an archive is not in it."""
        due = self.loop.run(self._due())
        if due is None:
            return
        command, start = due
        before = self._brute(start)
        known = self.loop.run(self._being_written())
        self.loop.run(self.boards.core.submit(command))
        if start not in known and start in self.loop.run(self._being_written()):
            self.begun[start] = before
        self._note()

    @rule()
    def keep(self) -> None:
        """L4: what is over is closed, as it stood, and no window twice."""
        self.loop.run(self.boards.keep())
        self._note()
        assert self.loop.run(self._being_written()) == set()
        due = window_at("daily", zone_of(ZONE), self.boards.clock() - 5 * MINUTE).start
        first = window_at("daily", zone_of(ZONE), START)
        start, expected = first.start, set()
        while start < due:
            expected.add(start)
            start = window_at("daily", zone_of(ZONE), start).end
        assert set(self.closed) == expected

    def _note(self) -> None:
        for one in self.loop.run(self.boards.closings()):
            if one.archive_id not in self.archives:
                start = one.window_start
                rows = self.begun.pop(start, None)
                self.archives[one.archive_id] = self._brute(start) if rows is None else rows
                assert (one.version == 1) == (start not in self.closed)
                self.closed[start] = self.archives[one.archive_id]

    async def _due(self) -> tuple[Command, int] | None:
        """What the keeper would ask for first, and the window it is about."""
        now, store = self.boards.clock(), self.boards.core.store
        close = await store.fetch(TO_CLOSE, until=now - GRACE, count=1)
        amend = await store.fetch(TO_AMEND, until=now - GATHERING, count=1)
        kind = CloseWindow if close else AmendWindow
        for board, start in [*close, *amend][:1]:
            return kind(at=now, board_id=board, window_start=start, portion=PORTION), start
        return None

    async def _being_written(self) -> set[int]:
        rows = await self.boards.core.rows("SELECT window_start FROM board_archivings")
        return {start for (start,) in rows}

    @invariant()
    def archives_never_change(self) -> None:
        """L4: an archive is only superseded."""
        for archive, rows in self.archives.items():
            kept = self.loop.run(self.boards.core.rows(ARCHIVED, id=archive))
            assert kept == rows

    @invariant()
    def the_board_equals_its_events(self) -> None:
        """L1, L2, L5 and L6."""
        start = window_at("daily", zone_of(ZONE), self.boards.clock()).start
        everybody = self._brute(start)
        shown = [row for row in everybody if row[0] not in self.hidden]
        assert self._table(limit=50) == [row[:3] for row in shown]
        for place, row in enumerate(shown):
            around = self._table(limit=3, around=True, user_id=row[0])
            first = max(0, min(place - 1, len(shown) - 3))
            assert around == [one[:3] for one in shown[first : first + 3]]

    @invariant()
    def counts_and_entries_equal_the_log(self) -> None:
        """L2, in every window."""
        self.loop.run(self.boards.assert_consistent())
        store = self.boards.core.store
        assert self.loop.run(unlike_the_log(store, LEADERBOARD_PROJECTION)) == []

    def _table(self, **asked: object) -> list[tuple[str, int, int]]:
        return self.loop.run(self.boards.table(**asked))

    def _brute(self, start: int) -> list[Row]:
        zone = zone_of(ZONE)
        made = [
            one for one in self.counted.values() if window_at("daily", zone, one.at)[0] == start
        ]
        return ranked(made)


_EMPTY = [Statement(f"DELETE FROM {table}") for table in _TABLES]
_REWIND = Statement("UPDATE log_head SET seq = 0 WHERE id = 1")
ARCHIVED = """
    SELECT user_id, position, score, reached_at FROM board_archive_rows
    WHERE archive_id = :id ORDER BY place
"""


@pytest.fixture
def loop() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


def test_any_history(ready_url: str, loop: asyncio.Runner) -> None:
    class Machine(BoardMachine):
        def __init__(self) -> None:
            super().__init__(ready_url, loop)

    run_state_machine_as_test(Machine, settings=settings(max_examples=100, stateful_step_count=12))
