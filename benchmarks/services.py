"""The sides of a comparison: Groundswell on either engine, and the peers on the same PostgreSQL."""

from __future__ import annotations

import os
import secrets
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from benchmarks import postgres
from benchmarks.errors import BenchmarkError
from benchmarks.load import Style
from benchmarks.machine import SERVER_CORE, pinned
from benchmarks.processes import Service, free_port

PEERS = Path(__file__).parent / "peers"
TITLE = "A song to measure by, number {}"
API_KEY = "gsk_" + "benchmark" * 4
LABELS = {
    "groundswell-sqlite": "Groundswell, SQLite",
    "groundswell-postgresql": "Groundswell, PostgreSQL",
    "fastify-postgres": "Fastify + postgres.js",
    "trpc-drizzle": "tRPC + drizzle",
}

Rows = list[tuple[Any, ...]]


@dataclass(frozen=True)
class Side:
    """A running server, how it is asked, and how its database is asked without it."""

    name: str
    style: Style
    service: Service
    query: Callable[[str], Rows]
    media_ids: Path
    settle: Callable[[], None] = lambda: None
    audit: Callable[[], None] = lambda: None
    environment: dict[str, str] = field(default_factory=dict)

    @contextmanager
    def awake(self) -> Iterator[None]:
        """Lets the server run, and pauses it again."""
        self.service.resume()
        try:
            yield
        finally:
            self.service.pause()

    @property
    def ours(self) -> bool:
        return self.name.startswith("groundswell")


def start(name: str, *, directory: Path, cluster: postgres.Cluster | None, media: int) -> Side:
    """Starts one side with so many media files.

    Raises:
        BenchmarkError: it is unknown, does not start, or needs a PostgreSQL that is missing.
    """
    if name == "groundswell-sqlite":
        return _groundswell_on_sqlite(directory, media)
    if cluster is None:
        raise BenchmarkError(f"{name} needs PostgreSQL")
    if name == "groundswell-postgresql":
        return _groundswell_on_postgresql(directory, cluster, media)
    if name in LABELS:
        return _peer(name, directory, cluster, media)
    raise BenchmarkError(f"No side is called {name}: there are {', '.join(LABELS)}")


@contextmanager
def running(names: Sequence[str], *, directory: Path, media: int) -> Iterator[list[Side]]:
    """The sides, started and paused; all is stopped on leaving, however that comes about."""
    with ExitStack() as stack:
        cluster = None
        if needs_postgresql(names):
            cluster = postgres.Cluster(directory)
            stack.callback(cluster.stop)
        sides = []
        for name in names:
            side = start(name, directory=directory, cluster=cluster, media=media)
            stack.callback(side.service.stop)
            side.service.pause()
            sides.append(side)
        yield sides


def needs_postgresql(names: Iterable[str]) -> bool:
    return any(name != "groundswell-sqlite" for name in names)


def _groundswell_on_sqlite(directory: Path, media: int) -> Side:
    database = directory / "groundswell.db"
    environment = _settings(f"sqlite:///{database}")
    service = _serve("groundswell-sqlite", directory, environment)

    def query(text: str) -> Rows:
        with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
            return connection.execute(text).fetchall()

    return Side(
        "groundswell-sqlite",
        "rest",
        service,
        query,
        _register(service, media, directory / "groundswell-sqlite.ids"),
        audit=lambda: _audit(environment),
        environment=environment,
    )


def _groundswell_on_postgresql(directory: Path, cluster: postgres.Cluster, media: int) -> Side:
    url = cluster.create("groundswell")
    environment = _settings(url)
    service = _serve("groundswell-postgresql", directory, environment)
    return Side(
        "groundswell-postgresql",
        "rest",
        service,
        lambda text: postgres.fetch(url, text),
        _register(service, media, directory / "groundswell-postgresql.ids"),
        settle=cluster.settle,
        audit=lambda: _audit(environment),
        environment=environment,
    )


def _settings(database_url: str) -> dict[str, str]:
    return {
        "GROUNDSWELL_DATABASE_URL": database_url,
        "GROUNDSWELL_SECRET": secrets.token_hex(32),
        "GROUNDSWELL_API_KEY": API_KEY,
        "GROUNDSWELL_RATE_LIMITS": "off",
        "GROUNDSWELL_TRUSTED_PROXIES": "127.0.0.1",
    }


def _command(*arguments: str) -> list[str]:
    return [str(Path(sys.executable).with_name("groundswell")), *arguments]


def _serve(name: str, directory: Path, environment: dict[str, str]) -> Service:
    _run(_command("migrate"), environment)
    port = free_port()
    command = _command("serve", "--host", "127.0.0.1", "--port", str(port))
    service = Service(
        name,
        pinned(command, SERVER_CORE),
        port=port,
        log=directory / f"{name}.log",
        env=environment,
        cwd=directory,
    )
    service.wait_until_open()
    return service


def _audit(environment: dict[str, str]) -> None:
    """Recomputes every counter from the log; a difference is an error."""
    _run(_command("audit"), environment)


def _run(command: list[str], environment: dict[str, str]) -> None:
    done = subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise BenchmarkError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")


def _register(service: Service, media: int, ids: Path) -> Path:
    """Registers the media files as a host application does, and notes their ids."""
    headers = {"Authorization": f"Bearer {API_KEY}"}
    found = []
    with httpx.Client(base_url=service.url, headers=headers, timeout=30) as client:
        for number in range(1, media + 1):
            answer = client.post("/v1/media", json={"title": TITLE.format(number)})
            answer.raise_for_status()
            found.append(answer.json()["mediaFileId"])
    return _note(ids, found)


def _note(ids: Path, found: Iterable[int]) -> Path:
    ids.write_text("".join(f"{media_id}\n" for media_id in found))
    return ids


def _peer(name: str, directory: Path, cluster: postgres.Cluster, media: int) -> Side:
    _install(PEERS / name)
    url = cluster.create(name)
    postgres.execute(url, (PEERS / "schema.sql").read_text())
    titles = f"SELECT replace('{TITLE}', '{{}}', n::text) FROM generate_series(1, {media}) AS n"
    postgres.execute(url, f"INSERT INTO media_files (title) {titles}")
    return Side(
        name,
        "trpc" if name.startswith("trpc") else "rest",
        _serve_peer(name, directory, url),
        lambda text: postgres.fetch(url, text),
        _note(directory / f"{name}.ids", range(1, media + 1)),
        settle=cluster.settle,
    )


def _serve_peer(name: str, directory: Path, url: str) -> Service:
    port = free_port()
    service = Service(
        name,
        pinned(["node", "server.js"], SERVER_CORE),
        port=port,
        log=directory / f"{name}.log",
        env={
            "NODE_ENV": "production",
            "DATABASE_URL": url,
            "PORT": str(port),
            "SECRET": secrets.token_hex(32),
        },
        cwd=PEERS / name,
    )
    service.wait_until_open()
    return service


def _install(peer: Path) -> None:
    """Installs what the peer's lock file names, unless that has been done since it changed."""
    if shutil.which("npm") is None:
        raise BenchmarkError("Node is not installed, and the peers need it")
    installed = peer / "node_modules" / ".package-lock.json"
    lock = peer / "package-lock.json"
    if installed.exists() and installed.stat().st_mtime >= lock.stat().st_mtime:
        return
    done = subprocess.run(["npm", "ci"], cwd=peer, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BenchmarkError(f"npm ci failed in {peer.name}:\n{done.stderr}")
