"""The sides of a comparison: Groundswell on either engine, and the peers on the same PostgreSQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import node, postgres, program
from benchmarks.errors import BenchmarkError
from benchmarks.load import Style
from benchmarks.processes import Service
from benchmarks.program import Program

LABELS = {
    "groundswell-sqlite": "Groundswell, SQLite",
    "groundswell-postgresql": "Groundswell, PostgreSQL",
    "fastify-postgres": "Fastify + postgres.js",
    "trpc-drizzle": "tRPC + drizzle",
}
OURS = ("groundswell-sqlite", "groundswell-postgresql")
PEERS = ("fastify-postgres", "trpc-drizzle")

Rows = list[tuple[Any, ...]]
Query = Callable[[str], Rows]


@dataclass(frozen=True)
class Side:
    """A running server, how it is asked, and how its database is asked without it."""

    name: str
    style: Style
    service: Service
    query: Query
    media_ids: Path
    settle: Callable[[], None]
    audit: Callable[[], None]

    @contextmanager
    def awake(self) -> Iterator[None]:
        """Lets the server run, and pauses it again."""
        self.service.resume()
        try:
            yield
        finally:
            self.service.pause()


@contextmanager
def running(names: Sequence[str], *, directory: Path, media: int) -> Iterator[list[Side]]:
    """The sides, started and paused; all is stopped on leaving, however that comes about."""
    titles = [f"A song to measure by, number {number}" for number in range(1, media + 1)]
    with ExitStack() as stack:
        cluster = stack.enter_context(cluster_for(names, directory))
        sides = []
        for name in names:
            side = _start(name, directory, cluster, titles, stack)
            side.service.pause()
            sides.append(side)
        yield sides


@contextmanager
def cluster_for(names: Iterable[str], directory: Path) -> Iterator[postgres.Cluster | None]:
    """A PostgreSQL, if one of the sides needs it."""
    if not needs_postgresql(names):
        yield None
        return
    cluster = postgres.Cluster(directory)
    try:
        yield cluster
    finally:
        cluster.stop()


def needs_postgresql(names: Iterable[str]) -> bool:
    return any(name != "groundswell-sqlite" for name in names)


def database(name: str, directory: Path, cluster: postgres.Cluster | None) -> tuple[str, Query]:
    """The URL of a fresh database for a side, and a way to ask it past the server.

    Raises:
        BenchmarkError: the side is unknown, or there is no PostgreSQL for it.
    """
    if name not in LABELS:
        raise BenchmarkError(f"No side is called {name}: there are {', '.join(LABELS)}")
    if name == "groundswell-sqlite":
        path = directory / "groundswell.db"
        return f"sqlite:///{path}", lambda query: _ask_sqlite(path, query)
    if cluster is None:
        raise BenchmarkError(f"{name} needs PostgreSQL")
    url = cluster.create(name)
    return url, lambda query: postgres.fetch(url, query)


def _ask_sqlite(path: Path, query: str) -> Rows:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return connection.execute(query).fetchall()


def _start(
    name: str,
    directory: Path,
    cluster: postgres.Cluster | None,
    titles: list[str],
    stack: ExitStack,
) -> Side:
    """Starts a side with its files; ``stack`` is told how to stop it as soon as it runs."""
    url, query = database(name, directory, cluster)
    ids = directory / f"{name}.ids"
    settle = _nothing if cluster is None or name == "groundswell-sqlite" else cluster.settle
    if name in PEERS:
        _note(ids, _insert(url, titles))
        style: Style = "trpc" if name.startswith("trpc") else "rest"
        service = node.serve(name, url, directory)
        stack.callback(service.stop)
        return Side(name, style, service, query, ids, settle, _nothing)
    ours = Program(name, url, directory)
    service = ours.serve()
    stack.callback(service.stop)
    _note(ids, program.register(service, titles))
    return Side(name, "rest", service, query, ids, settle, ours.audit)


def _insert(url: str, titles: list[str]) -> list[int]:
    """Makes a peer's tables and puts the files into them."""
    postgres.execute(url, node.SCHEMA.read_text())
    values = ", ".join(f"('{title}')" for title in titles)
    postgres.execute(url, f"INSERT INTO media_files (title) VALUES {values}")
    return [row[0] for row in postgres.fetch(url, "SELECT id FROM media_files ORDER BY id")]


def _note(path: Path, media_ids: Iterable[int]) -> None:
    path.write_text("".join(f"{media_id}\n" for media_id in media_ids))


def _nothing() -> None:
    """Neither peers nor SQLite need what the others do here."""
