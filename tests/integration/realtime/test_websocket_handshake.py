"""Who gets in over WebSocket, and what those are told who do not (protocol 1, 2, 6)."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from groundswell.realtime.doors.websocket import Limits
from tests.integration.realtime.websocket_service import (
    TOKEN_ENDS,
    RawClient,
    WebSocketService,
    handshake,
    until,
    websocket_service,
)


async def close_of(service: WebSocketService, query: str = "", **options: object) -> int:
    """The code with which a client that was let in is sent away."""
    async with connect(service.url + query, **options) as client:  # type: ignore[arg-type]
        with pytest.raises(ConnectionClosed) as closed:
            await asyncio.wait_for(client.recv(), 5)
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code


async def refusal_of(url: str, **options: object) -> InvalidStatus:
    with pytest.raises(InvalidStatus) as refused:
        await connect(url, **options)  # type: ignore[arg-type]
    return refused.value


async def test_p1_the_subprotocol_is_chosen_when_offered() -> None:
    async with (
        websocket_service() as service,
        connect(service.url, subprotocols=["other", "groundswell.v1"]) as client,  # type: ignore[list-item]
    ):
        assert client.subprotocol == "groundswell.v1"
        await client.send("{}")
        assert await client.recv() == "{}"


async def test_p1_a_client_that_offers_no_subprotocol_gets_the_same() -> None:
    async with websocket_service() as service, connect(service.url) as client:
        assert client.subprotocol is None
        await client.send("{}")
        assert await client.recv() == "{}"


async def test_a_client_that_speaks_only_other_protocols_is_told_4007() -> None:
    async with websocket_service() as service:
        assert await close_of(service, subprotocols=["groundswell.v9"]) == 4007
        assert service.gateway.clients == []


async def test_pages_of_our_own_host_may_connect() -> None:
    async with websocket_service() as service:
        own = f"http://127.0.0.1:{service.port}"
        async with connect(service.url, origin=own):  # type: ignore[arg-type]
            await until(lambda: service.gateway.clients)
        assert service.gateway.clients[0].origin == own


async def test_pages_of_a_configured_origin_may_connect() -> None:
    async with (
        websocket_service(origins=frozenset({"https://radio.example"})) as service,
        connect(service.url, origin="https://Radio.example"),  # type: ignore[arg-type]
    ):
        await until(lambda: service.gateway.clients)


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1", ""])
async def test_pages_of_other_origins_are_told_4003(origin: str) -> None:
    async with websocket_service(origins=frozenset({"https://radio.example"})) as service:
        assert await close_of(service, origin=origin) == 4003
        assert service.gateway.clients == []


async def test_a_bearer_token_on_the_upgrade_names_the_user() -> None:
    async with websocket_service() as service:
        headers = {"Authorization": "Bearer anna"}
        async with connect(service.url, additional_headers=headers):
            await until(lambda: service.gateway.clients)
        client = service.gateway.clients[0]
        assert client.caller.user_id == "anna"
        assert client.credentials is not None
        assert client.credentials.expires_at == TOKEN_ENDS


async def test_who_the_host_acts_for_has_no_token_that_could_end() -> None:
    async with websocket_service() as service:
        headers = {"Authorization": "Bearer key", "Groundswell-User": "anna"}
        async with connect(service.url, additional_headers=headers):
            await until(lambda: service.gateway.clients)
        credentials = service.gateway.clients[0].credentials
        assert credentials is not None
        assert credentials.expires_at is None


async def test_a_bad_bearer_token_is_told_4101_and_never_makes_a_visitor() -> None:
    async with websocket_service() as service:
        headers = {"Authorization": "Bearer wrong"}
        assert await close_of(service, additional_headers=headers) == 4101
        assert service.gateway.clients == []


async def test_a_ticket_names_the_user_if_it_was_made_for_this_origin() -> None:
    async with websocket_service() as service:
        own = f"http://127.0.0.1:{service.port}"
        ticket = f"?ticket=for%20{own}"
        async with connect(service.url + ticket, origin=own):  # type: ignore[arg-type]
            await until(lambda: service.gateway.clients)
        assert service.gateway.clients[0].caller.user_id == "ticket-holder"
        assert await close_of(service, ticket) == 4101
        assert await close_of(service, "?ticket=") == 4101


@pytest.mark.parametrize(
    "query", ["?token=x", "?access_token=x", "?Token=", "?ticket=eyJhbGciOiJub25lIn0.e30.c2ln"]
)
async def test_a_token_in_the_query_is_refused(query: str) -> None:
    async with websocket_service() as service:
        refused = await refusal_of(service.url + query)
        assert refused.response.status_code == 400
        assert b"logs" in (refused.response.body or b"")


@pytest.mark.parametrize("path", ["/", "/v1/realtime/", "/v1/stream", "/v1/realtime%2fx", "//"])
async def test_other_paths_hold_no_websocket(path: str) -> None:
    async with websocket_service() as service:
        refused = await refusal_of(f"ws://127.0.0.1:{service.port}{path}")
        assert refused.response.status_code == 404
        assert refused.response.headers["Content-Type"] == "application/problem+json"


async def test_http_and_websocket_share_a_port() -> None:
    async with websocket_service() as service, connect(service.url) as client:
        async with httpx.AsyncClient(trust_env=False) as http:
            answer = await http.get(f"http://127.0.0.1:{service.port}/")
        await client.send("still here")
        assert answer.text == "<hi>"
        assert await client.recv() == "still here"


@pytest.mark.parametrize(
    "request_", [handshake(leave_out="Sec-WebSocket-Key"), handshake(extra="Origin: a\r\n" * 2)]
)
async def test_a_malformed_upgrade_is_refused(request_: bytes) -> None:
    async with websocket_service() as service:
        client = await RawClient.connect(service.port, upgrade=False)
        client.writer.write(request_)
        assert (await client.reader.readline()).startswith(b"HTTP/1.1 400 ")
        assert await client.ended()


async def test_too_many_connections_are_asked_to_come_later() -> None:
    async with websocket_service(Limits(connections=2)) as service:
        async with connect(service.url), connect(service.url):
            refused = await refusal_of(service.url)
            assert refused.response.status_code == 503
            assert int(refused.response.headers["Retry-After"]) > 0
        await until(lambda: service.sockets.statistics().connections == 0)
        async with connect(service.url):
            pass


@pytest.mark.alone
async def test_connections_that_come_too_fast_are_refused_before_the_upgrade() -> None:
    async with websocket_service(Limits(accept_rate=20, accept_burst=3)) as service:
        for _ in range(3):
            async with connect(service.url):
                pass
        refused = await refusal_of(service.url)
        assert refused.response.status_code == 503
        assert "Retry-After" in refused.response.headers
        await asyncio.sleep(0.1)
        async with connect(service.url):
            pass
        assert service.sockets.statistics().refused == {503: 1}


async def test_a_gateway_that_is_full_is_told_as_4100() -> None:
    async with websocket_service() as service:
        service.gateway.open = False
        assert await close_of(service) == 4100


async def test_a_client_that_never_finishes_its_request_is_cut() -> None:
    async with websocket_service() as service:
        silent = await RawClient.connect(service.port, upgrade=False)
        slow = await RawClient.connect(service.port, upgrade=False)
        for byte in handshake()[:-2]:
            slow.writer.write(bytes([byte]))
            await asyncio.sleep(0.002)
        assert await silent.ended()
        assert await slow.ended()


async def test_an_upgrade_that_cannot_be_decided_in_time_is_cut() -> None:
    async with websocket_service(Limits(handshake=0.2)) as service:
        client = await RawClient.connect(service.port, upgrade=False)
        client.writer.write(handshake(extra="Authorization: Bearer hang\r\n"))
        assert await client.ended()
        await until(lambda: service.sockets.statistics().connections == 0)


async def test_a_client_that_leaves_during_its_upgrade_leaves_nothing_behind() -> None:
    async with websocket_service(Limits(handshake=0.2)) as service:
        client = await RawClient.connect(service.port, upgrade=False)
        client.writer.write(handshake(extra="Authorization: Bearer hang\r\n"))
        await until(lambda: service.sockets.statistics().connections == 1)
        client.abort()
        await until(lambda: service.sockets.statistics().connections == 0)
        assert service.gateway.clients == []
