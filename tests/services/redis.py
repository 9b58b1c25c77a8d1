"""A throw-away Redis of the tests' own."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services.ports import free_port
from tests.services.process import ChildProcess


class RedisServer:
    """One Redis on a free port of the loopback address; after a restart its address is the same.

    What it holds survives `stop` and `start`, not `kill`: it writes only when asked to end.
    """

    def __init__(self, program: str, directory: Path) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}"
        self._directory = directory
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(directory)]
        # A schedule that never comes makes an orderly end write, and nothing else.
        options += ["--save", "3600 100000000", "--appendonly", "no"]
        self._process = ChildProcess([program, *options], log=directory / "log")

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    def start(self) -> None:
        """Start it and wait until it answers."""
        told = self._process.logs().count("Ready to accept")
        self._process.start()
        self._process.wait_until(
            lambda: self._process.logs().count("Ready to accept") > told, seconds=10
        )

    def stop(self) -> None:
        """End it; what it holds is written first."""
        self._process.end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a power cut would."""
        self._process.end(signal.SIGKILL)

    def empty(self) -> None:
        """Forget what was written; it must not be running."""
        (self._directory / "dump.rdb").unlink(missing_ok=True)


def _server(directory: Path) -> Iterator[RedisServer]:
    program = shutil.which("redis-server")
    if program is None:
        pytest.fail("Redis is not installed (Debian: redis-server).", pytrace=False)
    server = RedisServer(program, directory)
    try:
        server.start()
        yield server
    finally:
        server.kill()


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """One server for all tests that leave it running; each uses names of its own."""
    yield from _server(tmp_path_factory.mktemp("redis"))


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[RedisServer]:
    """A server for one test, which may end it."""
    directory = tmp_path / "redis"
    directory.mkdir()
    yield from _server(directory)
