"""Inboxes on either database."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.integration.inbox.inboxes import Inboxes, running_inboxes
from tests.support.fixtures import (  # noqa: F401 - fixtures by import
    migrated_postgres,
    migrated_sqlite,
    ready_postgres,
    ready_sqlite,
    ready_url,
)


@pytest_asyncio.fixture
async def inboxes(ready_url: str) -> AsyncIterator[Inboxes]:  # noqa: F811 - the fixture
    async with running_inboxes(ready_url) as running:
        yield running
