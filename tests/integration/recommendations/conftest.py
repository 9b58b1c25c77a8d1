"""Recommendations on either database."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.integration.recommendations.liking import Liking, running_recommendations


@pytest_asyncio.fixture
async def liking(ready_url: str) -> AsyncIterator[Liking]:
    async with running_recommendations(ready_url) as running:
        yield running
