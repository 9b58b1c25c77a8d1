"""A process that attacks a server, and tells in the end what it answered.

    python -m tests.fuzz.attack PORT COUNT SEED TOPIC

COUNT malformed or hostile messages go to all doors. Each connection draws what it sends from the
seed and its own number, so a failure can be repeated. Meanwhile others hang about: slow, half-open,
silent, deaf. Result: one line of JSON.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress

import msgspec
import uvloop

from tests.fuzz import frames, messages, packets, requests
from tests.fuzz.frames import CLOSE, TEXT, frame
from tests.fuzz.judging import Verdict
from tests.fuzz.lingering import Lingering

WORKERS = 24
PATIENCE_SECONDS = 3.0
LINGER_SECONDS = 14.0
"""Longer than anybody may be silent who has said nothing yet (P10)."""
SHARES = {
    "messages": (0.62, 60),
    "floods": (0.08, 200),
    "burdensome frames": (0.12, 50),
    "fatal frames": (0.04, 1.6),
    "Socket.IO packets": (0.06, 30),
    "Socket.IO polling": (0.02, 6),
    "SSE requests": (0.02, 10),
    "poll requests": (0.02, 10),
    "Engine.IO requests": (0.01, 10),
    "upgrades": (0.01, 1),
}
"""The part of all that a kind has, and about how much of it goes over one connection."""

UPGRADE = (
    "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n{extra}\r\n"
)
DEFLATE = "Sec-WebSocket-Extensions: permessage-deflate\r\n"
SOCKET_IO = "/socket.io/?EIO=4&transport=websocket"
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)

Job = Callable[[random.Random, str], Awaitable[None]]


class Attack:
    """All of it, against one port."""

    def __init__(self, port: int, count: int, seed: str) -> None:
        self.port = port
        self.verdict = Verdict()
        self._seed = seed
        self._jobs = self._all_jobs(count)

    async def run(self) -> None:
        """Everything once, a few connections at a time."""
        async with asyncio.TaskGroup() as group:
            for _ in range(WORKERS):
                group.create_task(self._work())

    async def _work(self) -> None:
        for kind, number in self._jobs:
            about = f"{kind} {number} of seed {self._seed}"
            try:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    await self._job(kind)(random.Random(f"{self._seed}/{kind}/{number}"), about)
            except (OSError, EOFError, TimeoutError):
                self.verdict.cut += 1

    def _all_jobs(self, count: int) -> Iterator[tuple[str, int]]:
        """Kinds in a mixture that the seed decides, as many as the count takes."""
        jobs = [
            (kind, number)
            for kind, (share, each) in SHARES.items()
            for number in range(max(1, round(count * share / each)))
        ]
        random.Random(self._seed).shuffle(jobs)
        return iter(jobs)

    def _job(self, kind: str) -> Job:
        jobs: dict[str, Job] = {
            "messages": self._messages,
            "floods": self._flood,
            "burdensome frames": self._burdensome,
            "fatal frames": self._fatal,
            "Socket.IO packets": self._packets,
            "Socket.IO polling": self._polling,
            "SSE requests": self._requests("SSE requests", requests.stream),
            "poll requests": self._requests("poll requests", requests.poll),
            "Engine.IO requests": self._requests("Engine.IO requests", requests.engine),
            "upgrades": self._upgrade,
        }
        return jobs[kind]

    # WebSocket

    async def _messages(self, draw: random.Random, about: str) -> None:
        texts = [messages.message(draw) for _ in range(draw.randint(30, 90))]
        sent = [frame(TEXT, text) for text in texts]
        await self._converse("messages", sent, about, deflate=draw.random() < 0.1)

    async def _flood(self, draw: random.Random, about: str) -> None:
        text = messages.message(draw)
        await self._converse("floods", [frame(TEXT, text)] * 200, about, polite=False)

    async def _burdensome(self, draw: random.Random, about: str) -> None:
        kind = draw.choice(sorted(frames.BURDENSOME))
        sent = frames.BURDENSOME[kind](draw)
        while len(sent) < 50:
            sent = sent + frames.BURDENSOME[draw.choice(sorted(frames.BURDENSOME))](draw)
        await self._converse("burdensome frames", sent, f"{kind}, {about}", deflate=True)

    async def _fatal(self, draw: random.Random, about: str) -> None:
        kind = draw.choice(sorted(frames.FATAL))
        deflate = "bomb" in kind or "deflate" in kind or draw.random() < 0.3
        sent = frames.FATAL[kind](draw)
        await self._converse(
            "fatal frames", sent, f"{kind}, {about}", deflate=deflate, polite=kind != "truncated"
        )

    async def _converse(
        self,
        kind: str,
        sent: list[bytes],
        about: str,
        *,
        deflate: bool = False,
        polite: bool = True,
    ) -> None:
        """Send all, take all answers until the end of the connection; some just vanish."""
        reader, writer = await self._open("/v1/realtime", DEFLATE if deflate else "")
        reading = asyncio.create_task(self._judge_frames(reader, about))
        try:
            for start in range(0, len(sent), 10):
                if reading.done():
                    break
                writer.writelines(sent[start : start + 10])
                self.verdict.sent[kind] += len(sent[start : start + 10])
                await writer.drain()
            if polite:
                writer.write(frame(CLOSE, b"\x03\xe8"))
                await reading
            else:
                await asyncio.wait({reading}, timeout=0.05)
        finally:
            reading.cancel()
            with suppress(asyncio.CancelledError, OSError, EOFError):
                await reading
            writer.transport.abort()

    async def _judge_frames(self, reader: asyncio.StreamReader, about: str) -> None:
        async for opcode, payload in _frames(reader):
            if opcode == TEXT:
                self.verdict.text(about, payload)
            elif opcode == CLOSE:
                self.verdict.close(about, int.from_bytes(payload[:2], "big") or 1000)
                return

    async def _open(
        self, path: str, extra: str = ""
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(UPGRADE.format(path=path, extra=extra).encode())
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 101"):
            self.verdict.fail("upgrade", head)
            raise ConnectionError
        return reader, writer

    # Socket.IO

    async def _packets(self, draw: random.Random, about: str) -> None:
        reader, writer = await self._open(SOCKET_IO)
        reading = asyncio.create_task(self._judge_packets(reader, about))
        try:
            writer.write(frame(TEXT, b"40"))
            for _ in range(draw.randint(20, 40)):
                if reading.done():
                    break
                opcode = TEXT if draw.random() < 0.95 else frames.BINARY
                writer.write(frame(opcode, packets.packet(draw).encode(errors="replace")))
                self.verdict.sent["Socket.IO packets"] += 1
                await writer.drain()
            writer.write(frame(TEXT, b"1"))
            await reading
        finally:
            reading.cancel()
            with suppress(asyncio.CancelledError, OSError, EOFError):
                await reading
            writer.transport.abort()

    async def _judge_packets(self, reader: asyncio.StreamReader, about: str) -> None:
        async for opcode, payload in _frames(reader):
            if opcode == CLOSE:
                self.verdict.close(about, int.from_bytes(payload[:2], "big") or 1000)
                return
            self._judge_packet(payload, about)

    def _judge_packet(self, payload: bytes, about: str) -> None:
        if b"Traceback" in payload:
            self.verdict.fail(about, payload)
        if payload.startswith(b"42["):
            name, message = json.loads(payload[2:])
            if name != "close":
                self.verdict.message(about, message)

    async def _polling(self, draw: random.Random, about: str) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        path = "/socket.io/?EIO=4&transport=polling"
        try:
            opening = await self._ask(reader, writer, _get(path), about)
            sid = json.loads(opening.split(b"\x1e")[0][1:])["sid"]
            path += f"&sid={sid}"
            await self._ask(reader, writer, _post(path, b"40"), about)
            for _ in range(6):
                body = packets.payload(draw)
                self.verdict.sent["Socket.IO polling"] += 1
                if await self._ask(reader, writer, _post(path, body), about) != b"ok":
                    return
            for packet in (await self._ask(reader, writer, _get(path), about)).split(b"\x1e"):
                self._judge_packet(packet, about)
            await self._ask(reader, writer, _post(path, b"1"), about)
        finally:
            writer.transport.abort()

    # HTTP

    def _requests(self, kind: str, make: Callable[[random.Random], bytes]) -> Job:
        async def ask(draw: random.Random, about: str) -> None:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            try:
                for _ in range(10):
                    self.verdict.sent[kind] += 1
                    await self._ask(reader, writer, make(draw), about)
            finally:
                writer.transport.abort()

        return ask

    async def _upgrade(self, draw: random.Random, about: str) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            self.verdict.sent["upgrades"] += 1
            # Some lack their end, and the server waits for it.
            async with asyncio.timeout(0.3):
                await self._ask(reader, writer, requests.upgrade(draw), about)
        finally:
            writer.transport.abort()

    async def _ask(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        request: bytes,
        about: str,
    ) -> bytes:
        """The body of the answer. One without a length has no end: that is enough of it."""
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        status = int(head.split(b" ", 2)[1])
        length = _LENGTH.search(head)
        body = await reader.readexactly(int(length[1])) if length else b""
        self.verdict.status(f"{request[:300]!r}, {about}", status, body)
        if (length is None and status != 204) or b"connection: close" in head.lower():
            raise EOFError
        return body


async def _frames(reader: asyncio.StreamReader):  # type: ignore[no-untyped-def]
    """Frames of a server until it ends; compressed ones are not of interest."""
    with suppress(asyncio.IncompleteReadError, ConnectionError):
        while True:
            first, size = await reader.readexactly(2)
            if size == 126:
                size = int.from_bytes(await reader.readexactly(2), "big")
            elif size == 127:
                size = int.from_bytes(await reader.readexactly(8), "big")
            payload = await reader.readexactly(size)
            if not first & 0x40:
                yield first & 0x0F, payload


def _get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()


def _post(path: str, body: bytes) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/plain\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


async def main(port: int, count: int, seed: str, topic: str) -> None:
    attack = Attack(port, count, seed)
    async with Lingering(port, topic) as lingering:
        await asyncio.gather(attack.run(), asyncio.sleep(LINGER_SECONDS))
    result = {**vars(attack.verdict), "lingered": lingering.cut}
    os.write(1, msgspec.json.encode(result) + b"\n")


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]))
