"""Windows are closed exactly once, archived, and superseded when something comes late."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from groundswell.contract.errors import GroundswellError
from groundswell.contract.times import DAY, MINUTE, SECOND
from groundswell.domains.leaderboards import handling
from groundswell.domains.leaderboards.commands import COMMANDS, CloseWindow
from groundswell.domains.leaderboards.windows import window_at, zone_of
from groundswell.store.commands import Handler
from tests.integration.leaderboards.failing import Failing
from tests.integration.leaderboards.worlds import BOARD, Boards, boards_on, running_boards
from tests.support.core import running_core

UTC = zone_of("UTC")


def today(boards: Boards) -> tuple[int, int]:
    return window_at("daily", UTC, boards.clock())


async def test_a_window_is_closed_after_its_grace_with_everybodys_rank(boards: Boards) -> None:
    await boards.create(window="daily")
    start, end = today(boards)
    await boards.score("ann", 5)
    await boards.score("bob", 5)
    await boards.score("cleo", 2)
    boards.clock.now = end + 5 * MINUTE - 1
    await boards.keep()
    assert await boards.closings() == []

    boards.clock.advance(1)
    await boards.keep()

    (closed,) = await boards.closings()
    assert (closed.window_start, closed.window_end, closed.version) == (start, end, 1)
    archived = await boards.standings(window="2025-10-09T12:00:00Z")
    assert archived.archive_id == closed.archive_id
    assert [(one.user_id, one.position) for one in archived.entries] == [
        ("ann", 1),
        ("bob", 1),
        ("cleo", 3),
    ]
    assert await boards.table() == []


async def test_what_is_late_but_within_the_grace_counts_in_its_window(boards: Boards) -> None:
    await boards.create(window="daily")
    start, end = today(boards)
    boards.clock.now = end + MINUTE
    await boards.score("ann", 5, occurred_at=end - 1)
    await boards.score("bob", 7, occurred_at=end)
    boards.clock.now = end + 5 * MINUTE
    await boards.keep()

    assert await boards.table(window="2025-10-09T12:00:00Z") == [("ann", 1, 5)]
    assert await boards.table() == [("bob", 1, 7)]
    assert [one.window_start for one in await boards.closings()] == [start]


async def test_a_service_that_was_down_closes_every_window_at_its_own_end(boards: Boards) -> None:
    await boards.create(window="daily")
    start, _ = today(boards)
    await boards.score("ann", 5)
    boards.clock.advance(4 * DAY)

    await boards.keep()

    closed = await boards.closings()
    assert [(one.window_start, one.window_end) for one in closed] == [
        (start + day * DAY, start + (day + 1) * DAY) for day in range(4)
    ]
    assert [one.members for one in closed] == [1, 0, 0, 0]
    await boards.keep()
    assert len(await boards.closings()) == 4


async def test_a_score_reversed_after_the_archive_makes_another_version(boards: Boards) -> None:
    await boards.create(window="daily", prize_places=1)
    _, end = today(boards)
    await boards.score("ann", 5, event_id="mistake")
    await boards.score("bob", 4)
    boards.clock.now = end + 5 * MINUTE
    await boards.keep()
    first = (await boards.closings())[0]
    await boards.reverse("ann", "mistake")
    assert await boards.table(window="2025-10-09T12:00:00Z") == [("ann", 1, 5), ("bob", 2, 4)]
    boards.clock.advance(MINUTE)

    await boards.keep()

    second = (await boards.closings())[1]
    assert (second.version, second.window_start) == (2, first.window_start)
    assert second.prize_review
    rows = "SELECT user_id, position FROM board_archive_rows WHERE archive_id = :id ORDER BY place"
    assert await boards.core.rows(rows, id=first.archive_id) == [("ann", 1), ("bob", 2)]
    assert await boards.core.rows(rows, id=second.archive_id) == [("bob", 1)]
    archives = await boards.queries.archives(BOARD, 10, None)
    assert [one.version for one in archives.items] == [2, 1]


async def test_a_tie_at_the_prize_boundary_goes_to_who_was_first(boards: Boards) -> None:
    await boards.create(window="daily", prize_places=1)
    _, end = today(boards)
    await boards.score("late", 5, occurred_at=boards.clock() + SECOND)
    await boards.score("early", 5)
    boards.clock.now = end + 5 * MINUTE
    await boards.keep()

    closed = await boards.standings(window="2025-10-09T12:00:00Z", prizes_too=True)

    assert [one.position for one in closed.entries] == [1, 1]
    assert [(one.user_id, one.share) for one in closed.prizes] == [("early", "1")]


async def test_two_processes_close_a_window_once(ready_postgres: str) -> None:
    async with running_boards(ready_postgres) as one, running_boards(ready_postgres) as other:
        await one.create(window="daily")
        start, end = today(one)
        await one.score("ann", 5)
        one.clock.now = other.clock.now = end + 5 * MINUTE
        close = CloseWindow(at=one.clock(), board_id=BOARD, window_start=start)

        done = await asyncio.gather(
            *(each.core.submit(close) for each in (one, other) for _ in range(5))
        )

        assert sorted(each.count for each in done) == [0] * 9 + [1]
        assert len(await one.closings()) == 1
        assert await one.core.rows("SELECT count(*) FROM board_archive_rows") == [(1,)]


async def test_a_window_closes_exactly_once_whatever_the_point_of_a_crash(ready_url: str) -> None:
    number, survived = 0, False

    async def handle(transaction: Any, commands: Any, tail: Any) -> Any:
        nonlocal survived
        if not isinstance(commands[0], CloseWindow) or survived:
            return await handling.handle(transaction, commands, tail)
        failing = Failing(transaction, number)
        answers = await handling.handle(failing, commands, tail)
        survived = True
        return answers

    async with running_core(ready_url, handlers=(Handler(COMMANDS, handle),)) as core:
        boards = boards_on(core)
        await boards.create(window="daily")
        start, end = today(boards)
        await boards.score("ann", 5)
        boards.clock.now = end + 5 * MINUTE
        close = CloseWindow(at=boards.clock(), board_id=BOARD, window_start=start)
        while not survived:
            with contextlib.suppress(GroundswellError):
                await core.submit(close)
            if not survived:
                assert await boards.closings() == []
                assert await core.rows("SELECT 1 FROM board_archive_rows") == []
                number += 1

        assert number > 5
        await core.submit(close)
        assert len(await boards.closings()) == 1
        assert await boards.table(window="2025-10-09T12:00:00Z") == [("ann", 1, 5)]
