"""Boards on either database."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.integration.leaderboards.worlds import Boards, running_boards


@pytest_asyncio.fixture
async def boards(ready_url: str) -> AsyncIterator[Boards]:
    async with running_boards(ready_url) as running:
        yield running
