"""The libraries that people use, unmodified, against the door: every transport, both languages."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import socketio

from groundswell.realtime.doors.socketio import EngineOptions, gateway_namespaces
from tests.integration.realtime.small_gateway import SmallGateway
from tests.integration.realtime.socketio_service import (
    SocketIoService,
    socketio_service,
)
from tests.services.node import RunScript

TRANSPORTS = ["websocket", "polling", "polling,websocket"]
OPTIONS = EngineOptions(ping_interval_ms=250, ping_timeout_ms=400)

Running = tuple[SmallGateway, SocketIoService]


@pytest.fixture
async def running() -> AsyncIterator[Running]:
    gateway = SmallGateway()
    namespaces = gateway_namespaces(gateway)
    async with asyncio.timeout(40), socketio_service(namespaces=namespaces, options=OPTIONS) as one:
        yield gateway, one


async def until_left(gateway: SmallGateway) -> None:
    async with asyncio.timeout(2):
        while gateway.clients:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("transports", TRANSPORTS)
async def test_the_javascript_client_does_everything(
    running: Running, run_node: RunScript, transports: str
) -> None:
    gateway, service = running
    printed = await asyncio.to_thread(run_node, "socketio_client.mjs", service.url, transports)
    found = json.loads(printed)
    assert found["hasId"]
    assert found["transport"] == transports.rpartition(",")[2]
    _assert_requests_were_answered(found)
    _assert_events_came_in_order(found["events"])
    assert found["stillConnected"]
    _assert_ends_and_refusals_were_told(found)
    await until_left(gateway)
    assert service.door.statistics().endings.keys() <= {
        "transport close",
        "server close",
        "poll closed",
    }


def _assert_requests_were_answered(found: dict[str, Any]) -> None:
    assert found["subscribed"] == {
        "type": "SUBSCRIBED",
        "ref": "mine",
        "topics": {"activity": {"ok": True}},
    }
    assert found["published"] == {
        "type": "RESULT",
        "results": {"k1": {"ok": True}, "k2": {"ok": True}},
    }
    assert found["acknowledged"] == []
    wrong = {"type": "ERROR", "retryable": False}
    assert found["wrong"] == wrong | {
        "code": 1001,
        "name": "bad_request",
        "message": "A command takes one object.",
    }


def _assert_events_came_in_order(events: list[tuple[str, dict[str, Any]]]) -> None:
    names = [name for name, _ in events]
    assert names[:5] == ["welcome", "caught_up", "event", "event", "error"]
    assert events[0][1] == {"type": "WELCOME", "user": "7", "protocol": 1}
    assert events[1][1] == {"type": "CAUGHT_UP", "topic": "activity", "complete": True}
    first, second = events[2][1], events[3][1]
    assert first["type"] == "EVENT"
    assert first["data"] == {"eventType": "text", "text": "grüße \x1e 🎧"}
    assert second["data"] == {"eventType": "binary", "bytes": "AQID"}
    assert (first["offset"], second["offset"]) == (1, 2)
    assert names[5:] == ["unsubscribed", "close"]
    assert events[6][1] == {"code": 4005, "reason": "because"}


def _assert_ends_and_refusals_were_told(found: dict[str, Any]) -> None:
    # After the first the library stays away, after the second it would come back by itself.
    assert found["kicked"] == "io server disconnect"
    assert found["restarted"] in ("transport close", "transport error")
    assert found["unknownNamespace"] == {"message": "Invalid namespace"}
    refused = found["badToken"]
    assert refused["message"] == "The token is not valid."
    assert (refused["data"]["code"], refused["data"]["name"]) == (1101, "unauthenticated")


@pytest.mark.parametrize("transports", TRANSPORTS)
async def test_the_python_client_does_everything(running: Running, transports: str) -> None:
    gateway, service = running
    client = socketio.AsyncClient(reconnection=False)
    events: list[tuple[str, Any]] = []
    arrived = asyncio.Event()

    async def heard(name: str, message: Any) -> None:
        events.append((name, message))
        if name == "event":
            arrived.set()

    client.on("*", heard)
    await client.connect(
        service.url, auth={"token": "7"}, transports=transports.split(","), wait_timeout=5
    )
    subscribed = await client.call("subscribe", {"topics": ["activity"]}, timeout=5)
    assert subscribed == {"type": "SUBSCRIBED", "topics": {"activity": {"ok": True}}}
    gateway.publish("activity", b'{"eventType":"x"}')
    await asyncio.wait_for(arrived.wait(), 5)
    await asyncio.sleep(0.9)
    assert client.connected
    assert [name for name, _ in events] == ["welcome", "caught_up", "event"]
    assert events[2][1]["data"] == {"eventType": "x"}
    assert client.transport() == transports.rpartition(",")[2]
    await client.disconnect()
    await until_left(gateway)


async def test_the_python_client_is_told_why_it_is_refused(running: Running) -> None:
    gateway, service = running
    client = socketio.AsyncClient(reconnection=False)
    told: list[Any] = []
    client.on("connect_error", told.append)
    with pytest.raises(socketio.exceptions.ConnectionError):
        await client.connect(service.url, auth={"token": "bad"}, transports=["websocket"])
    assert told[0]["message"] == "The token is not valid."
    assert told[0]["data"]["name"] == "unauthenticated"
    await until_left(gateway)
