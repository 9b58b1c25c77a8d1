"""How long a connection may take to say what it wants, whatever it wants."""

from __future__ import annotations

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
