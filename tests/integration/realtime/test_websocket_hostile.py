"""Thousands of broken, hostile and half-hearted clients; the others notice nothing."""

from __future__ import annotations

import asyncio
import gc
import os
import random
from collections.abc import Callable

import pytest
from websockets.asyncio.client import connect
from websockets.frames import Frame, Opcode

from groundswell.realtime.doors.websocket import Limits, WebSocket
from tests.integration.realtime.websocket_service import (
    RawClient,
    WebSocketService,
    handshake,
    until,
    websocket_service,
)

SEED = 20_260
CLIENTS = 300
FRAMES = 20


def masked(opcode: int, payload: bytes, *, final: bool = True, reserved: int = 0) -> bytes:
    frame = bytearray(Frame(Opcode.TEXT, payload).serialize(mask=True))
    frame[0] = (0x80 if final else 0) | (reserved << 4) | opcode
    return bytes(frame)


def noise(draw: random.Random) -> bytes:
    return draw.randbytes(draw.randint(1, 300))


def odd_frame(draw: random.Random) -> bytes:
    size = draw.choice([0, 1, 125, 126, 5_000, 65_535, 65_536, 65_537, 200_000])
    return masked(
        draw.randrange(16),
        os.urandom(size),
        final=draw.random() < 0.6,
        reserved=draw.choice([0, 0, 0, 1, 4]),
    )


def lying_length(draw: random.Random) -> bytes:
    return b"\x81\xff" + draw.randbytes(8) + draw.randbytes(20)


def good_frame_damaged(draw: random.Random) -> bytes:
    frame = bytearray(masked(1, b'{"type":"SUBSCRIBE","topics":["activity"]}'))
    for _ in range(draw.randint(1, 3)):
        frame[draw.randrange(len(frame))] = draw.randrange(256)
    return bytes(frame)


def strange_text(draw: random.Random) -> bytes:
    texts = [b"[" * 60_000, b"\x00" * 500, b"\xff\xff", b"{" + b'"a":1,' * 5_000, b"fail", b"1e999"]
    return masked(1, draw.choice(texts))


def many_pings(_: random.Random) -> bytes:
    return masked(9, b"x" * 125) * 200


HOSTILE: list[Callable[[random.Random], bytes]] = [
    noise,
    odd_frame,
    lying_length,
    good_frame_damaged,
    strange_text,
    many_pings,
]


async def attack(service: WebSocketService, draw: random.Random) -> None:
    client = await RawClient.connect(service.port)
    kind = draw.choice(HOSTILE)
    try:
        for _ in range(FRAMES):
            client.writer.write(kind(draw))
            await client.writer.drain()
    except ConnectionError:
        pass
    client.abort()


async def damaged_handshake(service: WebSocketService, draw: random.Random) -> None:
    request = bytearray(handshake())
    for _ in range(draw.randint(1, 4)):
        request[draw.randrange(len(request))] = draw.randrange(256)
    client = await RawClient.connect(service.port, upgrade=False)
    client.writer.write(bytes(request[: draw.randint(1, len(request))]))
    await client.writer.drain()
    client.abort()


async def test_thousands_of_hostile_frames_leave_the_others_served() -> None:
    draw = random.Random(SEED)
    async with websocket_service(Limits(accept_rate=1e6)) as service:
        async with connect(service.url) as witness:
            for _ in range(CLIENTS // 20):
                attacks = [attack(service, draw) for _ in range(20)]
                attacks += [damaged_handshake(service, draw) for _ in range(5)]
                await asyncio.wait_for(asyncio.gather(*attacks), 20)
                await witness.send("still here?")
                assert await asyncio.wait_for(witness.recv(), 2) == "still here?"
            await until(lambda: service.sockets.statistics().connections == 1)
        await until(lambda: not service.gateway.present)
        assert all(client.ends == 1 for client in service.gateway.clients)
        assert service.sockets.statistics().accepted > CLIENTS


async def test_an_offence_and_a_goodbye_in_one_breath_are_one_end(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with websocket_service() as service:
        client = await RawClient.connect(service.port)
        client.writer.write(masked(Opcode.BINARY, b"x") * 3 + masked(Opcode.CLOSE, b"\x03\xe8"))
        assert await client.close_code() == 1000
        assert await client.ended()
        await until(lambda: service.sockets.statistics().connections == 0)
        assert [one.ends for one in service.gateway.clients] == [1]
    assert caplog.records == []


async def test_connections_that_end_leave_no_memory_behind() -> None:
    async with websocket_service(Limits(accept_rate=1e6)) as service:
        for _ in range(30):
            client = await RawClient.connect(service.port)
            client.send(Opcode.TEXT, b"x" * 1_000, fin=False)
            client.abort()
        await until(lambda: service.sockets.statistics().connections == 0)
        service.gateway.clients.clear()
        gc.collect()
        left = [one for one in gc.get_objects() if isinstance(one, WebSocket)]
        assert [one for one in left if one._server is service.sockets] == []
