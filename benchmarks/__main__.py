"""``python -m benchmarks``: measure everything and write ``docs/benchmarks.md``."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from benchmarks import fanout, report, results, services, writes
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
    "subscribers": (200,),
    "rounds": 1,
    "publications": 3,
    "seconds": 0.5,
}
BENCHMARKS = ("writes", "ranking", "batching", "fanout")


@click.group(invoke_without_command=True)
@click.option("--only", type=click.Choice(BENCHMARKS), multiple=True, help="Measure only this.")
@click.option("--side", type=click.Choice(list(services.LABELS)), multiple=True)
@click.option("--rounds", type=click.IntRange(min=1), help="Rounds of the writes.")
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
    sides = side or tuple(services.LABELS)
    with _explained():
        if "writes" in chosen:
            _measure_writes(_given(sides=sides, rounds=rounds, seconds=seconds), quick, kept)
        ours = tuple(name for name in sides if name in services.OURS)
        if "ranking" in chosen and ours:
            _measure_ranking(_given(sides=ours, seconds=seconds), quick, kept)
        if "batching" in chosen:
            _measure_batching(quick, kept)
        if "fanout" in chosen:
            _measure_fanout(_given(rounds=rounds, seconds=seconds), quick, kept)
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


def _measure_writes(given: dict[str, Any], quick: bool, kept: Path) -> None:
    plan = writes.Plan(**{**(QUICK_WRITES if quick else {}), **given})
    _measure(lambda directory: writes.measure(plan, directory, _tell), "writes", kept)


def _measure_ranking(given: dict[str, Any], quick: bool, kept: Path) -> None:
    from benchmarks import ranking  # noqa: PLC0415 - only here is numpy needed

    plan = ranking.Plan(**{**(QUICK_RANKING if quick else {}), **given})
    _measure(lambda directory: ranking.measure(plan, directory, _tell), "ranking", kept)


def _measure_batching(quick: bool, kept: Path) -> None:
    from benchmarks import batching  # noqa: PLC0415 - only here is the service itself imported

    given = QUICK_BATCHING if quick else {}
    _measure(lambda directory: batching.measure(directory, _tell, **given), "batching", kept)


def _measure_fanout(given: dict[str, Any], quick: bool, kept: Path) -> None:
    plan = fanout.Plan(**{**(QUICK_FANOUT if quick else {}), **given})
    _measure(lambda directory: fanout.measure(plan, directory, _tell), "fanout", kept)


def _measure(measure: Callable[[Path], Any], name: str, kept: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="groundswell-benchmark-") as directory:
        result = measure(Path(directory))
    click.echo(f"kept: {results.save(result, name, kept)}")


def _given(**options: Any) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}


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
