"""P1: the whole protocol in MessagePack, with a client that knows nothing of ours."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from tests.end_to_end.service import Service
from tests.end_to_end.speaking import message, register, token_of, vote

PACKED = Subprotocol("groundswell.v1.msgpack")
pack, unpack = msgspec.msgpack.encode, msgspec.msgpack.decode


def packed(service: Service, **options: Any) -> connect:
    address = f"ws://127.0.0.1:{service.port}/v1/realtime"
    return connect(address, subprotocols=[PACKED], proxy=None, **options)


async def say(socket: ClientConnection, kind: str, **fields: Any) -> None:
    await socket.send(pack({"type": kind, **fields}))


async def until(socket: ClientConnection, kind: str) -> dict[str, Any]:
    async with asyncio.timeout(10):
        while True:
            frame = await socket.recv()
            assert isinstance(frame, bytes)
            told: dict[str, Any] = unpack(frame)
            if told["type"] == kind:
                return told


async def test_a_session_in_messagepack_resumes_where_it_was_and_pages_the_past(
    service: Service,
) -> None:
    """Sections 3, 4 and 7: the same messages, the same places."""
    topic = f"media.{await register(service)}"
    media = int(topic.removeprefix("media."))
    async with packed(service) as socket:
        await say(socket, "HELLO", protocol=1, features=["batch", "snapshot"])
        assert (await until(socket, "WELCOME"))["features"] == ["batch", "snapshot"]
        await say(socket, "SUBSCRIBE", topics=[topic], ref="s")
        held = (await until(socket, "SUBSCRIBED"))["topics"][topic]
        await vote(service, media, "up")
        event = await until(socket, "EVENT")
    place = {"epoch": held["epoch"], "offset": held["offset"]}
    async with packed(service) as socket:
        await say(socket, "HELLO", protocol=1, features=["batch"])
        await say(socket, "SUBSCRIBE", topics=[topic], options={"resume": {topic: place}})
        assert event in (await until(socket, "BATCH"))["messages"]
        await say(socket, "HISTORY", topic=topic, ref="h")
        assert event in (await until(socket, "HISTORY_PAGE"))["messages"]


async def test_an_inbox_is_told_and_acknowledged_in_messagepack(service: Service) -> None:
    """Section 8."""
    user = "packed-ada"
    token = await token_of(service, user)
    filed = await message(service, user, "order.shipped", number=1, price=5.0, note="größer")
    for waiting in (True, False):
        async with packed(service) as socket:
            hello = {"token": token, "clientId": "phone", "features": ["batch", "ack"]}
            await say(socket, "HELLO", protocol=1, **hello)
            await say(socket, "SUBSCRIBE", topics=[f"user.{user}.inbox"])
            if waiting:
                (told,) = (await until(socket, "BATCH"))["messages"]
                assert told["id"] == filed
                assert told["data"]["price"] == 5.0
                assert told["data"]["note"] == "größer"
                await say(socket, "ACK", ids=[filed])
            await say(socket, "PING", t=7)
            while (told := unpack(await socket.recv()))["type"] != "PONG":
                assert waiting or told["type"] != "BATCH"


async def test_ten_frames_that_are_no_messagepack_end_with_4000(service: Service) -> None:
    """Section 6: as ten frames that are no JSON do."""
    async with packed(service) as socket:
        for _ in range(10):
            await socket.send(b"\xc1")
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                told = unpack(await asyncio.wait_for(socket.recv(), 10))
                assert told["type"] != "ERROR" or told["name"] == "bad_request"
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4000


async def test_a_wrong_field_in_messagepack_is_an_error_and_the_session_goes_on(
    service: Service,
) -> None:
    """Section 5."""
    async with packed(service) as socket:
        await say(socket, "SUBSCRIBE", topics="activity", ref="1")
        error = await until(socket, "ERROR")
        assert (error["name"], error["ref"]) == ("bad_request", "1")
        await say(socket, "NO_SUCH_TYPE", ref="2")
        assert (await until(socket, "ERROR"))["code"] == 1002
        await say(socket, "PING", t=1)
        assert (await until(socket, "PONG"))["t"] == 1
