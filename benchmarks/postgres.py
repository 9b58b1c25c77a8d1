"""A PostgreSQL of the benchmark's own: fresh, durable, on a free port of the loopback."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import asyncpg

from benchmarks.errors import BenchmarkError
from benchmarks.processes import START_SECONDS, Service, free_port

ROLE = "benchmark"
# The server's defaults, but for memory and for room to write between checkpoints, which a machine
# in service would have as well. Durability is untouched: fsync and synchronous_commit are on.
OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "shared_buffers": "512MB",
    "max_wal_size": "4GB",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
}


def binaries() -> Path:
    """The folder with ``initdb`` and ``postgres``.

    Raises:
        BenchmarkError: there is none.
    """
    candidates = [Path(found).resolve().parent for found in _on_path()]
    candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in candidates:
        if (folder / "initdb").exists():
            return folder
    raise BenchmarkError("PostgreSQL is not installed: no initdb found")


def version() -> str:
    """For example ``postgres (PostgreSQL) 15.18``."""
    done = subprocess.run(
        [binaries() / "postgres", "--version"], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def _on_path() -> list[str]:
    return [found for name in ("initdb", "postgres") if (found := shutil.which(name))]


class Cluster:
    """One running server; databases are made on demand."""

    def __init__(self, directory: Path) -> None:
        self._data = directory / "postgresql"
        self._user = "postgres" if os.geteuid() == 0 else None
        self._prepare(directory)
        port = free_port()
        options = [word for key, value in OPTIONS.items() for word in ("-c", f"{key}={value}")]
        self._service = Service(
            "PostgreSQL",
            [str(binaries() / "postgres"), "-D", str(self._data), "-p", str(port), *options],
            port=port,
            log=directory / "postgresql.log",
            cwd=self._data,
            user=self._user,
        )
        self._service.wait_until_open()
        self._wait_until_ready()

    def _wait_until_ready(self) -> None:
        """The port is open a little before the server lets anybody in."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                return execute(self.url("postgres"), "SELECT 1")
            except asyncpg.CannotConnectNowError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def _prepare(self, directory: Path) -> None:
        """PostgreSQL refuses to run as root, and then needs a way to its folder."""
        self._data.mkdir(mode=0o700)
        if self._user:
            shutil.chown(self._data, self._user, self._user)
            directory.chmod(0o711)
        subprocess.run(
            [binaries() / "initdb", "-D", self._data, "-U", ROLE, "-A", "trust", "-E", "UTF8"],
            check=True,
            capture_output=True,
            cwd=self._data,
            user=self._user,
            group=self._user,
            extra_groups=[] if self._user else None,
        )

    def url(self, database: str) -> str:
        return f"postgresql://{ROLE}@127.0.0.1:{self._service.port}/{database}"

    def create(self, database: str) -> str:
        """Makes an empty database and answers its URL."""
        execute(self.url("postgres"), f'CREATE DATABASE "{database}"')
        return self.url(database)

    def settle(self) -> None:
        """Writes out what earlier work left in memory: the next side must not pay for it."""
        execute(self.url("postgres"), "CHECKPOINT")

    def stop(self) -> None:
        self._service.stop(signal.SIGINT)  # "fast shutdown": does not wait for its clients


def execute(url: str, script: str) -> None:
    """Runs statements without parameters."""

    async def work(connection: asyncpg.Connection[Any]) -> None:
        await connection.execute(script)

    asyncio.run(_connected(url, work))


def fetch(url: str, query: str) -> list[tuple[Any, ...]]:
    """The rows of one query."""

    async def work(connection: asyncpg.Connection[Any]) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in await connection.fetch(query)]

    rows: list[tuple[Any, ...]] = asyncio.run(_connected(url, work))
    return rows


async def _connected(url: str, work: Any) -> Any:
    connection = await asyncpg.connect(url)
    try:
        return await work(connection)
    finally:
        await connection.close()
