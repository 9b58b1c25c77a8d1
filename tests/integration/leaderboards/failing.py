"""A process that ends in the middle of a transaction."""

from __future__ import annotations

from typing import Any


class Ended(Exception):
    """The process did."""


class Failing:
    """A transaction whose statement of a number fails, as if the process ended there."""

    def __init__(self, transaction: Any, number: int) -> None:
        self._transaction = transaction
        self.left = number

    async def fetch(self, *given: Any, **named: Any) -> Any:
        self._count()
        return await self._transaction.fetch(*given, **named)

    async def write(self, *given: Any, **named: Any) -> None:
        self._count()
        await self._transaction.write(*given, **named)

    def _count(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Ended
