"""Webhooks on either database, with a receiver that is a real HTTP server."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.integration.webhooks.world import World, running_world


@pytest_asyncio.fixture
async def world(ready_url: str) -> AsyncIterator[World]:
    async with running_world(ready_url) as world:
        yield world
