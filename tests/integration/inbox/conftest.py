"""Inboxes on either database."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.integration.inbox.inboxes import Inboxes, running_inboxes


@pytest_asyncio.fixture
async def inboxes(ready_url: str) -> AsyncIterator[Inboxes]:
    async with running_inboxes(ready_url) as running:
        yield running
