"""SQLite: one writer thread, a few reader threads, write-ahead log, every commit synced."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from groundswell.contract.errors import DatabaseUnavailable
from groundswell.store.statement import RowValues, Statement
from groundswell.store.transaction import Engine, Row, Transaction, Work

T = TypeVar("T")

_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA cache_size = -65536",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA mmap_size = 268435456",
    # Writes to many pages at random fill the default of 1,000 with every commit.
    "PRAGMA wal_autocheckpoint = 4000",
)
_BUSY_SECONDS = 10.0
_UNAVAILABLE = ("locked", "busy", "unable to open", "disk i/o", "readonly", "full")


def connect(path: Path) -> sqlite3.Connection:
    """A connection with the settings this service relies on."""
    connection = sqlite3.connect(
        path,
        isolation_level=None,
        check_same_thread=False,
        timeout=_BUSY_SECONDS,
        cached_statements=512,
    )
    for pragma in _PRAGMAS:
        connection.execute(pragma)
    return connection


def _run(
    connection: sqlite3.Connection,
    statement: Statement,
    rows: RowValues | None,
    parameters: Mapping[str, Any],
) -> list[Row]:
    if statement.inserts_values:
        connection.executemany(statement.sqlite, rows or ())
        return []
    arguments = statement.sqlite_arguments(rows, parameters)
    return connection.execute(statement.sqlite, arguments).fetchall()


def _translate(error: sqlite3.OperationalError) -> Exception:
    text = str(error).lower()
    return DatabaseUnavailable() if any(word in text for word in _UNAVAILABLE) else error


class _InThread:
    """A transaction used inside the writer thread: its coroutines never suspend."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    async def fetch(
        self, statement: Statement, /, *, rows: RowValues | None = None, **parameters: Any
    ) -> list[Row]:
        return _run(self._connection, statement, rows, parameters)

    async def write(
        self, statement: Statement, /, *, rows: RowValues | None = None, **parameters: Any
    ) -> None:
        _run(self._connection, statement, rows, parameters)


class _AcrossThreads:
    """A transaction used from the event loop: each statement is a trip to the thread."""

    def __init__(self, connection: sqlite3.Connection, threads: ThreadPoolExecutor) -> None:
        self._connection = connection
        self._threads = threads

    async def fetch(
        self, statement: Statement, /, *, rows: RowValues | None = None, **parameters: Any
    ) -> list[Row]:
        return await _in(self._threads, _run, self._connection, statement, rows, parameters)

    async def write(
        self, statement: Statement, /, *, rows: RowValues | None = None, **parameters: Any
    ) -> None:
        await self.fetch(statement, rows=rows, **parameters)


async def _in(threads: ThreadPoolExecutor, work: Callable[..., T], *arguments: Any) -> T:
    """The result of ``work`` in a thread.

    A thread cannot be interrupted, so whoever is cancelled waits for it: nothing may still run on
    a connection that is given back.
    """
    working = asyncio.get_running_loop().run_in_executor(threads, work, *arguments)
    try:
        return await asyncio.shield(working)
    except asyncio.CancelledError:
        while not working.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait([working])
        raise
    except sqlite3.OperationalError as error:
        raise _translate(error) from error


def _roll_back(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        connection.execute("ROLLBACK")


def _drive(work: Awaitable[T]) -> T:
    """The result of a coroutine that never suspends."""
    iterator = work.__await__()
    try:
        next(iterator)
    except StopIteration as finished:
        result: T = finished.value
        return result
    iterator.close()
    raise RuntimeError("a command handler awaited something other than its transaction")


def _transact(connection: sqlite3.Connection, work: Work[T]) -> T:
    connection.execute("BEGIN IMMEDIATE")
    try:
        result = _drive(work(_InThread(connection)))
        connection.execute("COMMIT")
    except BaseException:
        _roll_back(connection)
        raise
    return result


class SQLiteStore:
    """A database in one file, written by one thread and read by several.

    Args:
        path: the file; its folder is made if it is missing.
        readers: how many snapshots may be read at once.
    """

    engine: Engine = "sqlite"

    def __init__(self, path: Path, *, readers: int = 4) -> None:
        self._path = path
        self._readers = readers
        self._write_threads = ThreadPoolExecutor(1, thread_name_prefix="sqlite-writer")
        self._read_threads = ThreadPoolExecutor(readers, thread_name_prefix="sqlite-reader")
        self._free: asyncio.Queue[sqlite3.Connection] = asyncio.Queue()
        self._turn = asyncio.Lock()
        self._writer: sqlite3.Connection | None = None

    async def open(self) -> None:
        """Open the file and all connections to it."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._writer = await _in(self._write_threads, connect, self._path)
        for _ in range(self._readers):
            self._free.put_nowait(await _in(self._read_threads, connect, self._path))

    async def close(self) -> None:
        """Close every connection; the last one folds the write-ahead log into the file."""
        async with self._turn:
            while not self._free.empty():
                self._free.get_nowait().close()
            if self._writer is not None:
                self._writer.close()
                self._writer = None
        self._write_threads.shutdown(wait=False)
        self._read_threads.shutdown(wait=False)

    def _writing_connection(self) -> sqlite3.Connection:
        if self._writer is None:
            raise DatabaseUnavailable
        return self._writer

    @asynccontextmanager
    async def _reader(self) -> AsyncIterator[sqlite3.Connection]:
        if self._writer is None:
            raise DatabaseUnavailable
        connection = await self._free.get()
        try:
            yield connection
        finally:
            self._free.put_nowait(connection)

    async def fetch(
        self, statement: Statement, /, *, rows: RowValues | None = None, **parameters: Any
    ) -> list[Row]:
        """One read in a snapshot of its own."""
        async with self._reader() as connection:
            return await _in(self._read_threads, _run, connection, statement, rows, parameters)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Transaction]:
        """Several reads of one snapshot."""
        async with self._reader() as connection:
            try:
                await _in(self._read_threads, connection.execute, "BEGIN")
                yield _AcrossThreads(connection, self._read_threads)
            finally:
                with suppress(sqlite3.Error):
                    await _in(self._read_threads, _roll_back, connection)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Transaction]:
        """A transaction of its own; the writer waits for it."""
        async with self._turn:
            connection = self._writing_connection()
            try:
                await _in(self._write_threads, connection.execute, "BEGIN IMMEDIATE")
                yield _AcrossThreads(connection, self._write_threads)
                await _in(self._write_threads, connection.execute, "COMMIT")
            except BaseException:
                await _in(self._write_threads, _roll_back, connection)
                raise

    async def transact(self, work: Work[T]) -> T:
        """Run ``work`` in the writer thread as one synced transaction."""
        async with self._turn:
            return await _in(self._write_threads, _transact, self._writing_connection(), work)

    def statistics(self) -> Mapping[str, float]:
        """Readers that are free now."""
        return {"free_readers": float(self._free.qsize())}
