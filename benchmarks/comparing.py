"""Several servers under one load, one after the other, and what was measured of each."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median

import msgspec

from benchmarks import audience, listeners, results
from benchmarks.listeners import Listeners
from benchmarks.machine import Machine, describe

Figures = dict[str, float]
"""What one run measured, by name."""

Run = Callable[[Listeners, Path], Figures]
"""Measures a server that was just started, with the program that makes the load."""

Tell = Callable[[str], None]


class Case(msgspec.Struct, rename="camel", frozen=True):
    """One side, or one situation, run by run."""

    name: str
    runs: list[Figures]

    def figure(self, name: str) -> float:
        """The median over the runs."""
        return median(run[name] for run in self.runs)


class Comparison(msgspec.Struct, rename="camel", frozen=True):
    """What was measured of several cases under the same ``settings``."""

    taken_at: str
    machine: Machine
    settings: Figures
    cases: list[Case]

    def case(self, name: str) -> Case | None:
        """What was measured of one."""
        return next((case for case in self.cases if case.name == name), None)


def compare(
    sides: Sequence[str],
    run: Run,
    directory: Path,
    tell: Tell,
    *,
    rounds: int,
    settings: Figures,
) -> Comparison:
    """Starts every side anew in every round; who begins changes from round to round.

    Raises:
        BenchmarkError: a side does not start, or loses a subscriber or a message.
    """
    machine = describe(None)
    program = audience.build(directory)
    cases: dict[str, Case] = {name: Case(name, []) for name in sides}
    for number, name in _turns(sides, rounds):
        place = directory / f"{name}-{number}"
        place.mkdir()
        with listeners.serving(name, place) as side:
            figures = run(side, program)
        cases[name].runs.append(figures)
        tell(f"round {number}  {name:<20}  {told(figures)}")
    settings = settings | {"rounds": rounds}
    return Comparison(results.now(), machine, settings, list(cases.values()))


def told(figures: Figures) -> str:
    """Figures on one line."""
    return "  ".join(f"{name} {value:,.4g}" for name, value in figures.items())


def _turns(sides: Sequence[str], rounds: int) -> Iterator[tuple[int, str]]:
    order = random.Random(1)
    for number in range(1, rounds + 1):
        for name in order.sample(sides, len(sides)):
            yield number, name
