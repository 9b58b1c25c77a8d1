"""The migrations make exactly the tables that the code declares, and take them away again."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

import groundswell
from groundswell.store.migrate import current_revision, downgrade, newest_revision, on_connection
from groundswell.store.migrate import upgrade as migrate
from groundswell.store.schema import metadata

SOURCES = Path(groundswell.__file__).parent


def _declare_all_tables() -> None:
    for path in SOURCES.rglob("tables.py"):
        parts = path.relative_to(SOURCES).with_suffix("").parts
        importlib.import_module(".".join(("groundswell", *parts)))


async def test_tables_are_as_the_code_declares_them(ready_url: str) -> None:
    _declare_all_tables()
    found: list[object] = []

    def compare(connection: sa.Connection) -> None:
        found.extend(compare_metadata(MigrationContext.configure(connection), metadata))

    await on_connection(ready_url, compare)
    assert found == []


@pytest.mark.parametrize("revision", ["0001", "base"])
async def test_what_was_migrated_can_be_taken_back(tmp_path: Path, revision: str) -> None:
    url = f"sqlite:///{tmp_path / 'there-and-back.db'}"
    await migrate(url)
    await downgrade(url, revision)
    assert await current_revision(url) == (None if revision == "base" else revision)
    await migrate(url)
    assert await current_revision(url) == newest_revision()
