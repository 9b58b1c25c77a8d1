"""The tests' own PostgreSQL is empty for each test, and durable."""

from __future__ import annotations

import asyncpg
import pytest

from tests.services.postgres import PostgresServer


async def _run(url: str, sql: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetch(sql)
    finally:
        await connection.close()


@pytest.mark.parametrize("_time", ["first", "second"])
async def test_every_test_gets_an_empty_database(fresh_database: str, _time: str) -> None:
    assert await _run(fresh_database, "SELECT 1 FROM pg_tables WHERE schemaname = 'public'") == []
    await _run(fresh_database, "CREATE TABLE left_behind (id bigint)")


async def test_what_was_committed_is_there_after_a_power_cut(own_postgres: PostgresServer) -> None:
    url = own_postgres.url("postgres")
    assert (await _run(url, "SHOW fsync"))[0][0] == "on"
    await _run(url, "CREATE TABLE kept AS SELECT 5 AS id")
    own_postgres.kill()
    with pytest.raises(OSError, match="Connect call failed"):
        await asyncpg.connect(url)
    own_postgres.start()
    assert (await _run(url, "SELECT id FROM kept"))[0][0] == 5
