"""Doing many things with a few workers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

T = TypeVar("T")


async def together(
    work: Callable[[T], Awaitable[object]], items: Iterable[T], workers: int
) -> None:
    """Do the work for every item, started in order, at most ``workers`` at a time.

    The first failure ends all workers and is raised.
    """
    waiting = iter(items)

    async def worker() -> None:
        for item in waiting:
            await work(item)

    async with asyncio.TaskGroup() as group:
        for _ in range(workers):
            group.create_task(worker())
