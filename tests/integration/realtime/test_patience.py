"""How long a connection may take to say what it wants, whatever it wants."""

from __future__ import annotations

from contextlib import suppress

import pytest

from tests.integration.realtime.websocket_service import RawClient, websocket_service

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n"


@pytest.mark.parametrize(
    "begun",
    [b"", b"GET / HT", b"POST / HTTP/1.1\r\nHost: a\r\n", POST, POST + b"abc"],
    ids=["nothing", "half a line", "half a head", "no body", "most of a body"],
)
async def test_a_request_that_is_never_whole_is_cut(begun: bytes) -> None:
    async with websocket_service() as service:
        client = await RawClient.connect(service.port, upgrade=False)
        client.writer.write(begun)
        assert await client.ended()


@pytest.mark.parametrize("request_", [GET, POST + b"abcd"], ids=["without a body", "with one"])
async def test_a_whole_request_may_be_followed_by_another_at_leisure(request_: bytes) -> None:
    async with websocket_service() as service:
        client = await RawClient.connect(service.port, upgrade=False)
        for _ in range(2):
            client.writer.write(request_)
            head = await client.reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200"), head
            assert await client.reader.readexactly(4) == b"<hi>"
            assert service.server.server_state.connections


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET /?%b HTTP/1.1\r\nHost: a\r\n\r\n" % (b"a" * 20_000), b"414"),
        (b"GET /?%b HTTP/1.1\r\nHost: a\r\n\r\n" % (b"a=1&" * 128), b"414"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: %b\r\n\r\n" % (b"x" * 70_000), b"431"),
        (b"GET / HTTP/1.1\r\nHost: a\r\n%b\r\n" % (b"X: %b\r\n" % (b"x" * 700) * 100), b"431"),
    ],
    ids=["address", "query", "field", "fields"],
)
async def test_a_head_that_is_too_large_is_refused(request_: bytes, status: bytes) -> None:
    async with websocket_service() as service:
        client = await RawClient.connect(service.port, upgrade=False)
        for start in range(0, len(request_), 50_000):
            client.writer.write(request_[start : start + 50_000])
        line = await client.reader.readline()
        assert line.split(b" ")[1] == status, line
        client.abort()


async def test_a_head_that_is_large_is_taken_and_so_is_the_next() -> None:
    async with websocket_service() as service:
        client = await RawClient.connect(service.port, upgrade=False)
        for _ in range(5):
            address, field = b"a" * 15_000, b"x" * 45_000
            client.writer.write(b"GET /?%b HTTP/1.1\r\nHost: a\r\nX: %b\r\n\r\n" % (address, field))
            head = await client.reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200"), head
            assert await client.reader.readexactly(4) == b"<hi>"


@pytest.mark.parametrize("piece", [b"x" * 50_000, b"X: y\r\n" * 8_000], ids=["field", "fields"])
async def test_a_head_without_end_is_cut_before_its_time(piece: bytes) -> None:
    """Its answer may be lost: who still sends is told of the end by a reset."""
    async with websocket_service() as service:
        client = await RawClient.connect(service.port, upgrade=False)
        client.writer.write(b"GET / HTTP/1.1\r\nHost: a\r\nX: ")
        sent = 0
        with suppress(ConnectionError):
            while not client.writer.transport.is_closing() and sent < 10_000_000:
                client.writer.write(piece)
                await client.writer.drain()
                sent += len(piece)
        assert sent < 10_000_000
        client.abort()
