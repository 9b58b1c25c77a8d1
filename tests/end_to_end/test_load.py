"""The load of the live benchmarks counts what it is told, and does not overlook what is wrong."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from benchmarks import audience
from benchmarks.audience import Audience
from benchmarks.errors import BenchmarkError
from benchmarks.listeners import Changing, Listeners, request
from benchmarks.processes import Service

EVENT = b'{"event":true}'
UPGRADED = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"
ACCEPTED = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"


def frame(message: bytes, opcode: int = 1) -> bytes:
    return bytes([0x80 | opcode, len(message)]) + message


@dataclass
class Server:
    """Tells every POST to all it has upgraded, ``copies`` times, and then ``also`` something."""

    copies: int = 1
    also: bytes = b""
    answer: bytes = ACCEPTED
    port: int = 0
    requests: list[bytes] = field(default_factory=list)
    _members: list[asyncio.StreamWriter] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                if head.startswith(b"GET"):
                    writer.write(UPGRADED)
                    self._members.append(writer)
                    await self._answer_changes(reader, writer)
                else:
                    await self._publish(head, reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def _publish(
        self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        length = int(head.lower().partition(b"content-length: ")[2].split()[0])
        self.requests.append(head + await reader.readexactly(length))
        for member in self._members:
            member.write(frame(EVENT) * self.copies + self.also)
        writer.write(self.answer)

    async def _answer_changes(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """What a subscriber says is said back to it; its mask is nothing."""
        while True:
            head = await reader.readexactly(6)
            writer.write(frame(await reader.readexactly(head[1] & 0x7F)))


@contextmanager
def running(server: Server) -> Iterator[Listeners]:
    loop, ready = asyncio.new_event_loop(), threading.Event()

    async def main() -> None:
        listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
        server.port = listening.sockets[0].getsockname()[1]
        ready.set()
        await listening.serve_forever()

    def work() -> None:
        task = loop.create_task(main())
        loop.call_soon(tasks.append, task)
        with pytest.raises(asyncio.CancelledError):
            loop.run_until_complete(task)

    tasks: list[asyncio.Task[None]] = []
    thread = threading.Thread(target=work)
    thread.start()
    assert ready.wait(10)
    service = Service.__new__(Service)
    service.port = server.port
    publication = request("POST", "/{n}/{way}", '{"i":{i}}', "X-Forwarded-For: {ip}")
    try:
        yield Listeners(service, "/x", '"event"', publication, base=100)
    finally:
        loop.call_soon_threadsafe(tasks[0].cancel)
        thread.join(10)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return audience.build(tmp_path_factory.mktemp("load"))


def test_it_counts_every_delivery(program: Path) -> None:
    server = Server()
    with running(server) as side, Audience(program, side, subscribers=30) as present:
        assert present.connect().seconds > 0
        single = present.single(4)
        loop = present.loop(0.2, 3)
    assert len(single.last) == 4
    assert single.p50 <= single.p99 <= max(single.last)
    assert loop.deliveries == 30 * loop.publications > 0
    assert 0 < loop.client_busy <= 1.05


def test_publications_are_paced_and_numbered(program: Path) -> None:
    server = Server()
    with running(server) as side, Audience(program, side, subscribers=5) as present:
        present.connect()
        pace = present.pace(0.5, 40)
    assert (pace.publications, pace.deliveries) == (20, 100)
    assert 0 < pace.p50 <= pace.p99 <= pace.longest
    first, second = server.requests[:2]
    assert first.startswith(b"POST /100/up HTTP/1.1\r\n")
    assert b"\r\nX-Forwarded-For: 10.0.0.0\r\n" in first
    assert first.endswith(b'\r\n\r\n{"i":0}')
    assert second.startswith(b"POST /100/down")
    assert b"\r\nX-Forwarded-For: 10.0.0.1\r\n" in second


def test_changes_are_counted_when_they_are_answered(program: Path) -> None:
    changing = Changing(join="in {n}", joined="in ", leave="out {n}", left="out ")
    with running(Server()) as side:
        changed = replace(side, changing=changing, topics=4)
        with Audience(program, changed, subscribers=20) as present:
            present.connect()
            done = present.change(0.3, 5)
    assert done.changes > 20
    assert 0 < done.p50 <= done.p99 <= done.longest


@pytest.mark.parametrize(
    ("server", "reason"),
    [
        pytest.param(Server(copies=2), "more than once", id="a message comes twice"),
        pytest.param(
            Server(also=frame(b"\x03\xe8bye", 8)), "closed a connection: 1000", id="closed"
        ),
        pytest.param(
            Server(answer=b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"), "503", id="refused"
        ),
        pytest.param(Server(also=frame(b'{"type":"ERROR"}')), "an error", id="an error is told"),
    ],
)
def test_it_gives_up_where_something_is_wrong(program: Path, server: Server, reason: str) -> None:
    with running(server) as side, Audience(program, side, subscribers=3) as present:
        present.connect()
        with pytest.raises(BenchmarkError, match=reason):
            present.single(2)
