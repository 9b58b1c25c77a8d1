"""PostgreSQL through asyncpg: one connection for the writer, a pool for everything else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any, TypeVar, cast

import asyncpg

from groundswell.contract.errors import DatabaseUnavailable
from groundswell.store.statement import RowValues, Statement, glue
from groundswell.store.transaction import Engine, Row, Transaction, Work

T = TypeVar("T")

_GONE = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.DiskFullError,
    asyncpg.ReadOnlySQLTransactionError,
    ConnectionError,
    TimeoutError,
    OSError,
)
_SETTINGS = {"jit": "off"}
"""Compiling a statement takes longer than any of ours takes to run."""

_CONNECT_SECONDS = 5.0
_ANSWER_SECONDS = 15.0
"""How long a write, or a read of one statement, waits for a database that says nothing."""


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except _GONE as error:
        raise DatabaseUnavailable from error


async def _nothing_more(_connection: object) -> None:
    """Given back, a connection has ended its transaction; no statement of ours leaves a setting, a
    lock of the session or a cursor, so that asking the database to reset them would be a round trip
    after every read.
    """


class _Transaction:
    """Runs statements on one connection; writes wait, and go out together before the next read."""

    def __init__(self, connection: asyncpg.Connection, timeout: float | None = None) -> None:
        self._connection = connection
        self._timeout = timeout
        self._waiting: list[tuple[Statement, list[Any]]] = []

    async def fetch(
        self, statement: Statement, /, *, rows: RowValues | None = None, **parameters: Any
    ) -> list[Row]:
        await self.flush()
        arguments = statement.postgres_arguments(rows, parameters)
        found = await self._connection.fetch(statement.postgres, *arguments, timeout=self._timeout)
        return cast("list[Row]", found)

    async def write(
        self, statement: Statement, /, *, rows: RowValues | None = None, **parameters: Any
    ) -> None:
        self._waiting.append((statement, statement.postgres_arguments(rows, parameters)))

    async def flush(self) -> None:
        """Send the waiting writes as one statement."""
        if not self._waiting:
            return
        waiting, self._waiting = self._waiting, []
        text = glue([statement for statement, _ in waiting])
        await self._connection.fetch(text, *(one for _, many in waiting for one in many))


class PostgresStore:
    """A PostgreSQL database, shared by any number of processes.

    Args:
        url: a ``postgresql://`` address.
        readers: how many pooled connections this process may use.
    """

    engine: Engine = "postgresql"

    def __init__(self, url: str, *, readers: int = 8) -> None:
        self._url = url
        self._readers = readers
        self._pool: asyncpg.Pool | None = None
        self._writer: asyncpg.Connection | None = None
        self._turn = asyncio.Lock()
        self._reconnections = 0

    async def open(self) -> None:
        """Make the pool; connections are made when they are first needed."""
        with _translated():
            self._pool = await asyncpg.create_pool(
                self._url,
                min_size=0,
                max_size=self._readers,
                timeout=_CONNECT_SECONDS,
                statement_cache_size=512,
                reset=_nothing_more,
                server_settings={"application_name": "groundswell", **_SETTINGS},
            )

    async def close(self) -> None:
        """Close the pool and the writer's connection."""
        async with self._turn:
            if self._writer is not None:
                with suppress(*_GONE):
                    await self._writer.close(timeout=2)
                self._writer = None
        if self._pool is not None:
            self._pool.terminate()
            self._pool = None

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[asyncpg.Connection]:
        if self._pool is None:
            raise DatabaseUnavailable
        with _translated():
            connection = await self._pool.acquire(timeout=_CONNECT_SECONDS)
        try:
            with _translated():
                yield cast("asyncpg.Connection", connection)
        finally:
            with suppress(*_GONE):
                await self._pool.release(connection, timeout=2)

    async def fetch(
        self, statement: Statement, /, *, rows: RowValues | None = None, **parameters: Any
    ) -> list[Row]:
        """One read in a snapshot of its own."""
        async with self._connection() as connection:
            transaction = _Transaction(connection, _ANSWER_SECONDS)
            return await transaction.fetch(statement, rows=rows, **parameters)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Transaction]:
        """Several reads of one snapshot."""
        async with (
            self._connection() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            yield _Transaction(connection)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Transaction]:
        """A transaction of its own on a pooled connection."""
        async with self._connection() as connection:
            try:
                async with connection.transaction():
                    transaction = _Transaction(connection)
                    yield transaction
                    await transaction.flush()
            except asyncpg.DeadlockDetectedError as error:  # rolled back, and may be tried again
                raise DatabaseUnavailable from error

    async def _writing_connection(self) -> asyncpg.Connection:
        if self._writer is None or self._writer.is_closed():
            with _translated():
                self._writer = await asyncpg.connect(
                    self._url,
                    timeout=_CONNECT_SECONDS,
                    command_timeout=_ANSWER_SECONDS,
                    statement_cache_size=512,
                    server_settings={"application_name": "groundswell-writer", **_SETTINGS},
                )
            self._reconnections += 1
        return self._writer

    async def transact(self, work: Work[T]) -> T:
        """Run ``work`` as one durable transaction on the writer's connection."""
        async with self._turn:
            connection = await self._writing_connection()
            with _translated():
                await connection.execute("BEGIN")
                try:
                    transaction = _Transaction(connection)
                    result = await work(transaction)
                    await transaction.flush()
                    await connection.execute("COMMIT")
                except BaseException:
                    await self._abandon(connection)
                    raise
            return result

    async def _abandon(self, connection: asyncpg.Connection) -> None:
        """Roll back; a connection that cannot is closed, and the next write makes a new one."""
        try:
            await connection.execute("ROLLBACK", timeout=5)
        except (*_GONE, asyncpg.PostgresError):
            connection.terminate()
            self._writer = None

    def statistics(self) -> Mapping[str, float]:
        """Connections in the pool, and how often the writer had to connect."""
        pool = self._pool
        return {
            "pool_size": float(pool.get_size() if pool else 0),
            "pool_idle": float(pool.get_idle_size() if pool else 0),
            "writer_connections_made": float(self._reconnections),
        }
