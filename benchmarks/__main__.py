"""``python -m benchmarks``: measure everything and write ``docs/benchmarks.md``."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from benchmarks import fanout, listeners, report, results, services, suite, writes
from benchmarks.errors import BenchmarkError

QUICK_WRITES: dict[str, Any] = {
    "media": 20,
    "rounds": 1,
    "shapes": ("hot",),
    "seconds": 1,
    "connections": (16,),
    "vote_connections": (16,),
    "first_warm_up": 0,
}
QUICK_RANKING: dict[str, Any] = {
    "media": 200,
    "plays": 50_000,
    "seconds": 1,
    "connections": (4,),
    "lists": ("/v1/trending?period=24h", "/v1/popular?period=7d"),
}
QUICK_BATCHING: dict[str, Any] = {"seconds": 0.1, "rounds": 1}
QUICK_FANOUT: dict[str, Any] = {
    "subscribers": (100,),
    "rounds": 1,
    "publications": 3,
    "seconds": 0.3,
    "settle_seconds": 0.1,
}
BENCHMARKS = ("writes", "ranking", "batching", "fanout", *suite.LIVE)
SIDES = tuple(dict.fromkeys([*services.LABELS, *listeners.LABELS]))


@click.group(invoke_without_command=True)
@click.option("--only", type=click.Choice(BENCHMARKS), multiple=True, help="Measure only this.")
@click.option("--side", type=click.Choice(SIDES), multiple=True, help="Measure only this one.")
@click.option("--rounds", type=click.IntRange(min=1), help="Rounds, where there are several.")
@click.option("--seconds", type=click.IntRange(min=1), help="Length of one run.")
@click.option("--quick", is_flag=True, help="See that all works; the figures mean nothing.")
@click.option("--docs", type=click.Path(path_type=Path), default=report.DOCS)
@click.option("--results", "kept", type=click.Path(path_type=Path), default=results.DIRECTORY)
@click.option("--page/--no-page", default=True, help="Whether to write the page as well.")
@click.pass_context
def main(
    context: click.Context,
    only: tuple[str, ...],
    side: tuple[str, ...],
    rounds: int | None,
    seconds: int | None,
    quick: bool,
    docs: Path,
    kept: Path,
    page: bool,
) -> None:
    """Measure Groundswell beside its peers, keep the results and write the page."""
    if context.invoked_subcommand is not None:
        context.obj = (kept, docs)
        return
    if quick and kept == results.DIRECTORY:
        raise click.UsageError("--quick needs --results and --docs elsewhere: its figures mislead")
    chosen = only or BENCHMARKS
    length = _given(rounds=rounds, seconds=seconds)
    with _explained():
        for name in BENCHMARKS:
            if name in chosen:
                _MEASURES.get(name, _measure_live)(name, side, length, quick, kept)
        if page:
            _write_page(kept, docs)


@main.command("report")
@click.pass_obj
def report_command(places: tuple[Path, Path]) -> None:
    """Write the page from results that were kept."""
    with _explained():
        _write_page(*places)


def _write_page(kept: Path, docs: Path) -> None:
    click.echo(f"written: {report.write(kept, docs)}")


def _measure_writes(
    name: str, side: tuple[str, ...], given: dict[str, Any], quick: bool, kept: Path
) -> None:
    sides = _chosen(side, services.LABELS)
    plan = writes.Plan(**{**(QUICK_WRITES if quick else {}), **given, "sides": sides})
    if sides:
        _measure(lambda directory: writes.measure(plan, directory, _tell), name, kept)


def _measure_ranking(
    name: str, side: tuple[str, ...], given: dict[str, Any], quick: bool, kept: Path
) -> None:
    from benchmarks import ranking  # noqa: PLC0415 - only here is numpy needed

    sides = _chosen(side, services.OURS)
    given = {"sides": sides} | {name: given[name] for name in ("seconds",) if name in given}
    plan = ranking.Plan(**{**(QUICK_RANKING if quick else {}), **given})
    if sides:
        _measure(lambda directory: ranking.measure(plan, directory, _tell), name, kept)


def _measure_batching(
    name: str, side: tuple[str, ...], given: dict[str, Any], quick: bool, kept: Path
) -> None:
    from benchmarks import batching  # noqa: PLC0415 - only here is the service itself imported

    options = QUICK_BATCHING if quick else {}
    _measure(lambda directory: batching.measure(directory, _tell, **options), name, kept)


def _measure_fanout(
    name: str, side: tuple[str, ...], given: dict[str, Any], quick: bool, kept: Path
) -> None:
    sides = _chosen(side, listeners.LABELS)
    plan = fanout.Plan(**{**(QUICK_FANOUT if quick else {}), **given, "sides": sides})
    if sides:
        _measure(lambda directory: fanout.measure(plan, directory, _tell), name, kept)


def _measure_live(
    name: str, side: tuple[str, ...], given: dict[str, Any], quick: bool, kept: Path
) -> None:
    benchmark = suite.LIVE[name]
    sides = _chosen(side, benchmark.sides)
    plan = benchmark.plan({**given, "sides": sides}, quick=quick)
    if sides or not benchmark.sides:
        _measure(lambda directory: benchmark.measure(plan, directory, _tell), name, kept)


_MEASURES = {
    "writes": _measure_writes,
    "ranking": _measure_ranking,
    "batching": _measure_batching,
    "fanout": _measure_fanout,
}


def _measure(measure: Callable[[Path], Any], name: str, kept: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="groundswell-benchmark-") as directory:
        result = measure(Path(directory))
    click.echo(f"kept: {results.save(result, name, kept)}")


def _given(**options: Any) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}


def _chosen(wanted: tuple[str, ...], there_are: Iterable[str]) -> tuple[str, ...]:
    """Those of the sides that were asked for; all, if none was."""
    return tuple(name for name in there_are if not wanted or name in wanted)


def _tell(line: str) -> None:
    click.echo(line)


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except BenchmarkError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main(prog_name="python -m benchmarks")
