"""Rewards on either database."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.integration.rewards.rewarding import Rewarding, running_rewards


@pytest_asyncio.fixture
async def rewarding(ready_url: str) -> AsyncIterator[Rewarding]:
    async with running_rewards(ready_url) as running:
        yield running
