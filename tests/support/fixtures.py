"""Databases with the schema in place, and cores running on them."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import asyncpg
import pytest
import pytest_asyncio

from groundswell.store.migrate import upgrade
from tests.services.postgres import PostgresServer
from tests.support.core import Core, running_core

_KEPT = ("alembic_version", "log_head")


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "groundswell.db"
    asyncio.run(upgrade(f"sqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: PostgresServer) -> str:
    """The address of a migrated PostgreSQL database, to be emptied for each test."""
    postgres_server.execute("CREATE DATABASE migrated TEMPLATE template0")
    url = postgres_server.url("migrated")
    asyncio.run(upgrade(url))
    return url


@pytest.fixture
def ready_sqlite(migrated_sqlite: Path, tmp_path: Path) -> str:
    """The address of a SQLite file with the schema and nothing in it."""
    return f"sqlite:///{shutil.copy(migrated_sqlite, tmp_path / 'ready.db')}"


@pytest.fixture
def ready_postgres(migrated_postgres: str) -> str:
    """The address of a PostgreSQL database with the schema and nothing in it."""
    asyncio.run(emptied(migrated_postgres))
    return migrated_postgres


async def emptied(url: str) -> None:
    """Leave nothing in a PostgreSQL database but its schema."""
    connection = await asyncpg.connect(url)
    try:
        found = await connection.fetch(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        )
        tables = {str(row[0]) for row in found} - set(_KEPT)
        emptying = [f"DELETE FROM {table}" for table in sorted(tables)]
        await connection.execute(";".join([*emptying, "UPDATE log_head SET seq = 0"]))
    finally:
        await connection.close()


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
