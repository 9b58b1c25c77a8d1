"""The real service as a process of its own, on a free port."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.services.ports import free_port
from tests.services.process import ChildProcess

API_KEY = "gsk_test-api-key-0123456789abcdef0123456789abcdef"
SECRET = "test-secret-0123456789abcdef0123456789abcdef"

WITHOUT_TLS = False
"""For `verify`: reading the world's root certificates costs 20 ms of a processor each time."""

StartServer = Callable[..., "Server"]


class Server:
    """One running `groundswell serve`; after `restart()` its address is the same."""

    def __init__(
        self, database_url: str, *, log: Path, settings: dict[str, str], arguments: list[str]
    ) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.api_key = API_KEY
        # The command as a user has it, from the environment that runs the tests.
        program = str(Path(sys.executable).with_name("groundswell"))
        self._process = ChildProcess(
            [program, "serve", "--host", "127.0.0.1", "--port", str(self.port), *arguments],
            log=log,
            environment=_environment(database_url, settings),
        )

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the process is there, ready or not."""
        return self._process.running

    def start(self) -> None:
        """Start it and wait until it says that it is ready."""
        self._process.start()
        self._process.wait_until(self._ready, seconds=60)

    def stop(self) -> int | None:
        """Ask it to end (SIGTERM), wait until it has, and answer its exit status."""
        return self._process.end(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once (SIGKILL); it writes nothing more."""
        self._process.end(signal.SIGKILL)

    def restart(self) -> None:
        """Stop it, where it runs, and start it again on the same database and port."""
        self.stop()
        self.start()

    def logs(self) -> str:
        """Everything it has logged."""
        return self._process.logs()

    def client(self, **options: object) -> httpx.AsyncClient:
        """An HTTP client for it, with whatever else httpx takes."""
        return httpx.AsyncClient(
            base_url=self.url,
            trust_env=False,
            verify=WITHOUT_TLS,
            timeout=10,
            **options,  # type: ignore[arg-type]
        )

    def _ready(self) -> bool:
        try:
            answer = httpx.get(f"{self.url}/readyz", trust_env=False, verify=WITHOUT_TLS, timeout=2)
        except httpx.TransportError:
            return False
        return answer.status_code == httpx.codes.OK


def _environment(database_url: str, settings: dict[str, str]) -> dict[str, str]:
    """The caller's environment without its own Groundswell, which would get into the tests."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("GROUNDSWELL_")}
    return inherited | {
        "GROUNDSWELL_DATABASE_URL": database_url,
        "GROUNDSWELL_SECRET": SECRET,
        "GROUNDSWELL_API_KEY": API_KEY,
        "GROUNDSWELL_RATE_LIMITS": "off",
        **settings,
    }


@pytest.fixture
def server(tmp_path: Path) -> Iterator[StartServer]:
    """A factory of servers: `server(database_url, GROUNDSWELL_RATE_LIMITS="on")`.

    Keywords are settings, positional texts after the address are arguments of `serve`. Calls
    block; an asynchronous test that keeps load running wraps them in `asyncio.to_thread`.
    """
    started: list[Server] = []

    def start(database_url: str, *arguments: str, **settings: str) -> Server:
        log = tmp_path / f"server-{len(started)}.log"
        one = Server(database_url, log=log, settings=settings, arguments=list(arguments))
        started.append(one)
        one.start()
        return one

    yield start
    for one in started:
        one.kill()
