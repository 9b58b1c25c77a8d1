"""Testimonials on either database."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.integration.testimonials.saying import Saying, running_testimonials


@pytest_asyncio.fixture
async def saying(ready_url: str) -> AsyncIterator[Saying]:
    async with running_testimonials(ready_url) as running:
        yield running
