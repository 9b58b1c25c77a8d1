"""Messages over WebSocket: what is passed on, what is answered, what ends the connection."""

from __future__ import annotations

import asyncio
import json

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode

from tests.integration.realtime.websocket_service import (
    RawClient,
    envelope,
    until,
    websocket_service,
)

LIMIT = 65_536


async def test_a_message_in_fragments_arrives_whole() -> None:
    async with websocket_service() as service:
        client = await RawClient.connect(service.port)
        text = "größer".encode()
        client.send(Opcode.TEXT, text[:3], fin=False)  # within a character
        client.send(Opcode.PING, b"between")
        client.send(Opcode.CONT, text[3:5], fin=False)
        client.send(Opcode.CONT, b"", fin=False)
        client.send(Opcode.CONT, text[5:])
        answers = [await client.frame(), await client.frame()]
        assert sorted(answers) == [(Opcode.TEXT, text), (Opcode.PONG, b"between")]


async def test_a_message_of_the_largest_size_is_taken() -> None:
    async with websocket_service() as service, connect(service.url) as client:
        await client.send("x" * LIMIT)
        assert len(await client.recv()) == LIMIT


async def test_frames_arrive_however_they_are_cut_up() -> None:
    async with websocket_service() as service:
        client = await RawClient.connect(service.port)
        messages = [b"a", b"b" * 126, b"c" * 65_536, b"d" * 70_000, b"e"]
        sent = b"".join(Frame(Opcode.TEXT, one).serialize(mask=True) for one in messages)
        for start in range(0, 300):
            client.writer.write(sent[start : start + 1])
            await asyncio.sleep(0)
        client.writer.write(sent[300:])
        assert [await client.frame() for _ in range(3)] == [
            (Opcode.TEXT, one) for one in messages[:3]
        ]
        assert json.loads((await client.frame())[1])["name"] == "too_large"
        assert await client.frame() == (Opcode.TEXT, b"e")


@pytest.mark.parametrize("size", [LIMIT + 1, 3_000_000])
async def test_p9_a_message_that_is_too_large_is_an_error_and_repeated_4009(size: int) -> None:
    async with websocket_service() as service, connect(service.url) as client:
        for _ in range(2):
            await client.send("x" * size)
            error = json.loads(await client.recv())
            assert (error["type"], error["code"], error["name"]) == ("ERROR", 1003, "too_large")
            await client.send("fine")
            assert await client.recv() == "fine"
        await client.send("x" * size)
        await client.recv()
        with pytest.raises(ConnectionClosed) as closed:
            await client.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4009


async def test_p9_fragments_that_are_too_large_together_are_one_error() -> None:
    async with websocket_service() as service, connect(service.url) as client:
        await client.send(["x" * 40_000, "y" * 40_000, "z" * 100_000, "z"])
        assert json.loads(await client.recv())["code"] == 1003
        await client.send(["fi", "ne"])
        assert await client.recv() == "fine"
        assert service.gateway.clients[0].received == ["fine"]


async def test_endless_fragments_are_never_kept() -> None:
    async with websocket_service() as service:
        client = await RawClient.connect(service.port)
        client.send(Opcode.TEXT, b"x" * 60_000, fin=False)
        for _ in range(300):
            client.send(Opcode.CONT, b"x" * 60_000, fin=False)
            await client.writer.drain()
        client.send(Opcode.CONT, b"x")
        client.send(Opcode.TEXT, b"after")
        assert json.loads((await client.frame())[1])["code"] == 1003
        assert await client.frame() == (Opcode.TEXT, b"after")


async def test_text_that_is_not_utf8_ends_with_1007() -> None:
    async with websocket_service() as service:
        for text in (b"\xff\xfe", b"\xc3", b"\xed\xa0\x80"):
            client = await RawClient.connect(service.port)
            client.send(Opcode.TEXT, text)
            assert await client.close_code() == 1007
            assert await client.ended()


@pytest.mark.parametrize(
    "sent",
    [
        Frame(Opcode.TEXT, b"unmasked").serialize(mask=False),
        b"\xc1\x80\x00\x00\x00\x00",  # a reserved bit
        b"\x83\x80\x00\x00\x00\x00",  # a reserved opcode
        b"\x80\x80\x00\x00\x00\x00",  # a continuation of nothing
        b"\x89\xfe\x00\x7e\x00\x00\x00\x00" + b"x" * 126,  # a large ping
        b"\x09\x80\x00\x00\x00\x00",  # half a ping
        b"\x88\x81\x00\x00\x00\x00x",  # half a close code
    ],
)
async def test_what_is_no_websocket_frame_ends_with_1002(sent: bytes) -> None:
    async with websocket_service() as service:
        client = await RawClient.connect(service.port)
        client.writer.write(sent)
        assert await client.close_code() == 1002
        assert await client.ended()
        client.writer.close()
        await until(lambda: service.gateway.clients[0].ends == 1)


async def test_binary_messages_are_an_error_and_repeated_4009() -> None:
    async with websocket_service() as service, connect(service.url) as client:
        for _ in range(3):
            await client.send(b"{}")
            assert json.loads(await client.recv())["name"] == "bad_request"
        with pytest.raises(ConnectionClosed) as closed:
            await client.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4009


async def test_a_close_is_answered_with_the_same_code() -> None:
    async with websocket_service() as service:
        client = await RawClient.connect(service.port)
        client.send(Opcode.CLOSE, b"\x0f\xa1bye")
        assert await client.frame() == (Opcode.CLOSE, b"\x0f\xa1bye")
        assert await client.ended()
        await until(lambda: service.gateway.clients[0].ends == 1)
        assert service.sockets.statistics().closed == {4001: 1}


async def test_a_close_says_its_reason_after_what_was_sent_before() -> None:
    async with websocket_service() as service, connect(service.url) as client:
        await until(lambda: service.gateway.clients)
        link = service.gateway.clients[0].link
        link.send(b"last words")
        link.close(4105, "ä" * 100)
        link.send(b"too late")
        assert await client.recv() == "last words"
        with pytest.raises(ConnectionClosed) as closed:
            await client.recv()
        assert closed.value.rcvd is not None
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4105, "ä" * 61)


async def test_a_client_whose_handling_fails_is_told_1011_and_others_go_on() -> None:
    async with (
        websocket_service() as service,
        connect(service.url) as one,
        connect(service.url) as other,
    ):
        await one.send("fail")
        with pytest.raises(ConnectionClosed) as closed:
            await one.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1011
        await other.send("fine")
        assert await other.recv() == "fine"


async def test_compression_is_off_unless_it_is_switched_on() -> None:
    async with websocket_service() as service, connect(service.url) as client:
        assert "Sec-WebSocket-Extensions" not in client.response.headers  # type: ignore[union-attr]


async def test_compressed_messages_go_both_ways_and_events_are_compressed_once() -> None:
    async with (
        websocket_service(deflate=True) as service,
        connect(service.url) as one,
        connect(service.url) as two,
        connect(service.url, compression=None) as plain,
    ):
        await one.send("a" * 5_000)
        assert await one.recv() == "a" * 5_000
        await until(lambda: len(service.gateway.present) == 3)
        event = envelope(1, "b" * 5_000)
        service.gateway.publish(event)
        received = {await client.recv(decode=False) for client in (one, two, plain)}
        assert received == {event.event}
        made = [len(frame) for frame in event._encoded.values() if frame]
        assert len(made) == 2
        assert min(made) < 500


async def test_a_little_that_inflates_to_a_lot_ends_with_1009() -> None:
    async with websocket_service(deflate=True) as service, connect(service.url) as client:
        await client.send("x" * 10_000_000)
        with pytest.raises(ConnectionClosed) as closed:
            await client.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009
