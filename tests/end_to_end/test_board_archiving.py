"""Killed again and again while it archives a large window: one archive comes of it."""

from __future__ import annotations

import asyncio

from groundswell.contract import times
from groundswell.domains.leaderboards import entry_rows
from groundswell.domains.leaderboards.ranks import count_changes
from groundswell.domains.leaderboards.windows import window_at, zone_of
from groundswell.store.migrate import upgrade
from tests.end_to_end.service import StartService
from tests.end_to_end.stored import rows_of
from tests.integration.leaderboards.worlds import BOARD, running_boards
from tests.support.core import ManualClock
from tests.support.waiting import until

MEMBERS = 20_000
KILLS = 3
WRITTEN = "SELECT COUNT(*) FROM board_archive_rows"
CLOSED = "SELECT COUNT(*) FROM event_log WHERE event_type = 'referral.leaderboard.closed'"
OF_THE_DAY = "SELECT COUNT(*) FROM board_archives WHERE members > 0"
WRONG = """
    SELECT place FROM (
        SELECT r.*, e.descending, e.reached_at AS since,
            rank() OVER (ORDER BY e.descending) AS rightly
        FROM board_archive_rows r JOIN board_entries e ON e.user_id = r.user_id
    ) compared
    WHERE score <> -descending OR reached_at <> since OR position <> rightly
"""
EXTENT = "SELECT COUNT(DISTINCT user_id), MIN(place), MAX(place) FROM board_archive_rows"


async def test_a_window_is_closed_once_by_a_service_that_is_killed_while_it_archives(
    database_url: str, start_service: StartService
) -> None:
    await a_crowded_day(database_url)
    service = start_service(database_url)
    for _ in range(KILLS):
        before = await number_of(database_url, WRITTEN)

        async def goes_on(before: int = before) -> bool:
            return await number_of(database_url, WRITTEN) > before

        await until(goes_on)
        await asyncio.to_thread(service.kill)
        # Otherwise it was killed too late to show anything.
        assert await number_of(database_url, OF_THE_DAY) == 0
        await asyncio.to_thread(service.start)

    async def is_closed() -> bool:
        left = await rows_of(database_url, "SELECT 1 FROM board_archivings")
        return not left and await number_of(database_url, OF_THE_DAY) > 0

    await until(is_closed, seconds=60)
    await asyncio.to_thread(service.kill)

    archives = await number_of(database_url, "SELECT COUNT(*) FROM board_archives")
    assert await number_of(database_url, CLOSED) == archives
    assert await number_of(database_url, OF_THE_DAY) == 1
    assert await rows_of(database_url, EXTENT) == [(MEMBERS, 1, MEMBERS)]
    assert await number_of(database_url, WRITTEN) == MEMBERS
    assert await rows_of(database_url, f"{WRONG} LIMIT 5") == []


async def a_crowded_day(url: str) -> None:
    """A board with a window that is over, and in which many took part."""
    await upgrade(url)
    window = window_at("daily", zone_of("UTC"), times.now() - times.DAY - 10 * times.MINUTE)
    scores = [1 + number % 997 for number in range(MEMBERS)]
    entries = [
        (BOARD, window.start, f"user-{number}", -score, window.start + number, 0)
        for number, score in enumerate(scores)
    ]
    changes = count_changes((None, score) for score in scores)
    counts = [(BOARD, window.start, *place, members) for place, members in changes.items()]
    async with running_boards(url, ManualClock(window.start)) as boards:
        await boards.create(window="daily")
        async with boards.core.store.writing() as transaction:
            await transaction.fetch(entry_rows.SAVE_ENTRIES, rows=entries)
            await transaction.fetch(entry_rows.ADD_COUNTS, rows=counts)


async def number_of(url: str, sql: str) -> int:
    ((found,),) = await rows_of(url, sql)
    return int(str(found))
