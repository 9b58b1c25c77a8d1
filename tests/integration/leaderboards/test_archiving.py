"""Large windows are archived in portions: as they stood at the first, once, whoever goes on."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio

from groundswell.contract.errors import GroundswellError
from groundswell.contract.times import MINUTE
from groundswell.domains.leaderboards import handling
from groundswell.domains.leaderboards.commands import (
    COMMANDS,
    PORTION,
    AmendWindow,
    CloseWindow,
    Done,
)
from groundswell.domains.leaderboards.erasing import LEADERBOARD_ERASER
from groundswell.domains.leaderboards.windows import window_at, zone_of
from groundswell.store.commands import Handler
from groundswell.store.persons import Erasure
from tests.integration.leaderboards.failing import Failing
from tests.integration.leaderboards.worlds import BOARD, Boards, boards_on, running_boards
from tests.support.core import running_core

YESTERDAY = "2025-10-09T12:00:00Z"
SCORES = {"ann": 9, "bob": 7, "cleo": 7, "dan": 7, "eve": 4, "fay": 4, "gus": 1}
RANKED = [
    *(("ann", 1, 9), ("bob", 2, 7), ("cleo", 2, 7), ("dan", 2, 7)),
    *(("eve", 5, 4), ("fay", 5, 4), ("gus", 7, 1)),
]


@pytest_asyncio.fixture
async def over(ready_url: str) -> AsyncIterator[Boards]:
    """A window of seven that is over, and a keeper that archives two of them at a time."""
    async with running_boards(ready_url, portion=2) as boards:
        await a_day(boards)
        yield boards


async def a_day(boards: Boards) -> None:
    await boards.create(window="daily", prize_places=1)
    _, end = window_at("daily", zone_of("UTC"), boards.clock())
    for user, points in SCORES.items():
        await boards.score(user, points, event_id=f"of-{user}")
    boards.clock.now = end + 5 * MINUTE


def start_of(boards: Boards) -> int:
    return window_at("daily", zone_of("UTC"), boards.clock() - 10 * MINUTE).start


def closing(boards: Boards, portion: int = 2) -> CloseWindow:
    return CloseWindow(
        at=boards.clock(), board_id=BOARD, window_start=start_of(boards), portion=portion
    )


async def archived(boards: Boards, version: int = 1) -> list[tuple[str, int, int]]:
    found = await boards.core.rows(
        """
        SELECT r.user_id, r.position, r.score FROM board_archive_rows r
        JOIN board_archives a ON a.archive_id = r.archive_id
        WHERE a.version = :version ORDER BY r.place
        """,
        version=version,
    )
    return [(user, position, score) for user, position, score in found]


async def assert_nothing_is_left(boards: Boards) -> None:
    assert await boards.core.rows("SELECT 1 FROM board_archivings") == []
    assert await boards.core.rows("SELECT 1 FROM board_kept") == []
    rows = "SELECT COUNT(*) FROM board_archive_rows WHERE archive_id NOT IN"
    assert await boards.core.rows(f"{rows} (SELECT archive_id FROM board_archives)") == [(0,)]


async def test_no_transaction_archives_more_than_a_portion_and_nobody_sees_half(
    over: Boards,
) -> None:
    copied = []
    while not await over.closings():
        done: Done = await over.core.submit(closing(over))
        ((rows,),) = await over.core.rows("SELECT COUNT(*) FROM board_archive_rows")
        copied.append(rows)
        if not done.count:
            assert (await over.queries.archives(BOARD, 10, None)).items == []
            assert (await over.standings(window=YESTERDAY)).archive_id is None

    assert copied == [2, 4, 6, 7]
    await over.keep()
    assert [one.members for one in await over.closings()] == [7]
    assert await archived(over) == RANKED
    await assert_nothing_is_left(over)


async def test_equals_share_a_position_across_portions(over: Boards) -> None:
    await over.keep()

    assert await over.table(window=YESTERDAY) == RANKED
    around = await over.table(window=YESTERDAY, around=True, user_id="cleo", limit=3)
    assert around == RANKED[1:4]


async def test_what_counts_meanwhile_is_in_the_next_version_alone(over: Boards) -> None:
    late = over.clock() - 6 * MINUTE
    await over.core.submit(closing(over))  # ann and bob

    await over.score("gus", 20, occurred_at=late)
    await over.score("gus", 1, occurred_at=late)
    await over.score("new", 8, occurred_at=late)
    await over.reverse("ann", "of-ann")
    await over.reverse("eve", "of-eve")
    await over.keep()

    assert await archived(over) == RANKED
    over.clock.advance(MINUTE)
    await over.keep()
    assert await archived(over) == RANKED
    assert await archived(over, 2) == [
        *(("gus", 1, 22), ("new", 2, 8)),
        *(("bob", 3, 7), ("cleo", 3, 7), ("dan", 3, 7), ("fay", 6, 4)),
    ]
    assert [one.prize_review for one in await over.closings()] == [False, True]
    await assert_nothing_is_left(over)
    await over.assert_consistent()


async def test_a_newer_version_is_as_the_window_stood_when_it_began(over: Boards) -> None:
    late = over.clock() - 6 * MINUTE
    await over.keep()
    await over.score("gus", 20, occurred_at=late)
    over.clock.advance(MINUTE)
    amending = AmendWindow(at=over.clock(), board_id=BOARD, window_start=start_of(over), portion=2)
    await over.core.submit(amending)

    await over.score("fay", 50, occurred_at=late)
    await over.keep()

    second = await archived(over, 2)
    assert (second[0], second[-1]) == (("gus", 1, 21), ("fay", 6, 4))
    over.clock.advance(MINUTE)
    await over.keep()
    assert (await archived(over, 3))[0] == ("fay", 1, 54)
    assert len(await over.closings()) == 3
    await assert_nothing_is_left(over)


async def test_one_who_is_forgotten_meanwhile_is_in_no_archive_by_name(over: Boards) -> None:
    await over.core.submit(closing(over))
    await over.score("cleo", 1, occurred_at=over.clock() - 6 * MINUTE)  # kept as she stood
    async with over.core.store.writing() as transaction:
        for user, tombstone in (("bob", "user-zzz"), ("cleo", "user-aaa")):
            erasure = Erasure(
                tombstone, user, frozenset({f"user:{user}"}), frozenset(), over.clock()
            )
            await LEADERBOARD_ERASER.erase(transaction, erasure, {}, None)  # type: ignore[arg-type]

    await over.keep()

    rows = await archived(over)
    assert sorted(rows) == sorted(
        [
            ("user-zzz", 2, 7),
            ("user-aaa", 2, 7),
            *(one for one in RANKED if one[0] not in "bobcleo"),
        ]
    )
    assert [position for _, position, _ in rows] == [1, 2, 2, 2, 5, 5, 7]
    assert len(await over.closings()) == 1
    await assert_nothing_is_left(over)


async def test_two_processes_archive_a_window_once(ready_postgres: str) -> None:
    async with (
        running_boards(ready_postgres, portion=2) as one,
        running_boards(ready_postgres, portion=3) as other,
    ):
        await a_day(one)
        for number in range(40):
            await one.score(f"u{number:02}", 3, occurred_at=one.clock() - 6 * MINUTE)
        other.clock.now = one.clock()

        await asyncio.gather(one.keep(), other.keep())

        (closed,) = await one.closings()
        assert closed.members == 47
        places = await one.core.rows("SELECT place FROM board_archive_rows ORDER BY place")
        assert [place for (place,) in places] == list(range(1, 48))
        users = await one.core.rows("SELECT COUNT(DISTINCT user_id) FROM board_archive_rows")
        assert users == [(47,)]
        await assert_nothing_is_left(one)


async def test_a_crash_at_any_statement_of_any_portion_leaves_one_archive(ready_url: str) -> None:
    """Every portion ends at one of its statements once, and is then tried again whole."""
    number = crashes = 0

    async def handle(transaction: Any, commands: Any, tail: Any) -> Any:
        nonlocal number, crashes
        if not isinstance(commands[0], CloseWindow):
            return await handling.handle(transaction, commands, tail)
        failing = Failing(transaction, number)
        number, crashes = number + 1, crashes + 1
        answers = await handling.handle(failing, commands, tail)
        number, crashes = 0, crashes - 1
        return answers

    async with running_core(ready_url, handlers=(Handler(COMMANDS, handle),)) as core:
        boards = boards_on(core, portion=2)
        await a_day(boards)
        left = True
        while left:
            with contextlib.suppress(GroundswellError):
                done = await core.submit(closing(boards))
                left = done.left
            assert len(await boards.closings()) <= 1

        assert crashes > 20
        assert await archived(boards) == RANKED
        assert [one.members for one in await boards.closings()] == [7]
        await assert_nothing_is_left(boards)


async def test_what_a_process_left_behind_is_cleared_up_by_the_next(over: Boards) -> None:
    await over.core.submit(closing(over))
    await over.score("gus", 1, occurred_at=over.clock() - 6 * MINUTE)
    while not await over.closings():
        await over.core.submit(closing(over))
    assert await over.core.rows("SELECT state FROM board_archivings") == [("clearing",)]

    await over.keep()

    await assert_nothing_is_left(over)


async def test_a_small_window_is_archived_by_one_transaction(boards: Boards) -> None:
    await a_day(boards)

    done: Done = await boards.core.submit(closing(boards, PORTION))

    assert done == Done(1, left=False)
    assert await archived(boards) == RANKED
