"""What a store offers: transactions that run statements, on whichever engine."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Literal, Protocol, TypeVar

from groundswell.store.statement import RowValues, Statement

Engine = Literal["sqlite", "postgresql"]
Row = tuple[Any, ...]
T = TypeVar("T")


class Transaction(Protocol):
    """A transaction, or a read-only snapshot."""

    async def fetch(
        self, statement: Statement, /, *, rows: RowValues | None = None, **parameters: Any
    ) -> list[Row]:
        """Run a statement and return its rows."""
        ...

    async def write(
        self, statement: Statement, /, *, rows: RowValues | None = None, **parameters: Any
    ) -> None:
        """Run a write whose result nobody reads, at the latest before the next ``fetch``.

        Writes that wait are sent together, in any order: two without a ``fetch`` between them must
        not touch the same row.
        """
        ...


Work = Callable[[Transaction], Awaitable[T]]


class Store(Protocol):
    """A database. Every method raises ``DatabaseUnavailable`` while it does not answer."""

    @property
    def engine(self) -> Engine:
        """Which engine runs underneath, for the few statements that differ."""
        ...

    async def open(self) -> None:
        """Connect. A database that does not answer yet is tried again on first use."""
        ...

    async def close(self) -> None:
        """Give all connections back."""
        ...

    async def fetch(
        self, statement: Statement, /, *, rows: RowValues | None = None, **parameters: Any
    ) -> list[Row]:
        """One read in a snapshot of its own."""
        ...

    def reading(self) -> AbstractAsyncContextManager[Transaction]:
        """Several reads that see one and the same snapshot."""
        ...

    def writing(self) -> AbstractAsyncContextManager[Transaction]:
        """A small transaction of its own, beside the writer's; for rare writes.

        Leaving commits, an exception rolls back.
        """
        ...

    async def transact(self, work: Work[T]) -> T:
        """Run ``work`` in a transaction on the writer's connection, and commit durably.

        ``work`` awaits nothing but the transaction it is given.
        """
        ...

    def statistics(self) -> Mapping[str, float]:
        """Figures for the metrics."""
        ...
