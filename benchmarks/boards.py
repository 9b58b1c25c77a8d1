"""A leaderboard with a million members: positions, pages, updates and its closing.

In one process without HTTP: on both databases, from copies of them in Redis, and beside
leaderboard-python on the same Redis where that is installed. The sides take turns, so that what
else the machine does meets all of them. Our updates are durable and idempotent, and tell whose
place they changed; Redis answers from memory.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Final

import msgspec

from benchmarks import board_peer, board_sides, live, postgres, results
from benchmarks.board_sides import BOARD, Ours, Side, board_on, copied
from benchmarks.comparing import Case, Comparison, Figures, Tell, told
from benchmarks.machine import describe
from groundswell.contract import times
from groundswell.domains.leaderboards.commands import CloseWindow, Done
from groundswell.domains.leaderboards.mirror import BoardMirror
from groundswell.store import Statement, Store

SLICE: Final = 20
LABELS: Final = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}

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
    calls: int = 300
    callers: int = 256
    seconds: float = 2.0
    rounds: int = 3
    closing: bool = True
    engines: Sequence[str] = ("sqlite", "postgresql", "redis")


@dataclass(slots=True)
class _Field:
    """All sides, loaded; those that are ours by their engine."""

    sides: list[Side] = field(default_factory=list)
    loaded: dict[str, float] = field(default_factory=dict)
    boards: dict[str, Ours] = field(default_factory=dict)
    mirrors: dict[str, BoardMirror] = field(default_factory=dict)


def measure(plan: Plan, directory: Path, tell: Tell) -> Comparison:
    """Every side in turn, round by round.

    Raises:
        BenchmarkError: PostgreSQL or Redis is not installed.
    """
    machine = describe(postgres.version())
    with _databases(plan, directory) as urls, _redis(plan, directory) as port:
        cases, settings = asyncio.run(_measure(plan, urls, port, tell))
    given = {"members": plan.members, "callers": plan.callers, "rounds": plan.rounds}
    return Comparison(results.now(), machine, {**given, **settings}, cases)


@contextmanager
def _databases(plan: Plan, directory: Path) -> Iterator[dict[str, str]]:
    urls = {}
    if "sqlite" in plan.engines:
        urls["sqlite"] = f"sqlite:///{directory / 'boards.db'}"
    if "postgresql" not in plan.engines:
        yield urls
        return
    cluster = postgres.Cluster(directory)
    try:
        yield {**urls, "postgresql": cluster.create("boards")}
    finally:
        cluster.stop()


@contextmanager
def _redis(plan: Plan, directory: Path) -> Iterator[int | None]:
    if "redis" not in plan.engines:
        yield None
        return
    server = live.start_redis(directory)
    try:
        yield server.port
    finally:
        server.stop()


async def _measure(
    plan: Plan, urls: dict[str, str], port: int | None, tell: Tell
) -> tuple[list[Case], Figures]:
    chance = random.Random(1)
    scores = [1 + int(plan.widest * chance.random() ** 4) for _ in range(plan.members)]
    async with _sides(plan, urls, port, scores) as all_of_them:
        runs: dict[str, list[Figures]] = {one.label: [] for one in all_of_them.sides}
        for number in range(plan.rounds):
            for side in all_of_them.sides:
                figures = await _round(plan, side, number)
                figures["loadedPerSecond"] = all_of_them.loaded[side.label]
                runs[side.label].append(figures)
                tell(f"{side.label:<28}  {told(figures)}")
        settings = {
            f"{engine}CopyShare": _share(mirror) for engine, mirror in all_of_them.mirrors.items()
        }
        for engine, ours in all_of_them.boards.items():
            beside = await _plain(ours.store, scores)
            if plan.closing:
                beside |= await _closing(ours)
            settings |= {f"{engine}{name}": value for name, value in beside.items()}
            tell(f"{engine:<28}  {told(beside)}")
    return [Case(label, of_side) for label, of_side in runs.items()], settings


@asynccontextmanager
async def _sides(
    plan: Plan, urls: dict[str, str], port: int | None, scores: Sequence[int]
) -> AsyncIterator[_Field]:
    loaded = _Field()
    async with AsyncExitStack() as stack:
        for engine, url in urls.items():
            label = LABELS[engine]
            ours, pace = await stack.enter_async_context(board_on(url, scores))
            loaded.boards[engine] = ours
            loaded.sides.append(ours.side(label, plan.callers, SLICE))
            loaded.loaded[label] = pace
            if port is not None:
                mirror, seconds = await stack.enter_async_context(
                    copied(ours, f"redis://127.0.0.1:{port}")
                )
                loaded.mirrors[engine] = mirror
                copy = f"{label}, a copy in Redis"
                loaded.sides.append(ours.side(copy, plan.callers, SLICE, mirror))
                loaded.loaded[copy] = plan.members / seconds
        if port is not None and board_peer.is_installed():
            side, loaded.loaded[side.label] = board_peer.peer_on(port, scores, SLICE)
            loaded.sides.append(side)
        yield loaded


async def _round(plan: Plan, side: Side, number: int) -> Figures:
    """Reads first, so that a copy has had time to follow the updates of the side before."""
    chance = random.Random(2 + number)
    users = [board_sides.name(chance.randrange(plan.members)) for _ in range(plan.calls)]
    await asyncio.sleep(min(1.0, plan.seconds))
    figures = await board_sides.read(side, users, plan.seconds)
    return {**figures, **await board_sides.write(side, users, plan.seconds)}


def _share(mirror: BoardMirror) -> float:
    """How much of what was read a copy answered; the database answered the rest."""
    figures = mirror.statistics()
    answered = figures["answered_total"]
    assert answered, "no copy ever answered"
    return answered / (answered + figures["behind_total"] + figures["gone_total"])


async def _plain(store: Store, scores: Sequence[int]) -> Figures:
    """A position by counting rows, and by ranking them all."""

    async def ask(statement: Statement) -> float:
        waits = []
        for score in scores[:5]:
            began = time.perf_counter()
            await store.fetch(statement, board_id=BOARD, descending=-score)
            waits.append((time.perf_counter() - began) * 1e6)
        return median(waits)

    return {"Count": await ask(COUNT), "Rank": await ask(RANK)}


async def _closing(ours: Ours) -> Figures:
    """Archive the window as the keeper does, and what somebody else waits for meanwhile."""
    over = ours.start + 2 * times.DAY
    command = CloseWindow(at=over, board_id=BOARD, window_start=ours.start)
    waits: list[float] = []
    began = time.perf_counter()
    closing = asyncio.create_task(_archive(ours.writer.submit, command))
    while not closing.done():
        asked = time.perf_counter()
        await ours.post(board_sides.name(0), 1, f"later-{len(waits)}", over)
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


async def _archive(submit: Callable[..., Awaitable[Any]], command: CloseWindow) -> int:
    closed = 0
    while True:
        began = time.perf_counter()
        done: Done = await submit(command)
        closed += done.count
        if not done.left:
            return closed
        await asyncio.sleep(time.perf_counter() - began)
