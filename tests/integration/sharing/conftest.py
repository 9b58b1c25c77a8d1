"""A core that shares, on either database."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from groundswell.domains.sharing.handling import sharing_handler
from tests.support.core import Core, running_core


@pytest_asyncio.fixture
async def core(ready_url: str) -> AsyncIterator[Core]:
    async with running_core(ready_url, handlers=(sharing_handler(),)) as core:
        yield core
