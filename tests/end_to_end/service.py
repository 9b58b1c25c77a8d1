"""The service as a process together with its database, its commands and its callers."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.services.postgres import PostgresServer
from tests.services.server import API_KEY, SECRET, Server

TRUSTED = "127.0.0.1"
"""Tests call from here, and speak as a proxy for visitors from anywhere."""


class Service(Server):
    """A server that believes the tests when they say for whom they speak."""

    def __init__(
        self, database_url: str, *, log: Path, arguments: list[str] | None = None, **settings: str
    ) -> None:
        settings = {"GROUNDSWELL_TRUSTED_PROXIES": TRUSTED} | settings
        super().__init__(database_url, log=log, settings=settings, arguments=arguments or [])
        self.database_url = database_url
        self._directory = log.parent

    def host(self, **headers: str) -> httpx.AsyncClient:
        """The host application; more headers name for whom it acts."""
        return self._caller({"authorization": f"Bearer {self.api_key}"} | headers)

    def visitor(self, address: str, **headers: str) -> httpx.AsyncClient:
        """Somebody without credentials at this address."""
        return self._caller({"x-forwarded-for": address} | headers)

    def bearer(self, token: str, address: str = "192.0.2.1") -> httpx.AsyncClient:
        """Whoever holds this token or key."""
        return self._caller({"x-forwarded-for": address, "authorization": f"Bearer {token}"})

    async def tokens(self, user_id: str, scopes: tuple[str, ...] = ()) -> dict[str, Any]:
        """A new session of one of the host's users."""
        async with self.host() as host:
            answer = await host.post("/v1/tokens", json={"userId": user_id, "scopes": scopes})
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def user(self, user_id: str, address: str = "192.0.2.1") -> httpx.AsyncClient:
        """One of the host's users, signed in."""
        return self.bearer((await self.tokens(user_id))["accessToken"], address)

    async def register(self, title: str = "So What", **more: Any) -> int:
        """A new file; its id."""
        async with self.host() as host:
            answer = await host.post("/v1/media", json={"title": title, **more})
        assert answer.status_code == 201, answer.text
        return int(answer.json()["mediaFileId"])

    async def media(self, media_file_id: int) -> dict[str, Any]:
        """What the host sees of a file."""
        async with self.host() as host:
            answer = await host.get(f"/v1/media/{media_file_id}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def command(self, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """Run `groundswell …` on the same database."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("GROUNDSWELL_")}
        return subprocess.run(
            [str(Path(sys.executable).with_name("groundswell")), *arguments],
            env=inherited
            | {
                "GROUNDSWELL_DATABASE_URL": self.database_url,
                "GROUNDSWELL_SECRET": SECRET,
                "GROUNDSWELL_API_KEY": API_KEY,
                **settings,
            },
            cwd=self._directory,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def audit(self) -> None:
        """Every figure recomputed from the logs and from the events is what is stored."""
        done = self.command("audit")
        assert done.returncode == 0, done.stdout + done.stderr
        assert "all equal" in done.stdout

    def _caller(self, headers: dict[str, str]) -> httpx.AsyncClient:
        return self.client(headers=headers)


def shared_service(
    request: pytest.FixtureRequest, directory: Path, engine: str, **settings: str
) -> Iterator[Service]:
    """The service for a fixture of many tests, on a new database of this engine."""
    database_url = f"sqlite:///{directory / 'groundswell.db'}"
    if engine == "postgresql":
        postgres: PostgresServer = request.getfixturevalue("postgres_server")
        name = f"shared_{uuid4().hex}"
        postgres.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        database_url = postgres.url(name)
    service = Service(database_url, log=directory / "log", **settings)
    try:
        service.start()
        yield service
    finally:
        service.kill()


def two_processes(postgres: PostgresServer, directory: Path, **settings: str) -> Iterator[Pair]:
    """Two services on one new database, for a fixture."""
    name = f"pair_{uuid4().hex}"
    postgres.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    one, other = (
        Service(postgres.url(name), log=directory / f"{number}.log", **settings)
        for number in (1, 2)
    )
    try:
        # At the same moment: only one of them may make the schema.
        with ThreadPoolExecutor() as threads:
            list(threads.map(Service.start, (one, other)))
        yield one, other
    finally:
        one.kill()
        other.kill()


Pair = tuple[Service, Service]
StartService = Callable[..., Service]
NewAddress = Callable[[], str]
