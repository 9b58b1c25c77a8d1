"""Waiting for what another task or process does."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable


async def until(happened: Callable[[], Awaitable[bool]], *, seconds: float = 10) -> None:
    """Wait for the condition; one that does not come true in time fails the test."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not await happened():
        assert asyncio.get_running_loop().time() < deadline, f"not in {seconds:g} s"
        await asyncio.sleep(0.01)
