"""The schema goes up and down on both engines, and is what the code declares."""

from __future__ import annotations

import asyncio
import importlib
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

import groundswell
from groundswell.contract.errors import DatabaseUnavailable
from groundswell.log.reader import EventLog
from groundswell.store import open_store
from groundswell.store.migrate import (
    current_revision,
    downgrade,
    newest_revision,
    on_connection,
    upgrade,
)
from groundswell.store.schema import metadata
from tests.services.ports import free_port


def _declare_all_tables() -> set[str]:
    """Import every ``tables.py``; the modules' names."""
    root = Path(groundswell.__file__).parent
    names = {
        ".".join(("groundswell", *path.relative_to(root).with_suffix("").parts))
        for path in root.rglob("tables.py")
    }
    for name in names:
        importlib.import_module(name)
    return names


async def _inspect(url: str, look: Any) -> Any:
    found: list[Any] = []
    await on_connection(url, lambda connection: found.append(look(connection)))
    return found[0]


async def _tables(url: str) -> set[str]:
    return set(await _inspect(url, lambda connection: sa.inspect(connection).get_table_names()))


async def test_an_empty_database_becomes_the_newest_and_empty_again(database_url: str) -> None:
    _declare_all_tables()
    assert await current_revision(database_url) is None
    await upgrade(database_url)
    assert await current_revision(database_url) == newest_revision()
    assert await _tables(database_url) == {*metadata.tables, "alembic_version"}
    await downgrade(database_url, "base")
    assert await current_revision(database_url) is None
    assert await _tables(database_url) == {"alembic_version"}
    await upgrade(database_url)
    assert await current_revision(database_url) == newest_revision()


async def test_the_migrated_schema_is_the_declared_one(database_url: str) -> None:
    assert len(_declare_all_tables()) >= 3
    await upgrade(database_url)
    options = {"compare_type": True, "compare_server_default": True}

    def compare(connection: sa.Connection) -> list[Any]:
        context = MigrationContext.configure(connection, opts=options)
        return list(compare_metadata(context, metadata))

    assert await _inspect(database_url, compare) == []


async def test_a_difference_would_be_found(database_url: str) -> None:
    """The comparison above says something: on a changed schema it does not stay silent."""
    _declare_all_tables()
    await upgrade(database_url)

    def change_and_compare(connection: sa.Connection) -> list[Any]:
        connection.execute(sa.text("DROP INDEX ix_votes_voter_key"))
        connection.execute(sa.text("ALTER TABLE votes ADD COLUMN extra TEXT"))
        return list(compare_metadata(MigrationContext.configure(connection), metadata))

    found = await _inspect(database_url, change_and_compare)
    assert sorted(kind for kind, *_ in found) == ["add_index", "remove_column"]


async def test_upgrading_again_changes_nothing_and_keeps_what_is_stored(database_url: str) -> None:
    await upgrade(database_url)
    before = await _log_id(database_url)
    await upgrade(database_url)
    assert await _log_id(database_url) == before


async def test_every_database_has_a_log_of_its_own(database_url: str) -> None:
    await upgrade(database_url)
    first = await _log_id(database_url)
    await downgrade(database_url, "base")
    await upgrade(database_url)
    assert await _log_id(database_url) != first


async def _log_id(url: str) -> str:
    store = open_store(url)
    await store.open()
    try:
        return await EventLog(store).log_id()
    finally:
        await store.close()


async def test_processes_that_start_at_once_do_not_disturb_each_other(database_url: str) -> None:
    def migrate() -> None:
        asyncio.run(upgrade(database_url))

    await asyncio.gather(*(asyncio.to_thread(migrate) for _ in range(3)))
    assert await current_revision(database_url) == newest_revision()


async def test_a_database_that_does_not_answer_is_named_as_such() -> None:
    with pytest.raises(DatabaseUnavailable):
        await upgrade(f"postgresql://nobody@127.0.0.1:{free_port()}/nothing")
