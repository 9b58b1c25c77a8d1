"""Cancellation that is not lost in a library."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

T = TypeVar("T")


async def heeded(call: Awaitable[T]) -> T:
    """What ``call`` answers, unless the task was cancelled meanwhile.

    The Redis client sends through ``asyncio.wait_for``, which before Python 3.12 forgets a
    cancellation that comes at the moment when what it waits for is done; a loop would go on.
    """
    task = asyncio.current_task()
    before = task.cancelling() if task else 0
    answer = await call
    if task is not None and task.cancelling() > before:
        raise asyncio.CancelledError
    return answer
