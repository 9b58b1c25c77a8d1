"""Databases with the schema in place, and cores running on them."""

from __future__ import annotations

import asyncio
import itertools
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import cast

import pytest
import pytest_asyncio

from groundswell.store.migrate import upgrade
from tests.services.postgres import PostgresServer
from tests.support.core import Core, running_core

_TEMPLATE = "migrated"


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "groundswell.db"
    asyncio.run(upgrade(f"sqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: PostgresServer) -> PostgresServer:
    """The shared server with a migrated database, to be used as a template."""
    postgres_server.execute(f"CREATE DATABASE {_TEMPLATE} TEMPLATE template0")
    asyncio.run(upgrade(postgres_server.url(_TEMPLATE)))
    return postgres_server


@pytest.fixture(scope="session")
def database_numbers() -> Iterator[int]:
    return itertools.count(1)


@pytest.fixture
def ready_sqlite(migrated_sqlite: Path, tmp_path: Path) -> str:
    """The address of a SQLite file with the schema."""
    return f"sqlite:///{shutil.copy(migrated_sqlite, tmp_path / 'ready.db')}"


@pytest.fixture
def ready_postgres(
    migrated_postgres: PostgresServer, database_numbers: Iterator[int]
) -> Iterator[str]:
    """The address of a PostgreSQL database with the schema."""
    name = f"ready_{next(database_numbers)}"
    migrated_postgres.execute(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE}")
    yield migrated_postgres.url(name)
    migrated_postgres.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def ready_url(request: pytest.FixtureRequest) -> str:
    """The address of a database with the schema: the test runs on SQLite and PostgreSQL."""
    fixture = "ready_sqlite" if request.param == "sqlite" else "ready_postgres"
    return cast(str, request.getfixturevalue(fixture))


@pytest_asyncio.fixture
async def core(ready_url: str) -> AsyncIterator[Core]:
    """A running core on either database."""
    async with running_core(ready_url) as core:
        yield core
