"""Referral programs on either database."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.integration.referrals.worlds import World, running_world


@pytest_asyncio.fixture
async def world(ready_url: str) -> AsyncIterator[World]:
    async with running_world(ready_url) as world:
        await world.program()
        yield world
        await world.assert_consistent()
