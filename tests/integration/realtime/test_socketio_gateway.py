"""The real gateway behind the Socket.IO door: rights, positions and farewells."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from random import Random
from typing import Any

import msgspec
import pytest
import socketio

from groundswell.access.principal import Principal
from groundswell.contract.errors import Unauthenticated
from groundswell.realtime.broker.memory import MemoryBroker
from groundswell.realtime.credentials import Credentials
from groundswell.realtime.doors.socketio import EngineOptions, gateway_namespaces
from groundswell.realtime.gateway.gateway import Gateway
from groundswell.realtime.hub import Hub
from groundswell.realtime.messages import Publication
from tests.integration.realtime.socketio_service import SocketIoService, socketio_service

TRANSPORTS = ["websocket", "polling", "polling,websocket"]
TEXT = b"x" * 2_000


async def _verify(token: str, _: str) -> Credentials:
    if not token.startswith("user-"):
        raise Unauthenticated("The token is not valid.")
    return Credentials(Principal("user", token[5:], "127.0.0.1", None))


class World:
    """A gateway, what is published to it, and the door in front."""

    def __init__(self) -> None:
        self.hub = Hub()
        self.broker = MemoryBroker(after_seq=0)
        self.broker.attach(self.hub.deliver)
        self.seq = 0
        self.service: SocketIoService
        self.gateway = Gateway(
            self.hub,
            self.broker,
            lambda _: None,
            token_key=b"k" * 32,
            head=lambda: self.hub.seq,
            verify_token=_verify,
            random=Random(1),
        )

    async def publish(self, topic: str, count: int = 1) -> None:
        for _ in range(count):
            self.seq += 1
            data = b'{"eventType":"test","number":%d,"text":"%b"}' % (self.seq, TEXT)
            told = Publication(topic, "test", f"msg-{self.seq}", self.seq, data, self.seq)
            await self.broker.publish([told])

    async def until_connections(self, count: int) -> None:
        async with asyncio.timeout(5):
            while self.gateway.statistics().connections != count:  # noqa: ASYNC110
                await asyncio.sleep(0.01)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    world = World()
    turning = asyncio.create_task(world.gateway.run())
    namespaces = gateway_namespaces(world.gateway)
    async with (
        asyncio.timeout(20),
        socketio_service(
            namespaces=namespaces, options=EngineOptions(close_timeout_ms=200)
        ) as world.service,
    ):
        yield world
    turning.cancel()
    with suppress(asyncio.CancelledError):
        await turning


class Listener:
    """A python-socketio client that remembers what it is told."""

    def __init__(self) -> None:
        self.client = socketio.AsyncClient(reconnection=False)
        self.told: list[tuple[str, Any]] = []
        self.client.on("*", self._hear)

    async def _hear(self, name: str, *told: Any) -> None:
        self.told.append((name, *told))

    def offsets(self) -> list[int]:
        return [told["offset"] for name, told in self.told if name == "event"]

    def first(self, name: str) -> Any:
        return next(told for heard, told in self.told if heard == name)

    async def until(self, name: str, count: int = 1) -> None:
        async with asyncio.timeout(5):
            while sum(heard == name for heard, _ in self.told) < count:  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    async def subscribe(self, *topics: str, **options: Any) -> dict[str, Any]:
        body = {"topics": list(topics), "options": options}
        answer: dict[str, Any] = await self.client.call("subscribe", body, timeout=5)
        assert answer["type"] == "SUBSCRIBED"
        found: dict[str, Any] = answer["topics"]
        return found


@asynccontextmanager
async def listening(world: World, transports: str, **auth: Any) -> AsyncIterator[Listener]:
    listener = Listener()
    await listener.client.connect(
        world.service.url, auth=auth, transports=transports.split(","), wait_timeout=5
    )
    try:
        yield listener
    finally:
        await listener.client.disconnect()


@pytest.mark.parametrize("transports", TRANSPORTS)
async def test_live_events_come_in_order(world: World, transports: str) -> None:
    async with listening(world, transports) as listener:
        held = await listener.subscribe("activity")
        assert held["activity"]["ok"]
        await world.publish("activity", 200)
        await listener.until("event", 200)
        assert listener.offsets() == list(range(1, 201))
    await world.until_connections(0)


@pytest.mark.parametrize("transports", TRANSPORTS)
async def test_what_was_missed_is_told_after_a_return_on_any_transport(
    world: World, transports: str
) -> None:
    async with listening(world, "websocket") as before:
        epoch = (await before.subscribe("activity"))["activity"]["epoch"]
        await world.publish("activity", 3)
        await before.until("event", 3)
    await world.publish("activity", 5)
    async with listening(world, transports) as after:
        place = {"activity": {"epoch": epoch, "offset": 3}}
        held = await after.subscribe("activity", resume=place)
        assert (held["activity"]["recovery"], held["activity"]["replay"]) == ("complete", 5)
        await after.until("caught_up")
        await world.publish("activity")
        await after.until("event", 6)
        assert after.offsets() == [4, 5, 6, 7, 8, 9]
        assert [name for name, _ in after.told] == ["welcome", *["event"] * 5, "caught_up", "event"]


@pytest.mark.parametrize("transports", TRANSPORTS)
async def test_a_token_opens_its_own_topics_and_no_others(world: World, transports: str) -> None:
    async with listening(world, transports, token="user-7", features=["batch"]) as listener:
        await listener.until("welcome")
        assert listener.first("welcome")["user"] == "7"
        held = await listener.subscribe("user.7.social", "user.8.social")
        assert held["user.7.social"]["ok"]
        assert held["user.8.social"]["error"]["name"] == "permission_denied"
        await world.publish("user.8.social")
        await world.publish("user.7.social")
        await listener.until("event")
        assert [told["topic"] for name, told in listener.told if name == "event"] == [
            "user.7.social"
        ]


@pytest.mark.parametrize("transports", TRANSPORTS)
async def test_a_wrong_token_is_refused_and_leaves_nothing_behind(
    world: World, transports: str
) -> None:
    listener = Listener()
    refusals: list[Any] = []
    listener.client.on("connect_error", refusals.append)
    with pytest.raises(socketio.exceptions.ConnectionError):
        await listener.client.connect(
            world.service.url, auth={"token": "stolen"}, transports=transports.split(",")
        )
    assert refusals[0]["message"] == "The token is not valid."
    assert refusals[0]["data"]["name"] == "unauthenticated"
    assert listener.told == []
    await world.until_connections(0)


async def test_a_client_that_is_too_fast_is_told_so_in_the_answer(world: World) -> None:
    async with listening(world, "websocket") as listener:
        answers = await asyncio.gather(
            *(listener.client.call("ping", {"t": n}, timeout=5) for n in range(40))
        )
        pongs = [one["t"] for one in answers if one["type"] == "PONG"]
        assert pongs == list(range(len(pongs)))
        assert {one["name"] for one in answers if one["type"] == "ERROR"} == {"rate_limited"}


@pytest.mark.parametrize("transports", TRANSPORTS)
async def test_a_drain_says_when_to_come_back(world: World, transports: str) -> None:
    async with listening(world, transports) as listener:
        await world.gateway.drain()
        await listener.until("close")
        assert listener.first("drain")["reason"] == "restart"
        assert listener.first("close") == {"code": 4200, "reason": "restart"}
        async with asyncio.timeout(5):
            while listener.client.connected:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
    await world.until_connections(0)


async def test_a_client_that_does_not_poll_costs_no_more_than_its_bounds(world: World) -> None:
    service = world.service
    sid = await service.open_polling()
    await service.post(sid, '40\x1e42["subscribe",{"topics":["activity"]}]')
    assert '"type":"SUBSCRIBED"' in (await service.poll(sid))[1]
    await world.publish("activity", 2_000)
    offsets, gaps = await _poll_until(service, sid, 2_000)
    missed = [number for gap in gaps for number in range(gap["from"], gap["to"] + 1)]
    # What came and what is named as lost is everything, once.
    assert sorted(offsets + missed) == list(range(1, 2_001))
    assert offsets == sorted(offsets)
    assert missed


async def _poll_until(
    service: SocketIoService, sid: str, offset: int
) -> tuple[list[int], list[dict[str, Any]]]:
    offsets: list[int] = []
    gaps: list[dict[str, Any]] = []
    while not offsets or offsets[-1] != offset:
        status, body = await service.poll(sid)
        assert status == 200
        assert len(body) < 2_000_000
        for packet in body.split("\x1e"):
            if packet.startswith("42"):
                name, told = msgspec.json.decode(packet[2:])
                if name == "event":
                    offsets.append(told["offset"])
                elif name == "gap":
                    gaps.append(told)
    return offsets, gaps
