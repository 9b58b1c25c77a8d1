"""Nothing is connected to that may not be, whatever a name says; no answer can do harm."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from groundswell.domains.webhooks.client import Outcome, WebhookClient
from groundswell.domains.webhooks.targets import Targets

LOCAL = "127.0.0.0/8"


@asynccontextmanager
async def answering(*parts: bytes, pause: float = 0) -> AsyncIterator[tuple[int, list[bytes]]]:
    """A server that says these bytes to whoever connects; its port, and what it was sent."""
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            heard.append(await reader.readuntil(b"\r\n\r\n"))
            for part in parts:
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(pause)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], heard


async def send(targets: str, url: str, **more: Any) -> Outcome:
    client = WebhookClient(Targets.parse(targets), **more)
    try:
        return await client.send(url, {"webhook-id": "msg-1"}, b"{}")
    finally:
        await client.close()


@pytest.mark.parametrize("host", ["localhost", "127.1", "2130706433", "0x7f.0.0.1", "0177.0.0.1"])
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_name_that_leads_inside_is_not_connected_to(scheme: str, host: str) -> None:
    async with answering(b"HTTP/1.1 200 OK\r\n\r\n") as (port, heard):
        # Plain http is open because some network is named; this machine is not in it.
        outcome = await send("10.0.0.0/8", f"{scheme}://{host}:{port}/")
    assert outcome == Outcome("failed", error="address_not_allowed")
    assert heard == []


async def test_an_address_that_is_written_out_is_checked_too() -> None:
    async with answering(b"HTTP/1.1 200 OK\r\n\r\n") as (port, heard):
        outcome = await send("", f"https://127.0.0.1:{port}/")
    assert (outcome.error, heard) == ("address_not_allowed", [])


async def test_a_redirect_is_not_followed() -> None:
    async with answering(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n") as (inside, heard):
        where = f"HTTP/1.1 307 X\r\nlocation: http://127.0.0.1:{inside}/\r\n\r\n".encode()
        async with answering(where) as (port, _):
            outcome = await send(LOCAL, f"http://127.0.0.1:{port}/")
    assert (outcome.verdict, outcome.status, heard) == ("failed", 307, [])


@pytest.mark.alone
async def test_an_endless_answer_is_not_read() -> None:
    head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
    chunk = b"4000\r\n" + b"x" * 0x4000 + b"\r\n"
    async with answering(head, *[chunk] * 10_000) as (port, _):
        started = time.monotonic()
        outcome = await send(LOCAL, f"http://127.0.0.1:{port}/", seconds=5)
        assert time.monotonic() - started < 2
    assert outcome == Outcome("taken", 200)


async def test_an_answer_that_comes_too_slowly_has_failed() -> None:
    head = b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n"
    async with answering(head, *[b"x"] * 100, pause=0.1) as (port, _):
        outcome = await send(LOCAL, f"http://127.0.0.1:{port}/", seconds=0.5)
    assert outcome == Outcome("failed", error="timeout")


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        (b"HTTP/1.1 204 No Content\r\n\r\n", Outcome("taken", 204)),
        (b"HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n", Outcome("gone", 410, "gone")),
        (
            b"HTTP/1.1 429 Slow\r\nretry-after: 7\r\ncontent-length: 0\r\n\r\n",
            Outcome("failed", 429, "refused", 7),
        ),
        (
            b"HTTP/1.1 503 X\r\nretry-after: tomorrow\r\ncontent-length: 0\r\n\r\n",
            Outcome("failed", 503, "refused"),
        ),
        (b"what?\r\n\r\n", Outcome("failed", error="connection_lost")),
        (b"", Outcome("failed", error="connection_lost")),
        (b"HTTP/1.1 200 OK\r\nx: " + b"y" * 100_000, Outcome("failed", error="connection_lost")),
    ],
)
async def test_only_the_status_counts(said: bytes, outcome: Outcome) -> None:
    async with answering(said) as (port, heard):
        assert await send(LOCAL, f"http://127.0.0.1:{port}/hook?a=b") == outcome
    assert heard[0].startswith(b"POST /hook?a=b HTTP/1.1\r\n")
    assert b"content-type: application/cloudevents+json" in heard[0].lower()


async def test_nobody_there_and_a_wrong_certificate_have_names() -> None:
    async with answering(b"HTTP/1.1 200 OK\r\n\r\n") as (port, _):
        wrong = await send(LOCAL, f"https://127.0.0.1:{port}/", seconds=2)
    assert wrong.error in ("tls_failed", "connection_failed", "timeout", "connection_lost")
    gone = await send(LOCAL, f"http://127.0.0.1:{port}/")
    assert gone.error == "connection_failed"
