"""What is in the database, read beside the service."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing

import asyncpg


async def rows_of(database_url: str, sql: str) -> list[tuple[object, ...]]:
    """The rows of a query."""
    if database_url.startswith("sqlite"):
        with closing(sqlite3.connect(database_url.removeprefix("sqlite:///"))) as connection:
            return connection.execute(sql).fetchall()
    connection = await asyncpg.connect(database_url)
    try:
        return [tuple(row) for row in await connection.fetch(sql)]
    finally:
        await connection.close()


async def contents(database_url: str, tables: Sequence[str]) -> dict[str, list[tuple[object, ...]]]:
    """All rows of these tables, over one connection."""
    every = {name: f"SELECT * FROM {name}" for name in tables}
    if database_url.startswith("sqlite"):
        return {name: await rows_of(database_url, sql) for name, sql in every.items()}
    connection = await asyncpg.connect(database_url)
    try:
        return {
            name: [tuple(row) for row in await connection.fetch(sql)] for name, sql in every.items()
        }
    finally:
        await connection.close()


async def change(database_url: str, sql: str) -> None:
    """Do something to the rows that no service would."""
    if database_url.startswith("sqlite"):
        with closing(sqlite3.connect(database_url.removeprefix("sqlite:///"))) as connection:
            connection.execute(sql)
            connection.commit()
        return
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


async def tables(database_url: str) -> list[str]:
    """The names of all tables."""
    names = (
        "SELECT name FROM sqlite_master WHERE type = 'table'"
        if database_url.startswith("sqlite")
        else "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    )
    return [str(name) for (name,) in await rows_of(database_url, names)]


async def row_counts(database_url: str) -> dict[str, int]:
    """How many rows each table has: a request that stored anything at all changes one of them."""
    every = " UNION ALL ".join(
        f"SELECT '{one}', COUNT(*) FROM {one}" for one in await tables(database_url)
    )
    return {str(name): int(str(count)) for name, count in await rows_of(database_url, every)}
