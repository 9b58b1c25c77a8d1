"""Event streams over real sockets: resume, heartbeats, slow readers, disconnects, shutdown."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from groundswell.realtime.doors.sse import Pacing
from tests.integration.realtime.live_service import LiveService, live_service
from tests.unit.realtime.builders import activity, publication
from tests.unit.realtime.event_stream import EventStreamReader

STREAM = "/v1/stream?topics="


class Listener:
    """Follows one stream in the background."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self.reader = EventStreamReader()
        self.arrived = asyncio.Event()
        self.ended = asyncio.create_task(self._follow())

    async def _follow(self) -> None:
        async for chunk in self.response.aiter_raw():
            self.reader.feed(chunk)
            self.arrived.set()

    async def until(self, condition: Any, seconds: float = 5) -> None:
        async with asyncio.timeout(seconds):
            while not condition(self.reader):
                self.arrived.clear()
                await self.arrived.wait()

    async def until_told(self, event: str, count: int = 1) -> None:
        await self.until(lambda reader: len(reader.named(event)) >= count)


@asynccontextmanager
async def listening(
    service: LiveService, path: str, headers: dict[str, str] | None = None
) -> AsyncIterator[Listener]:
    async with (
        httpx.AsyncClient(base_url=service.url, timeout=10) as client,
        client.stream("GET", path, headers=headers) as response,
    ):
        assert response.status_code == 200
        listener = Listener(response)
        try:
            yield listener
        finally:
            listener.ended.cancel()


def seqs(listener: Listener) -> list[int]:
    return [message.data["seq"] for message in listener.reader.named("EVENT")]


@pytest.mark.alone
async def test_an_event_arrives_as_it_happens_with_its_headers() -> None:
    async with live_service() as service, listening(service, STREAM + "activity,hot") as listener:
        headers = listener.response.headers
        assert headers["content-type"].startswith("text/event-stream")
        assert headers["cache-control"] == "no-store"
        assert headers["x-accel-buffering"] == "no"
        await listener.until_told("CAUGHT_UP", 3)
        assert listener.reader.named("SNAPSHOT")[0].data["data"] == {"items": []}
        began = time.perf_counter()
        await service.publish(publication(1))
        await listener.until_told("EVENT")
        assert time.perf_counter() - began < 1
        assert seqs(listener) == [1]


@pytest.mark.parametrize("by", ["header", "query"])
async def test_a_returning_client_gets_exactly_what_it_missed(by: str) -> None:
    async with live_service() as service:
        async with listening(service, STREAM + "activity") as listener:
            await listener.until_told("CAUGHT_UP", 2)
            await service.publish(publication(1), publication(2))
            await listener.until_told("EVENT", 2)
            last = listener.reader.last_event_id
        await service.publish(publication(3), publication(4))
        path = STREAM + "activity" + (f"&last_event_id={last}" if by == "query" else "")
        headers = {"Last-Event-ID": last} if by == "header" else None
        async with listening(service, path, headers) as listener:
            await listener.until_told("CAUGHT_UP", 2)
            await service.publish(publication(5))
            await listener.until_told("EVENT", 3)
            assert seqs(listener) == [3, 4, 5]


async def test_the_header_wins_over_the_address_as_browsers_repeat_that() -> None:
    async with live_service() as service:
        await service.publish(publication(1), publication(2), publication(3))
        path = STREAM + "activity&last_event_id=log.1"
        async with listening(service, path, {"Last-Event-ID": "log.2"}) as listener:
            await listener.until_told("CAUGHT_UP", 2)
            assert seqs(listener) == [3]


async def test_the_plain_stream_is_the_specified_form() -> None:
    async with (
        live_service() as service,
        listening(service, "/v1/activity/stream") as listener,
    ):
        await listener.until_told("CAUGHT_UP")
        await service.publish(activity(1))
        await listener.until_told("activity")
        told = listener.reader.named("activity")[0]
        assert told.last_event_id == "log.1"
        assert told.data["type"] == "play"
        assert set(told.data["data"]) == {"mediaFileId", "mediaTitle", "location", "timestamp"}


async def test_a_silent_stream_has_heartbeats() -> None:
    pacing = Pacing(heartbeat=(0.02, 0.05))
    async with (
        live_service(pacing=pacing) as service,
        listening(service, STREAM + "activity") as listener,
    ):
        await listener.until(lambda reader: reader.comments >= 3)
        assert listener.reader.named("EVENT") == []


async def test_a_client_that_disconnects_releases_its_subscriptions() -> None:
    async with live_service() as service:
        async with listening(service, STREAM + "activity") as listener:
            await listener.until_told("CAUGHT_UP", 2)
            assert service.hub.statistics().connections == 1
        await service.until_connections(0)
        statistics = service.hub.statistics()
        assert (statistics.subscriptions, statistics.topics) == (0, 0)
        assert service.door.statistics().endings == {"left": 1}


def connect_and_not_read(service: LiveService) -> socket.socket:
    """A client with a small window that asks for the feed and never reads."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect(("127.0.0.1", service.port))
    client.sendall(b"GET /v1/stream?topics=activity HTTP/1.1\r\nHost: x\r\n\r\n")
    return client


async def publish_large(service: LiveService, count: int) -> None:
    """Ten kilobytes each, with pauses in which those who read can keep up."""
    for seq in range(service.log.delivered + 1, service.log.delivered + count + 1):
        await service.publish(publication(seq, padding=10_000))
        await asyncio.sleep(0.001)


async def test_a_client_that_takes_nothing_is_cut_and_hurts_nobody() -> None:
    async with (
        live_service(pacing=Pacing(stall=0.3), max_messages=50) as service,
        listening(service, STREAM + "activity") as listener,
    ):
        await listener.until_told("CAUGHT_UP", 2)
        with connect_and_not_read(service) as stuck:
            await service.until_connections(2)
            await publish_large(service, 600)
            await listener.until_told("EVENT", 600)
            assert seqs(listener) == list(range(1, 601))
            await service.until_connections(1)
            assert service.hub.statistics().dropped > 0
            assert service.door.statistics().endings == {"stalled": 1}
            await asyncio.wait_for(asyncio.to_thread(drain, stuck), 5)


def drain(client: socket.socket) -> None:
    """Read until the server's end is gone; a connection that was not cut would hang here."""
    try:
        while client.recv(65536):
            pass
    except ConnectionResetError:
        pass


async def test_a_slow_client_is_told_exactly_what_it_lost() -> None:
    async with live_service(max_messages=50) as service:
        with connect_and_not_read(service) as slow:
            await service.until_connections(1)
            await publish_large(service, 800)
            reader = EventStreamReader()
            slow.settimeout(5)
            raw = await asyncio.to_thread(read_until, slow, b'"seq":800}\n\n')
            reader.feed(unchunked(raw))
    gaps = [message.data for message in reader.named("GAP")]
    told = [message.data["seq"] for message in reader.named("EVENT")]
    lost = [seq for gap in gaps for seq in range(gap["fromSeq"], gap["toSeq"] + 1)]
    assert gaps
    assert sorted(told + lost) == list(range(1, 801))
    assert told == sorted(told)
    assert sum(gap["missed"] for gap in gaps) == len(lost)


def read_until(client: socket.socket, end: bytes) -> bytes:
    received = bytearray()
    while end not in received:
        received += client.recv(65536)
    return bytes(received)


def unchunked(raw: bytes) -> bytes:
    """The body of a chunked response."""
    rest = raw.split(b"\r\n\r\n", 1)[1]
    body = b""
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        body, rest = body + rest[: int(size, 16)], rest[int(size, 16) + 2 :]
    return body


@pytest.mark.alone
async def test_the_server_stops_within_a_second_and_tells_when_to_come_back() -> None:
    async with live_service() as service, listening(service, STREAM + "activity") as listener:
        await listener.until_told("CAUGHT_UP", 2)
        with connect_and_not_read(service):
            await service.until_connections(2)
            listener.reader.retry = None
            began = time.perf_counter()
            await service.stop()
            assert time.perf_counter() - began < 1
            await asyncio.wait_for(listener.ended, 1)
            assert listener.reader.retry is not None


@pytest.mark.parametrize(
    ("path", "user", "status", "code"),
    [
        ("/v1/stream", None, 400, "validation_failed"),
        ("/v1/stream?topics=", None, 400, "validation_failed"),
        ("/v1/stream?topics=a%20b", None, 400, "validation_failed"),
        ("/v1/stream?topics=activity,nothing", None, 404, "unknown_topic"),
        ("/v1/stream?topics=user.1.inbox", None, 403, "topic_forbidden"),
        ("/v1/stream?topics=user.1.inbox", "2", 403, "topic_forbidden"),
        ("/v1/stream?topics=activity&last_event_id=" + "x" * 129, None, 400, "validation_failed"),
    ],
)
async def test_what_cannot_be_streamed_is_refused_with_a_problem(
    path: str, user: str | None, status: int, code: str
) -> None:
    async with live_service() as service, httpx.AsyncClient(base_url=service.url) as client:
        answer = await client.get(path, headers={"x-test-user": user} if user else {})
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["code"] == code


async def test_too_many_topics_are_refused() -> None:
    topics = ",".join(f"media.{number}" for number in range(1, 130))
    async with live_service() as service, httpx.AsyncClient(base_url=service.url) as client:
        answer = await client.get(STREAM + topics)
        assert answer.status_code == 400
        assert "128 topics" in answer.json()["errors"][0]["message"]


async def test_a_user_hears_their_own_topics() -> None:
    async with (
        live_service() as service,
        listening(service, STREAM + "user.7.inbox", {"x-test-user": "7"}) as listener,
    ):
        await listener.until_told("CAUGHT_UP", 2)
        await service.publish(publication(1, "user.7.inbox"))
        await listener.until_told("EVENT")


async def test_the_eventsource_package_follows_rotations_and_loses_nothing(
    run_node: Any,
) -> None:
    """The client is cut several times while events come, and resumes by itself."""
    pacing = Pacing(rotation=(0.1, 0.15), retry=(0.01, 0.03))
    async with live_service(pacing=pacing) as service:

        async def publishing() -> None:
            await service.until_connections(1)
            for seq in range(1, 61):
                await service.publish(activity(seq, f"Title {seq}"))
                await asyncio.sleep(0.01)

        task = asyncio.create_task(publishing())
        url = f"{service.url}/v1/activity/stream"
        output = await asyncio.to_thread(run_node, "event_source.mjs", url, "activity", "60")
        await task
        heard = json.loads(output)
        assert [one["data"]["data"]["mediaTitle"] for one in heard["messages"]] == [
            f"Title {seq}" for seq in range(1, 61)
        ]
        assert heard["messages"][-1]["id"] == "log.60"
        assert heard["opened"] > 2
        assert heard["unnamed"] == 0
