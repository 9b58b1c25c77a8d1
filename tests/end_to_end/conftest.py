"""Running services: one per database for all tests that leave it unharmed, others on demand."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from tests.end_to_end.service import NewAddress, Service, StartService, shared_service


@pytest.fixture(scope="session")
def sqlite_service(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """The service that tests share, on SQLite."""
    directory = tmp_path_factory.mktemp("service")
    yield from shared_service(request, directory, "sqlite", GROUNDSWELL_HEARTBEAT_SECONDS="1")


@pytest.fixture(scope="session")
def postgresql_service(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """The service that tests share, on PostgreSQL."""
    directory = tmp_path_factory.mktemp("service")
    yield from shared_service(request, directory, "postgresql", GROUNDSWELL_HEARTBEAT_SECONDS="1")


# Not a fixture of the session with parameters: pytest would start it anew at each change of the
# database, and with several workers that is twice in every file.
@pytest.fixture(params=["sqlite", "postgresql"])
def service(request: pytest.FixtureRequest) -> Service:
    """A running service that tests share: each makes its own files, users and addresses."""
    return cast(Service, request.getfixturevalue(f"{request.param}_service"))


@pytest.fixture
def start_service(tmp_path: Path) -> Iterator[StartService]:
    """A factory of services for one test: `start_service(url, GROUNDSWELL_RATE_LIMITS="…")`."""
    started: list[Service] = []

    def start(database_url: str, **settings: str) -> Service:
        one = Service(database_url, log=tmp_path / f"service-{len(started)}.log", **settings)
        started.append(one)
        one.start()
        return one

    yield start
    for one in started:
        one.kill()


@pytest.fixture(scope="session")
def _numbers() -> Iterator[int]:
    return itertools.count()


@pytest.fixture
def new_address(_numbers: Iterator[int]) -> NewAddress:
    """An address from which nobody has called yet, of the block reserved for benchmarks."""

    def new() -> str:
        number = next(_numbers)
        return f"198.{18 + (number >> 16)}.{number >> 8 & 255}.{number & 255}"

    return new
