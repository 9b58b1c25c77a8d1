"""Durable plays and votes per second over HTTP, side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from benchmarks import ledger, load, postgres, results, services
from benchmarks.load import Action, Run, Visitors
from benchmarks.machine import describe
from benchmarks.results import Cell, Shape, Writes
from benchmarks.services import Side

WARM_UP_SECONDS = 1
WARM_UP_CONNECTIONS = 64
HOT_SHARE = 0.8

Tell = Callable[[str], None]


class Load(NamedTuple):
    """What is asked of every side in turn."""

    action: Action
    shape: Shape
    connections: int


class Plan(msgspec.Struct, frozen=True):
    """How much is measured; the defaults are the full benchmark."""

    sides: Sequence[str] = tuple(services.LABELS)
    media: int = 1_000
    rounds: int = 3
    seconds: int = 3
    shapes: Sequence[Shape] = ("uniform", "hot")
    connections: Sequence[int] = (1, 16, 64, 256)
    vote_connections: Sequence[int] = (64,)
    first_warm_up: int = 8
    """Seconds of load before the first round: compilers at run time need some."""

    def loads(self) -> list[Load]:
        """Every load, in the order in which they are measured."""
        asked: list[tuple[Action, Sequence[int]]] = [
            ("plays", self.connections),
            ("votes", self.vote_connections),
        ]
        return [
            Load(action, shape, count)
            for action, counts in asked
            for shape in self.shapes
            for count in counts
        ]


def measure(plan: Plan, directory: Path, tell: Tell) -> Writes:
    """Starts all sides, measures each under each load, round after round, and checks their books.

    Only the side that is measured runs; the others are paused meanwhile.

    Raises:
        BenchmarkError: a side does not start, or its books do not balance.
    """
    load.require()
    machine = describe(postgres.version() if services.needs_postgresql(plan.sides) else None)
    with services.running(plan.sides, directory=directory, media=plan.media) as sides:
        cells = _cells(plan, sides, tell)
        for side in sides:
            tell(f"{side.name}: closing the books")
            with side.awake():
                side.audit()
    return Writes(
        taken_at=results.now(),
        machine=machine,
        media=plan.media,
        hot_share=HOT_SHARE,
        rounds=plan.rounds,
        seconds=plan.seconds,
        warm_up_seconds=WARM_UP_SECONDS,
        cells=cells,
    )


def _cells(plan: Plan, sides: Sequence[Side], tell: Tell) -> list[Cell]:
    cells: dict[tuple[str, Load], Cell] = {}
    visitors = Visitors()
    for side in sides if plan.first_warm_up else ():
        tell(f"{side.name}: warming up")
        _warm_up(side, plan.first_warm_up, visitors)
    for number, wanted, side in _turns(plan, sides):
        cell = cells.setdefault((side.name, wanted), Cell(side.name, *wanted, [], []))
        with side.awake():
            run, processor = _measure(side, wanted, plan.seconds, visitors)
        cell.runs.append(run)
        cell.processor.append(processor)
        tell(_line(number, cell))
    return list(cells.values())


def _warm_up(side: Side, seconds: int, visitors: Visitors) -> None:
    with side.awake():
        for action in ("plays", "votes"):
            _write(side, Load(action, "uniform", WARM_UP_CONNECTIONS), seconds // 2, visitors)


def _turns(plan: Plan, sides: Sequence[Side]) -> Iterator[tuple[int, Load, Side]]:
    """Every side under every load in every round; the order turns round by round."""
    for number in range(plan.rounds):
        for wanted in plan.loads():
            for side in sides if number % 2 == 0 else reversed(sides):
                yield number + 1, wanted, side


def _measure(side: Side, wanted: Load, seconds: int, visitors: Visitors) -> tuple[Run, float]:
    """One run after a warm-up, its books checked; and processor microseconds per request."""
    side.settle()
    before = ledger.read(side, wanted.action)
    warm = _write(side, wanted, WARM_UP_SECONDS, visitors)
    used = side.service.processor_seconds()
    run = _write(side, wanted, seconds, visitors)
    used = side.service.processor_seconds() - used
    done = ledger.settled(side, wanted.action).since(before)
    accepted = warm.accepted + run.accepted
    ledger.verify(done, accepted=accepted, in_flight=2 * wanted.connections)
    return run, used / max(run.requests, 1) * 1e6


def _write(side: Side, wanted: Load, seconds: int, visitors: Visitors) -> Run:
    return load.write(
        side.service.url,
        style=side.style,
        action=wanted.action,
        hot_share=HOT_SHARE if wanted.shape == "hot" else 0.0,
        media_ids=side.media_ids,
        first_visitor=visitors.block(),
        connections=wanted.connections,
        seconds=seconds,
    )


def _line(number: int, cell: Cell) -> str:
    run = cell.runs[-1]
    return (
        f"round {number}  {cell.action} {cell.shape:<7} {cell.connections:>3} connections  "
        f"{cell.side:<22} {run.throughput:>8,.0f}/s  p50 {run.p50:>7.1f} ms  "
        f"p99 {run.p99:>7.1f} ms  {cell.processor[-1]:>5.0f} µs  failed {cell.failures}"
    )
