"""``python -m benchmarks.replaying``: audit and replay of a long log, with and without snapshots.

The history is made by the writer and its reactions in an SQLite file, lengthened by repeated plays,
and copied for PostgreSQL. Each command runs as an operator runs it; what is told is the processor
time of the process and the memory that is its own, which say something on a busy machine as well.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import click

from benchmarks import bulk, history, postgres
from groundswell.app.projections import PROJECTIONS
from groundswell.contract import times
from groundswell.log.snapshotting import SnapshotJob
from groundswell.store import open_store
from groundswell.store.migrate import upgrade

COMMANDS: Final = (("audit",), ("replay", "--dry-run", "--from-start"), ("replay", "--dry-run"))
AFTERWARDS: Final = 1_000
"""Events after the snapshot, with which a replay that begins there has to do."""


@click.command()
@click.option("--events", default=1_000_000, show_default=True, help="How long the log is to be.")
@click.option("--written", default=150_000, show_default=True, help="So many through the writer.")
def main(events: int, written: int) -> None:
    """Make a history, and measure on SQLite and on PostgreSQL."""
    with tempfile.TemporaryDirectory(prefix="groundswell-benchmark-") as name:
        directory = Path(name)
        file = directory / "history.db"
        asyncio.run(_make(file, events, written))
        with _copied(file, directory) as copy:
            for url in (f"sqlite:///{file}", copy):
                asyncio.run(_snapshot_and_go_on(url))
                for command in COMMANDS:
                    click.echo(f"{url.partition(':')[0]:<11} {_measured(url, command)}")


async def _make(file: Path, events: int, written: int) -> None:
    await upgrade(f"sqlite:///{file}")
    async with history.continuing(f"sqlite:///{file}") as one:
        head = await one.go_on(min(written, events))
    bulk.add_repeats(file, max(events - head, 0), history.PEOPLE, times.now())


@contextmanager
def _copied(file: Path, directory: Path) -> Iterator[str]:
    cluster = postgres.Cluster(directory)
    try:
        url = cluster.create("history")
        asyncio.run(upgrade(url))
        bulk.copy(file, url)
        yield url
    finally:
        cluster.stop()


async def _snapshot_and_go_on(url: str) -> None:
    store = open_store(url)
    await store.open()
    try:
        job = SnapshotJob(store, PROJECTIONS, times.now, every_seconds=60.0, keep=2)
        await job.take_once()
    finally:
        await store.close()
    async with history.continuing(url, seed=2) as one:
        await one.go_on(AFTERWARDS)


def _measured(url: str, command: tuple[str, ...]) -> str:
    environment = {
        **os.environ,
        "GROUNDSWELL_DATABASE_URL": url,
        "GROUNDSWELL_SECRET": history.SECRET,
    }
    program = str(Path(sys.executable).with_name("groundswell"))
    begun, most = time.perf_counter(), 0
    pid = os.posix_spawn(program, [program, *command], environment)
    while not (ended := os.wait4(pid, os.WNOHANG))[0]:
        most = max(most, _own_memory(pid))
        time.sleep(0.1)
    usage = ended[2]
    return (
        f"{' '.join(command)}: exit {os.waitstatus_to_exitcode(ended[1])}, "
        f"{time.perf_counter() - begun:.1f} s, processor "
        f"{usage.ru_utime + usage.ru_stime:.1f} s, {most // 1024} MB"
    )


def _own_memory(pid: int) -> int:
    """Kilobytes; without the pages of the database's file that it looks at."""
    status = Path(f"/proc/{pid}/status").read_text(errors="replace")
    lines = [line for line in status.splitlines() if line.startswith("RssAnon")]
    return int(lines[0].split()[1]) if lines else 0


if __name__ == "__main__":
    main()
