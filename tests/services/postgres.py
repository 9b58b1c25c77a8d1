"""A throw-away PostgreSQL of the tests' own, durable as in earnest where a test ends it."""

from __future__ import annotations

import getpass
import itertools
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.services.ports import free_port
from tests.services.process import ChildProcess

_ROLE = "groundswell"
_NEVER_ENDED = {"fsync": "off", "full_page_writes": "off"}
"""For a server that no test ends, and whose data nobody needs when the tests are over."""


def _binaries() -> Path:
    """The programs of the newest PostgreSQL that Debian's packages installed."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/postgres"),
        key=lambda path: int(path.parts[-3]),
    )
    if not found:
        pytest.fail("PostgreSQL is not installed (Debian: postgresql).", pytrace=False)
    return found[-1].parent


class PostgresServer:
    """One cluster in a directory of its own, on a free port of the loopback address."""

    def __init__(self, binaries: Path, directory: Path, settings: Mapping[str, str]) -> None:
        self._binaries = binaries
        self._settings = settings
        self._directory = directory
        # The server refuses to run as root; Debian's package brings this user along.
        self._user = "postgres" if os.geteuid() == 0 else None
        self.port = free_port()
        self._process = ChildProcess(
            self._command(), log=directory / "log", environment=self._environment(), user=self._user
        )

    def create(self) -> None:
        """Lay out an empty cluster."""
        if self._user is not None:
            shutil.chown(self._directory, self._user, self._user)
        self._run(
            *("initdb", "--pgdata", str(self._directory / "data"), "--username", _ROLE),
            *("--auth", "trust", "--encoding", "UTF8", "--locale", "C.UTF-8"),
            *("--no-sync", "--no-instructions"),
            user=self._user,
        )

    def start(self) -> None:
        """Start it and wait until it accepts connections."""
        self._process.start()
        self._process.wait_until(self._accepts, seconds=30)

    def stop(self) -> None:
        """End it, connections included, with everything written."""
        self._process.end(signal.SIGINT)

    def kill(self) -> None:
        """End it as a power cut would: its children notice and leave, nothing is written back."""
        self._process.end(signal.SIGQUIT)

    def url(self, database: str) -> str:
        """The address of one of its databases."""
        return f"postgresql://{_ROLE}@127.0.0.1:{self.port}/{database}"

    def execute(self, sql: str) -> None:
        """Run one statement as administrator, outside a transaction."""
        database = self.url("postgres")
        options = ("--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1")
        self._run("psql", *options, "--dbname", database, "--command", sql)

    def _accepts(self) -> bool:
        program = str(self._binaries / "pg_isready")
        probe = [program, "--quiet", "--dbname", self.url("postgres")]
        return subprocess.run(probe, check=False, env=self._environment()).returncode == 0

    def _run(self, program: str, *arguments: str, user: str | None = None) -> None:
        done = subprocess.run(
            [self._binaries / program, *arguments],
            env=self._environment(),
            cwd=self._directory,
            capture_output=True,
            text=True,
            check=False,
            user=user,
            group=user,
            extra_groups=None if user is None else [],
        )
        assert done.returncode == 0, f"{program} failed:\n{done.stderr}"

    def _command(self) -> list[str]:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "max_connections": "200",
            "shared_buffers": "128MB",
            "log_min_messages": "warning",
            **self._settings,
        }
        options = [f"--{name}={value}" for name, value in settings.items()]
        return [str(self._binaries / "postgres"), "-D", str(self._directory / "data"), *options]

    def _environment(self) -> dict[str, str]:
        """Nothing of the caller's PG* variables, which would point elsewhere."""
        return {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "USER": getpass.getuser()}


def _started(directory: Path, **settings: str) -> Iterator[PostgresServer]:
    server = PostgresServer(_binaries(), directory, settings)
    server.create()
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """The server that all tests share; a test that stops one asks for `own_postgres`."""
    # Not pytest's own temporary directories: another user could not enter them.
    with tempfile.TemporaryDirectory(prefix="groundswell-postgres-") as directory:
        yield from _started(Path(directory), **_NEVER_ENDED)


@pytest.fixture
def own_postgres() -> Iterator[PostgresServer]:
    """A server for one test alone, which may stop, kill and start it; every commit is on disk."""
    with tempfile.TemporaryDirectory(prefix="groundswell-postgres-") as directory:
        yield from _started(Path(directory))


@pytest.fixture(scope="session")
def postgres_url(postgres_server: PostgresServer) -> str:
    """The address of the administrator's database on the shared server."""
    return postgres_server.url("postgres")


@pytest.fixture(scope="session")
def _database_numbers() -> Iterator[int]:
    return itertools.count(1)


@pytest.fixture
def fresh_database(
    postgres_server: PostgresServer, _database_numbers: Iterator[int]
) -> Iterator[str]:
    """The address of an empty PostgreSQL database that goes with the test."""
    name = f"test_{next(_database_numbers)}"
    postgres_server.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    yield postgres_server.url(name)
    postgres_server.execute(f"DROP DATABASE {name} WITH (FORCE)")
