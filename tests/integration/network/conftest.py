"""The network on either database."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.integration.network.people import People, running_network


@pytest_asyncio.fixture
async def people(ready_url: str) -> AsyncIterator[People]:
    async with running_network(ready_url) as running:
        yield running
