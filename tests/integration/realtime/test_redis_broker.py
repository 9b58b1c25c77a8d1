"""The broker of several processes on a real Redis: the same as the one in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import pytest

from groundswell.realtime.broker.redis.broker import RedisBroker
from groundswell.realtime.broker.redis.streams import Retention
from groundswell.realtime.messages import Envelope
from tests.services.redis import RedisServer
from tests.unit.realtime.broker_conformance import BrokerConformance
from tests.unit.realtime.published_log import PublishedLog


@asynccontextmanager
async def running(url: str, log: PublishedLog, **options: Any) -> AsyncIterator[RedisBroker]:
    """A broker that has joined, as one process has it."""
    options = {"retention": Retention(length=5), "delivered": log.head} | options
    broker = RedisBroker(url, log_id=log.log_id, source=log, **options)
    work = asyncio.create_task(broker.run())
    try:
        assert await broker.wait_joined(5)
        yield broker
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        await broker.close()


class TestRedisBroker(BrokerConformance):
    @pytest.fixture
    async def broker(self, redis_server: RedisServer) -> AsyncIterator[RedisBroker]:
        async with running(redis_server.url, PublishedLog(uuid4().hex, head=100)) as broker:
            yield broker

    async def listen(self, broker: Any, *topics: str) -> list[Envelope]:
        for topic in topics:
            broker.follow(topic)
        await broker.ready(topics)
        return await super().listen(broker, *topics)
