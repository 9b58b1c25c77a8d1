"""A leaderboard with a million members: positions, pages, updates and its closing.

In one process without HTTP, on both databases, and beside leaderboard-python on Redis where that
is installed. Our updates are durable and idempotent, and tell whose place they changed; Redis
answers from memory.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any, Final

import msgspec

from benchmarks import board_peer, postgres, results
from benchmarks.comparing import Case, Comparison, Figures, Tell, told
from benchmarks.machine import describe
from groundswell.contract import times
from groundswell.domains.leaderboards import entry_rows
from groundswell.domains.leaderboards.commands import CloseWindow, CreateBoard, Done, PostScore
from groundswell.domains.leaderboards.entry_rows import position_of
from groundswell.domains.leaderboards.handling import leaderboard_handler
from groundswell.domains.leaderboards.queries import BoardQueries
from groundswell.domains.leaderboards.ranks import count_changes
from groundswell.domains.leaderboards.windows import window_at, zone_of
from groundswell.log.journal import SqlJournal
from groundswell.store import Statement, Store, open_store
from groundswell.store.migrate import upgrade
from groundswell.store.writer import Writer

BOARD: Final = "benchmark"
SLICE: Final = 20
PORTION: Final = 50_000

COUNT = Statement(
    "SELECT count(*) FROM board_entries WHERE board_id = :board_id AND descending < :descending"
)
RANK = Statement(
    """
    SELECT place FROM (
        SELECT descending, rank() OVER (ORDER BY descending) AS place FROM board_entries
        WHERE board_id = :board_id
    ) ranked WHERE descending = :descending LIMIT 1
    """
)


class Plan(msgspec.Struct, frozen=True):
    """How much is measured. Scores spread over ``widest``; few people have many points."""

    members: int = 1_000_000
    widest: int = 1_000_000
    calls: int = 1_000
    callers: int = 64
    seconds: float = 3.0
    engines: Sequence[str] = ("sqlite", "postgresql", "redis")


def measure(plan: Plan, directory: Path, tell: Tell) -> Comparison:
    """Every side in turn.

    Raises:
        BenchmarkError: PostgreSQL or Redis is not installed.
    """
    machine = describe(postgres.version())
    cases: list[Case] = []
    naive: Figures = {}
    for engine, label in (("sqlite", "SQLite"), ("postgresql", "PostgreSQL")):
        if engine in plan.engines:
            with _database(engine, directory) as url:
                figures, beside = asyncio.run(_measure(url, plan))
            cases.append(Case(label, [figures]))
            naive |= {f"{engine}{name}": value for name, value in beside.items()}
            tell(f"{label:<28}  {told(figures)}  {told(beside)}")
    if "redis" in plan.engines and board_peer.is_installed():
        figures = board_peer.measure(directory, _scores(plan), plan.calls, SLICE)
        cases.append(Case(board_peer.LABEL, [figures]))
        tell(f"{board_peer.LABEL:<28}  {told(figures)}")
    settings = {"members": float(plan.members), "callers": float(plan.callers), **naive}
    return Comparison(results.now(), machine, settings, cases)


@contextmanager
def _database(engine: str, directory: Path) -> Iterator[str]:
    if engine == "sqlite":
        yield f"sqlite:///{directory / 'boards.db'}"
        return
    cluster = postgres.Cluster(directory)
    try:
        yield cluster.create("boards")
    finally:
        cluster.stop()


def _scores(plan: Plan) -> list[int]:
    chance = random.Random(1)
    return [1 + int(plan.widest * chance.random() ** 4) for _ in range(plan.members)]


async def _measure(url: str, plan: Plan) -> tuple[Figures, Figures]:
    """What callers wait for, in microseconds, and what the plain queries take instead."""
    await upgrade(url)
    store = open_store(url)
    await store.open()
    writer = Writer(store, (leaderboard_handler(),), SqlJournal(times.now), clock=times.now)
    working = asyncio.create_task(writer.run())
    scores = _scores(plan)
    start = window_at("daily", zone_of("UTC"), times.now()).start
    try:
        began = time.perf_counter()
        await _fill(store, writer, scores, start)
        loaded = plan.members / (time.perf_counter() - began)
        figures = {"loadedPerSecond": loaded, **await _reads(store, plan, scores, start)}
        beside = await _plain(store, scores)
        figures |= await _writes(writer, plan)
        beside |= await _closing(writer, start)
    finally:
        writer.close()
        await working
        await store.close()
    return figures, beside


async def _fill(store: Store, writer: Writer, scores: Sequence[int], start: int) -> None:
    await writer.submit(
        CreateBoard(
            at=times.now(),
            board_id=BOARD,
            name="Benchmark",
            metric="custom",
            window="daily",
            time_zone="UTC",
        )
    )
    entries = [
        (BOARD, start, _name(number), -score, start + number, 0)
        for number, score in enumerate(scores)
    ]
    counts = count_changes((None, score) for score in scores)
    counted = [(BOARD, start, *place, members) for place, members in counts.items()]
    for statement, rows in ((entry_rows.SAVE_ENTRIES, entries), (entry_rows.ADD_COUNTS, counted)):
        for first in range(0, len(rows), PORTION):
            async with store.writing() as transaction:
                await transaction.fetch(statement, rows=rows[first : first + PORTION])
    if store.engine == "postgresql":
        async with store.writing() as transaction:
            await transaction.fetch(Statement("ANALYZE board_entries"))
            await transaction.fetch(Statement("ANALYZE board_counts"))


async def _reads(store: Store, plan: Plan, scores: Sequence[int], start: int) -> Figures:
    queries = BoardQueries(store, times.now)
    chance = random.Random(2)
    members = [chance.randrange(len(scores)) for _ in range(plan.calls)]
    async with store.reading() as transaction:
        rank = await _waits(
            members, lambda one: position_of(transaction, BOARD, start, scores[one])
        )
    top = await _each(members, lambda _: queries.standings(BOARD, limit=SLICE))
    around = await _each(
        members,
        lambda one: queries.standings(BOARD, limit=SLICE, user_id=_name(one), around=True),
    )
    slowest = rank[int(len(rank) * 0.99)]
    return {"rank": median(rank), "rankP99": slowest, "top": top, "around": around}


async def _plain(store: Store, scores: Sequence[int]) -> Figures:
    """The same position by counting rows, and by ranking them all."""
    some = scores[:5]

    def ask(statement: Statement) -> Callable[[int], Awaitable[Any]]:
        return lambda score: store.fetch(statement, board_id=BOARD, descending=-score)

    return {"Count": await _each(some, ask(COUNT)), "Rank": await _each(some, ask(RANK))}


async def _writes(writer: Writer, plan: Plan) -> Figures:
    """Durable updates: one caller's wait, and how many a second for many callers."""
    chance = random.Random(3)
    numbers = itertools.count()

    async def update(_: int = 0) -> None:
        user = _name(chance.randrange(plan.members))
        points = chance.randrange(1, 100)
        await writer.submit(_update(times.now(), f"event-{next(numbers)}", user, points))

    alone = await _each(range(min(plan.calls, 300)), update)
    end = time.perf_counter() + plan.seconds
    first = next(numbers)

    async def call() -> None:
        while time.perf_counter() < end:
            await update()

    await asyncio.gather(*(call() for _ in range(plan.callers)))
    return {"update": alone, "updatesPerSecond": (next(numbers) - first) / plan.seconds}


async def _closing(writer: Writer, start: int) -> Figures:
    """Archive the window as the keeper does, and what somebody else waits for meanwhile."""
    over = start + 2 * times.DAY
    command = CloseWindow(at=over, board_id=BOARD, window_start=start)
    waits: list[float] = []
    began = time.perf_counter()
    closing = asyncio.create_task(_archive(writer, command))
    while not closing.done():
        asked = time.perf_counter()
        await writer.submit(_update(over, f"later-{len(waits)}", _name(0)))
        waits.append(time.perf_counter() - asked)
        await asyncio.sleep(0.005)
    assert await closing == 1, "the window was not closed"
    waits.sort()
    return {
        "CloseSeconds": time.perf_counter() - began,
        "CloseWait": waits[len(waits) // 2] * 1000,
        "CloseWaitP99": waits[int(len(waits) * 0.99)] * 1000,
        "CloseWaitLongest": waits[-1] * 1000,
    }


async def _archive(writer: Writer, command: CloseWindow) -> int:
    closed = 0
    while True:
        began = time.perf_counter()
        done: Done = await writer.submit(command)
        closed += done.count
        if not done.left:
            return closed
        await asyncio.sleep(time.perf_counter() - began)


def _update(now: int, event_id: str, user_id: str, points: int = 1) -> PostScore:
    return PostScore(
        at=now,
        board_id=BOARD,
        event_id=event_id,
        user_id=user_id,
        points=points,
        occurred_at=now,
    )


def _name(number: int) -> str:
    return f"user-{number:07}"


async def _each(given: Sequence[int], call: Callable[[int], Awaitable[Any]]) -> float:
    """The median wait, in microseconds."""
    return median(await _waits(given, call))


async def _waits(given: Sequence[int], call: Callable[[int], Awaitable[Any]]) -> list[float]:
    """Microseconds, the shortest first."""
    waits = []
    for one in given:
        began = time.perf_counter()
        await call(one)
        waits.append((time.perf_counter() - began) * 1e6)
    return sorted(waits)
