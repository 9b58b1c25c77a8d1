"""The sides of the benchmark of leaderboards: a database, a database with copies, a peer."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

from benchmarks.comparing import Figures
from groundswell.contract import times
from groundswell.domains.leaderboards import entry_rows
from groundswell.domains.leaderboards.commands import CreateBoard, PostScore
from groundswell.domains.leaderboards.copying import copy_board
from groundswell.domains.leaderboards.handling import leaderboard_handler
from groundswell.domains.leaderboards.mirror import BoardMirror
from groundswell.domains.leaderboards.mirroring import Mirroring
from groundswell.domains.leaderboards.queries import BoardQueries
from groundswell.domains.leaderboards.ranks import count_changes
from groundswell.domains.leaderboards.redis.copies import RedisCopies
from groundswell.domains.leaderboards.windows import window_at, zone_of
from groundswell.log.journal import SqlJournal
from groundswell.store import Statement, Store, open_store
from groundswell.store.migrate import upgrade
from groundswell.store.writer import Writer

BOARD: Final = "benchmark"
PORTION: Final = 50_000
PATIENCE_SECONDS: Final = 5.0

Call = Callable[[str], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Side:
    """What can be asked of one side; ``update`` adds points of its own choice."""

    label: str
    position: Call
    top: Call
    around: Call
    update: Call
    callers: int


@dataclass(frozen=True, slots=True)
class Ours:
    """A board of ours on one database."""

    store: Store
    writer: Writer
    start: int

    async def post(self, user: str, points: int, event_id: str, at: int) -> None:
        """A durable update."""
        command = PostScore(
            at=at,
            board_id=BOARD,
            event_id=event_id,
            user_id=user,
            points=points,
            occurred_at=at,
        )
        await self.writer.submit(command)

    def side(self, label: str, callers: int, size: int, mirror: BoardMirror | None = None) -> Side:
        """This database, read from copies where there are some."""
        queries = BoardQueries(self.store, times.now, mirror.read if mirror else None)
        chance, numbers = random.Random(3), itertools.count()

        async def position(user: str) -> object:
            return await queries.standings(BOARD, limit=1, user_id=user, around=True)

        async def top(_: str) -> object:
            return await queries.standings(BOARD, limit=size)

        async def around(user: str) -> object:
            return await queries.standings(BOARD, limit=size, user_id=user, around=True)

        async def update(user: str) -> None:
            points = chance.randrange(1, 100)
            await self.post(user, points, f"{label} {next(numbers)}", times.now())

        return Side(label, position, top, around, update, callers)


@asynccontextmanager
async def board_on(url: str, scores: Sequence[int]) -> AsyncIterator[tuple[Ours, float]]:
    """A board with these scores, and how many participants were loaded a second."""
    await upgrade(url)
    store = open_store(url)
    await store.open()
    writer = Writer(store, (leaderboard_handler(),), SqlJournal(times.now), clock=times.now)
    working = asyncio.create_task(writer.run())
    ours = Ours(store, writer, window_at("daily", zone_of("UTC"), times.now()).start)
    try:
        began = time.perf_counter()
        await _fill(ours, scores)
        yield ours, len(scores) / (time.perf_counter() - began)
    finally:
        writer.close()
        await working
        await store.close()


@asynccontextmanager
async def copied(ours: Ours, redis_url: str) -> AsyncIterator[tuple[BoardMirror, float]]:
    """Its copy in a Redis, kept up to date, and how many participants were copied a second."""
    copies = RedisCopies(redis_url, namespace=ours.store.engine, patience=PATIENCE_SECONDS)
    began = time.perf_counter()
    assert await copy_board(ours.store, copies, BOARD) == "made"
    seconds = time.perf_counter() - began
    mirroring = Mirroring(ours.store, copies)
    mirroring.look_after(BOARD)
    following = asyncio.create_task(mirroring.run())
    try:
        yield BoardMirror(ours.store, copies, mirroring, times.now), seconds
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        await copies.close()


async def read(side: Side, users: Sequence[str], seconds: float) -> Figures:
    """What one caller waits for, in microseconds, and how many positions many are told."""
    rank = await _waits(side.position, users)
    return {
        "rank": median(rank),
        "rankP99": rank[int(len(rank) * 0.99)],
        "top": median(await _waits(side.top, users)),
        "around": median(await _waits(side.around, users)),
        "ranksPerSecond": await _together(side.position, users, side.callers, seconds),
    }


async def write(side: Side, users: Sequence[str], seconds: float) -> Figures:
    """One caller's wait for an update, and how many a second for many callers."""
    return {
        "update": median(await _waits(side.update, users[: len(users) // 3])),
        "updatesPerSecond": await _together(side.update, users, side.callers, seconds),
    }


async def _together(call: Call, users: Sequence[str], callers: int, seconds: float) -> float:
    """Calls a second."""
    end, done = time.perf_counter() + seconds, itertools.count()
    given = itertools.cycle(users)

    async def ask() -> None:
        while time.perf_counter() < end:
            await call(next(given))
            next(done)

    await asyncio.gather(*(ask() for _ in range(callers)))
    return next(done) / seconds


async def _waits(call: Call, users: Sequence[str]) -> list[float]:
    """Microseconds, the shortest first."""
    waits = []
    for user in users:
        began = time.perf_counter()
        await call(user)
        waits.append((time.perf_counter() - began) * 1e6)
    return sorted(waits)


async def _fill(ours: Ours, scores: Sequence[int]) -> None:
    given: dict[str, Any] = {"metric": "custom", "window": "daily", "time_zone": "UTC"}
    await ours.writer.submit(CreateBoard(at=times.now(), board_id=BOARD, name="Benchmark", **given))
    start = ours.start
    entries = [
        (BOARD, start, name(number), -score, start + number, 0)
        for number, score in enumerate(scores)
    ]
    counts = count_changes((None, score) for score in scores)
    counted = [(BOARD, start, *place, members) for place, members in counts.items()]
    for statement, rows in ((entry_rows.SAVE_ENTRIES, entries), (entry_rows.ADD_COUNTS, counted)):
        for first in range(0, len(rows), PORTION):
            async with ours.store.writing() as transaction:
                await transaction.fetch(statement, rows=rows[first : first + PORTION])
    if ours.store.engine == "postgresql":
        async with ours.store.writing() as transaction:
            await transaction.fetch(Statement("ANALYZE board_entries"))
            await transaction.fetch(Statement("ANALYZE board_counts"))


def name(number: int) -> str:
    """A participant."""
    return f"user-{number:07}"
