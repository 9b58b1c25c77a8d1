"""One message to many WebSocket subscribers, side by side: how soon the last has it, how many."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from benchmarks import audience, listeners, results
from benchmarks.audience import Audience
from benchmarks.listeners import Listeners
from benchmarks.machine import describe
from benchmarks.results import Fanout, FanoutCell, FanoutRun

Tell = Callable[[str], None]


class Plan(msgspec.Struct, frozen=True):
    """How much is measured; the defaults are the full benchmark."""

    sides: Sequence[str] = tuple(listeners.LABELS)
    subscribers: Sequence[int] = (1_000, 5_000, 10_000)
    rounds: int = 3
    publications: int = 15
    """Publications of a run that are timed one by one."""
    seconds: float = 3.0
    """Length of a run's closed loop."""
    window: int = 4
    """Publications that may be on their way at once in the closed loop."""
    settle_seconds: float = 1.0
    """How long the server is left alone before its memory is read."""


class Turn(NamedTuple):
    """A server that is started, measured and stopped."""

    number: int
    subscribers: int
    side: str


def measure(plan: Plan, directory: Path, tell: Tell) -> Fanout:
    """Starts every side anew for every number of subscribers, round after round.

    Raises:
        BenchmarkError: a side does not start, or loses a subscriber or a message.
    """
    machine = describe(None)
    program = audience.build(directory)
    cells: dict[tuple[str, int], FanoutCell] = {}
    for turn in _turns(plan):
        place = directory / f"{turn.side}-{turn.subscribers}-{turn.number}"
        place.mkdir()
        with listeners.serving(turn.side, place) as side:
            run = _run(plan, turn, side, program)
        cell = cells.setdefault(
            (turn.side, turn.subscribers), FanoutCell(turn.side, turn.subscribers, [])
        )
        cell.runs.append(run)
        tell(_line(turn, run))
    return Fanout(
        taken_at=results.now(),
        machine=machine,
        rounds=plan.rounds,
        publications=plan.publications,
        seconds=plan.seconds,
        window=plan.window,
        message_bytes=listeners.MESSAGE_BYTES,
        cells=list(cells.values()),
    )


def _turns(plan: Plan) -> Iterator[Turn]:
    """All sides for each number of subscribers; who begins changes from round to round."""
    order = random.Random(1)
    for number in range(1, plan.rounds + 1):
        for subscribers in plan.subscribers:
            for side in order.sample(plan.sides, len(plan.sides)):
                yield Turn(number, subscribers, side)


def _run(plan: Plan, turn: Turn, side: Listeners, program: Path) -> FanoutRun:
    empty = side.service.own_kilobytes()
    with Audience(program, side, subscribers=turn.subscribers) as present:
        connected = present.connect()
        time.sleep(plan.settle_seconds)
        held = side.service.own_kilobytes() - empty
        single = present.single(plan.publications)
        before = side.service.processor_seconds()
        loop = present.loop(plan.seconds, plan.window)
        used = side.service.processor_seconds() - before
    return FanoutRun(
        connects_per_second=turn.subscribers / connected.seconds,
        kilobytes_per_connection=held / turn.subscribers,
        last=single.last,
        p50=single.p50,
        p99=single.p99,
        deliveries_per_second=loop.deliveries / loop.seconds,
        processor_per_million=used / loop.deliveries * 1e6,
        client_busy=loop.client_busy,
    )


def _line(turn: Turn, run: FanoutRun) -> str:
    return (
        f"round {turn.number}  {turn.subscribers:>6,} subscribers  {turn.side:<20} "
        f"last {run.last_ms:>7.1f} ms  {run.deliveries_per_second:>9,.0f}/s  "
        f"{run.processor_per_million:>5.1f} s per million  "
        f"{run.kilobytes_per_connection:>5.1f} kB each  "
        f"{run.connects_per_second:>6,.0f} connects/s  client {run.client_busy:.0%}"
    )
