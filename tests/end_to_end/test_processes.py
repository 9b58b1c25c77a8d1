"""Two processes on one PostgreSQL and one Redis are one service to those who listen."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.end_to_end.conftest import StartService
from tests.end_to_end.listener import Listener
from tests.end_to_end.service import NewAddress, Service
from tests.services.redis import RedisServer

UP = {"voteType": "up"}


@pytest.fixture
def pair(
    start_service: StartService, fresh_database: str, own_redis: RedisServer
) -> tuple[Service, Service]:
    one, other = (
        start_service(
            fresh_database,
            GROUNDSWELL_REDIS_URL=own_redis.url,
            GROUNDSWELL_HEARTBEAT_SECONDS="1",
        )
        for _ in range(2)
    )
    return one, other


async def votes(service: Service, media: int, addresses: list[str]) -> None:
    for address in addresses:
        async with service.visitor(address) as visitor:
            answer = await visitor.put(f"/v1/media/{media}/vote", json=UP)
            assert answer.status_code == 200, answer.text


def heard(listener: Listener, event_type: str) -> list[dict[str, Any]]:
    """The EVENTs of a type with their places."""
    return [
        message.data
        for message in listener.reader.named("EVENT")
        if message.data["data"]["eventType"].startswith(event_type)
    ]


def upvotes(listener: Listener) -> list[int]:
    return [one["data"]["upvotes"] for one in heard(listener, "engagement.vote")]


async def test_an_event_reaches_listeners_of_both_once_with_equal_offsets(
    pair: tuple[Service, Service], new_address: NewAddress
) -> None:
    one, other = pair
    media = await one.register("Heard by all")
    path = f"/v1/stream?topics=activity,media.{media}"
    async with Listener(one, path) as here, Listener(other, path) as there:
        for number in range(10):
            await votes(pair[number % 2], media, [new_address()])
        for listener in (here, there):
            await listener.until(lambda one=listener: upvotes(one)[-1:] == [10], seconds=5)
            assert upvotes(listener) == list(range(1, 11))
        await asyncio.sleep(1.5)
        assert heard(here, "engagement") == heard(there, "engagement")
        counters = heard(here, "engagement.counters")
        versions = [one["data"]["version"] for one in counters]
        assert versions == sorted(set(versions))
        assert counters[-1]["data"]["counters"]["upvotes"] == 10
        offsets = [one["offset"] for one in heard(here, "engagement.vote")]
        assert offsets == sorted(set(offsets))


async def test_the_lists_are_told_by_one_process_and_shown_alike_by_both(
    pair: tuple[Service, Service], new_address: NewAddress
) -> None:
    one, other = pair
    media = await one.register("Charts")
    async with Listener(one, "/v1/stream?topics=hot") as here:
        await votes(other, media, [new_address() for _ in range(4)])
        await here.until(lambda: heard(here, "engagement.trending"), seconds=10)
        await asyncio.sleep(1)
        versions = [told["data"]["version"] for told in heard(here, "engagement.trending")]
        assert versions == list(range(1, len(versions) + 1))
        last = heard(here, "engagement.trending")[-1]
    for service in pair:
        async with Listener(service, "/v1/stream?topics=hot") as newcomer:
            (snapshot,) = newcomer.reader.named("SNAPSHOT")
            assert snapshot.data["data"] == last["data"]
            assert snapshot.data["offset"] == last["offset"]


async def test_a_stream_resumes_at_the_other_process(
    pair: tuple[Service, Service], new_address: NewAddress
) -> None:
    one, other = pair
    media = await one.register("Carried over")
    path = f"/v1/stream?topics=media.{media}"
    async with Listener(one, path) as listener:
        await votes(one, media, [new_address() for _ in range(3)])
        await listener.until(lambda: upvotes(listener) == [1, 2, 3])
        position = listener.reader.last_event_id
    await votes(one, media, [new_address() for _ in range(3)])
    async with Listener(other, f"{path}&last_event_id={position}") as listener:
        await votes(one, media, [new_address()])
        await listener.until(lambda: upvotes(listener)[-1:] == [7])
        assert upvotes(listener) == [4, 5, 6, 7]
        assert listener.reader.named("GAP") == []


@pytest.mark.parametrize("loses_data", [False, True])
async def test_redis_may_go_and_come_back_and_nothing_is_lost(
    pair: tuple[Service, Service],
    own_redis: RedisServer,
    new_address: NewAddress,
    loses_data: bool,
) -> None:
    one, other = pair
    media = await one.register("Survivor")
    path = f"/v1/stream?topics=media.{media}"
    async with Listener(one, path) as here, Listener(other, path) as there:
        await votes(one, media, [new_address() for _ in range(5)])
        async with asyncio.TaskGroup() as together:
            together.create_task(votes(one, media, [new_address() for _ in range(40)]))
            await asyncio.sleep(0.05)
            await asyncio.to_thread(own_redis.kill if loses_data else own_redis.stop)
        async with Listener(other, path) as late:
            await votes(other, media, [new_address() for _ in range(5)])
            await late.until(lambda: upvotes(late)[-1:] == [50], seconds=10)
        await asyncio.to_thread(own_redis.start)
        await connected(one, other)
        await votes(other, media, [new_address() for _ in range(5)])
        for listener in (here, there):
            await listener.until(lambda one=listener: upvotes(one)[-1:] == [55], seconds=10)
            assert upvotes(listener) == list(range(1, 56))
            assert listener.reader.named("GAP") == []
        assert [told["offset"] for told in heard(here, "engagement.vote")[-5:]] == [
            told["offset"] for told in heard(there, "engagement.vote")[-5:]
        ]


async def connected(*services: Service) -> None:
    async with asyncio.timeout(15):
        for service in services:
            async with service.client() as client:
                while (  # noqa: ASYNC110 - a real process
                    "groundswell_redis_connected 1.0" not in (await client.get("/metrics")).text
                ):
                    await asyncio.sleep(0.05)


async def test_a_service_starts_without_its_redis(
    start_service: StartService,
    fresh_database: str,
    own_redis: RedisServer,
    new_address: NewAddress,
) -> None:
    own_redis.stop()
    service = start_service(fresh_database, GROUNDSWELL_REDIS_URL=own_redis.url)
    media = await service.register("Alone")
    async with Listener(service, f"/v1/stream?topics=media.{media}") as listener:
        await votes(service, media, [new_address()])
        await listener.until(lambda: upvotes(listener) == [1])
        await asyncio.to_thread(own_redis.start)
        await connected(service)
        await votes(service, media, [new_address()])
        await listener.until(lambda: upvotes(listener) == [1, 2])
