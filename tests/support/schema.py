"""An empty schema in either database, without going through the migrations."""

from __future__ import annotations

import asyncpg
from sqlalchemy import Table, create_engine
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Dialect
from sqlalchemy.schema import CreateIndex, CreateTable, DDLElement

import groundswell.domains.engagement.tables
import groundswell.log.tables  # noqa: F401 - declares its tables
from groundswell.store.opening import is_sqlite, sqlite_path
from groundswell.store.schema import metadata


async def create_schema(url: str) -> None:
    """Make all tables of the service."""
    if is_sqlite(url):
        engine = create_engine(f"sqlite:///{sqlite_path(url)}")
        metadata.create_all(engine)
        engine.dispose()
        return
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(";\n".join(ddl()))
    finally:
        await connection.close()


def ddl() -> list[str]:
    """The schema as PostgreSQL understands it."""
    return [text for table in metadata.sorted_tables for text in _ddl_of(table)]


def _ddl_of(table: Table) -> list[str]:
    dialect: Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    indexes = sorted(table.indexes, key=lambda index: str(index.name))
    made: list[DDLElement] = [CreateTable(table), *map(CreateIndex, indexes)]
    return [str(element.compile(dialect=dialect)) for element in made]
