"""MessagePack and compression over WebSocket, with a client that knows nothing of ours."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
from websockets.typing import Subprotocol

from tests.integration.realtime.websocket_service import (
    WebSocketService,
    envelope,
    until,
    websocket_service,
)

JSON, PACKED = Subprotocol("groundswell.v1"), Subprotocol("groundswell.v1.msgpack")
pack, unpack = msgspec.msgpack.encode, msgspec.msgpack.decode


def packed_client(service: WebSocketService, **options: Any) -> connect:
    return connect(service.url, subprotocols=[PACKED], **options)


async def told(client: ClientConnection) -> Any:
    message = await client.recv()
    assert isinstance(message, bytes)
    return unpack(message)


async def test_p1_who_asks_for_messagepack_says_and_hears_the_same_objects_in_it() -> None:
    async with websocket_service() as service, packed_client(service) as client:
        assert client.subprotocol == PACKED
        said = {"type": "HELLO", "n": [1, 2.5, None, True], "text": "größer", "big": 2**63}
        await client.send(pack(said))
        assert await told(client) == said
        received = service.gateway.clients[0].received[0]
        assert json.loads(received) == said
        event = envelope(1, "größer")
        service.gateway.publish(event)
        assert await told(client) == json.loads(event.event)


@pytest.mark.parametrize("offered", [[JSON, PACKED], [PACKED, JSON], ["other", PACKED]])
async def test_p1_the_notation_is_the_first_of_those_offered_that_is_known(
    offered: list[Subprotocol],
) -> None:
    known = [one for one in offered if one != "other"]
    async with websocket_service() as service, connect(service.url, subprotocols=offered) as client:
        assert client.subprotocol == known[0]
        await until(lambda: service.gateway.clients)
        service.gateway.publish(envelope(1))
        assert isinstance(await client.recv(), bytes if known[0] == PACKED else str)


async def test_text_is_an_error_in_messagepack_and_repeated_4009() -> None:
    async with websocket_service() as service, packed_client(service) as client:
        for _ in range(3):
            await client.send('{"type":"PING"}')
            error = await told(client)
            assert (error["type"], error["code"], error["name"]) == ("ERROR", 1001, "bad_request")
        with pytest.raises(ConnectionClosed) as closed:
            await client.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4009
        assert service.gateway.clients[0].received == []


async def test_p9_a_message_that_is_too_large_is_an_error_in_messagepack() -> None:
    async with websocket_service() as service, packed_client(service) as client:
        await client.send(b"\xc4" * 65_537)
        assert (await told(client))["name"] == "too_large"
        await client.send(pack({"type": "PING"}))
        assert await told(client) == {"type": "PING"}


@pytest.mark.parametrize("message", [b"", b"\xc1", b"\x91" * 60_000])
async def test_what_is_no_messagepack_is_given_to_the_gateway_as_no_message(message: bytes) -> None:
    async with websocket_service() as service, packed_client(service) as client:
        await client.send(message)
        await until(lambda: service.gateway.clients[0].received == [b""])


async def test_p3_an_event_is_made_once_for_all_clients_of_a_notation() -> None:
    async with (
        websocket_service() as service,
        packed_client(service) as one,
        packed_client(service) as two,
        connect(service.url, subprotocols=[JSON]) as three,
        connect(service.url) as four,
    ):
        await until(lambda: len(service.gateway.present) == 4)
        event = envelope(1)
        service.gateway.publish(event)
        assert await one.recv() == await two.recv()
        assert await three.recv() == await four.recv()
        # The frame of each notation, and the message that the packed frame is made of.
        assert len(event._encoded) == 3


@pytest.mark.parametrize("subprotocol", [JSON, PACKED])
@pytest.mark.parametrize(
    ("asked", "agreed"),
    [
        ({}, "server_max_window_bits=12; client_max_window_bits=12"),
        ({"server_max_window_bits": 9}, "server_max_window_bits=9; client_max_window_bits=12"),
        ({"server_max_window_bits": 15}, "server_max_window_bits=12; client_max_window_bits=12"),
        ({"client_max_window_bits": 10}, "server_max_window_bits=12; client_max_window_bits=10"),
        ({"client_max_window_bits": None}, "server_max_window_bits=12"),
        (
            {"server_no_context_takeover": True, "client_no_context_takeover": True},
            "server_max_window_bits=12; client_max_window_bits=12",
        ),
    ],
)
async def test_whatever_window_was_agreed_on_messages_go_both_ways_compressed(
    asked: dict[str, Any], agreed: str, subprotocol: Subprotocol
) -> None:
    extension = ClientPerMessageDeflateFactory(**asked)
    options: dict[str, Any] = {
        "compression": None,
        "extensions": [extension],
        "subprotocols": [subprotocol],
    }
    async with (
        websocket_service(deflate=True) as service,
        connect(service.url, **options) as one,
        connect(service.url, **options) as two,
    ):
        assert one.response is not None
        assert one.response.headers["Sec-WebSocket-Extensions"] == (
            f"permessage-deflate; server_no_context_takeover; client_no_context_takeover; {agreed}"
        )
        said = {"type": "HELLO", "text": "ab" * 2_500, "varied": list(range(2_000))}
        message = pack(said) if subprotocol == PACKED else msgspec.json.encode(said).decode()
        for _ in range(2):  # each message by itself: the second is read without the first
            await one.send(message)
            assert await one.recv() == message
        await until(lambda: len(service.gateway.present) == 2)
        event = envelope(1, "b" * 5_000)
        service.gateway.publish(event)
        assert await one.recv() == await two.recv()
        frames = [value for made, value in event._encoded.items() if "frame" in made.__qualname__]
        assert len(frames) == 1
        assert len(frames[0] or b"") < 500


async def test_a_window_that_cannot_be_had_is_no_compression_and_no_failure() -> None:
    extension = ClientPerMessageDeflateFactory(server_max_window_bits=8)
    async with (
        websocket_service(deflate=True) as service,
        connect(service.url, compression=None, extensions=[extension]) as client,
    ):
        assert client.response is not None
        assert "Sec-WebSocket-Extensions" not in client.response.headers
        await client.send("a" * 5_000)
        assert await client.recv() == "a" * 5_000
