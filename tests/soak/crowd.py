"""A process full of WebSocket clients, each of which checks that it hears every vote in order.

    python -m tests.soak.crowd PORT CLIENTS PACE TOPIC SEED

Connects PACE clients a second. It tells what it has seen as lines of JSON, one whenever a line
comes: `report`; `polite` and `rude` first let all connections be lost at once, and the clients come
back as the protocol asks them to, or all at the same moment.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, cast

import msgspec
import uvloop

REQUEST = (
    b"GET /v1/realtime HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
    b"Connection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
    b"Sec-WebSocket-Version: 13\r\n\r\n"
)
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


class _Data(msgspec.Struct, rename="camel"):
    event_type: str
    upvotes: int = 0


class _Message(msgspec.Struct):
    type: str
    offset: int = 0
    epoch: str = ""
    complete: bool = True
    data: _Data | None = None
    reconnect: dict[str, int] = {}


_decode = msgspec.json.Decoder(_Message).decode


@dataclass
class Tally:
    """What all clients of this process saw; times are of the monotonic clock, for all processes."""

    delivered: Counter[int] = field(default_factory=Counter)
    last: dict[int, float] = field(default_factory=dict)
    wrong: int = 0
    gaps: int = 0
    ready: int = 0
    last_ready: float = 0.0
    accepted: list[float] = field(default_factory=list)
    refused: int = 0
    retry_after: list[int] = field(default_factory=list)
    failed: int = 0


class Client(asyncio.Protocol):
    """One of them; the same object over all its connections."""

    def __init__(self, crowd: Crowd) -> None:
        self.crowd = crowd
        self.expected = 1
        self.place: tuple[str, int] | None = None
        self.window_ms = 0
        self.attempts = 0
        self._buffer = bytearray()
        self._upgraded = False
        self._transport: asyncio.Transport | None = None

    async def connect(self) -> None:
        """Try once; what comes of it is told to the protocol's methods."""
        self._buffer.clear()
        self._upgraded = False
        try:
            loop = asyncio.get_running_loop()
            await loop.create_connection(lambda: self, "127.0.0.1", self.crowd.port)
        except OSError:
            self._transport = None
            self.crowd.tally.failed += 1
            self.crowd.again(self, 0)

    def lose(self) -> None:
        """The network is gone."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(REQUEST)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if not self.crowd.losing and self._upgraded:
            self.crowd.tally.failed += 1
            self.crowd.again(self, 0)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._upgraded and not self._upgrade():
            return
        buffer, start = self._buffer, 0
        while len(buffer) - start >= 2:
            size, head = buffer[start + 1], 2
            if size == 126:
                size, head = int.from_bytes(buffer[start + 2 : start + 4], "big"), 4
            elif size == 127:
                size, head = int.from_bytes(buffer[start + 2 : start + 10], "big"), 10
            end = start + head + size
            if len(buffer) < end:
                break
            self._frame(buffer[start] & 0x0F, bytes(buffer[start + head : end]))
            start = end
        del buffer[:start]

    def _upgrade(self) -> bool:
        head, found, rest = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return False
        tally = self.crowd.tally
        if not head.startswith(b"HTTP/1.1 101"):
            fields = dict(line.split(b": ", 1) for line in bytes(head).lower().split(b"\r\n")[1:])
            tally.refused += 1
            wait = int(fields.get(b"retry-after", b"0"))
            tally.retry_after.append(wait)
            self.lose()
            self.crowd.again(self, wait)
            return False
        tally.accepted.append(time.monotonic())
        self._buffer, self._upgraded = rest, True
        self._say({"type": "HELLO", "protocol": 1})
        self._subscribe()
        return True

    def _subscribe(self) -> None:
        options: dict[str, Any] = {}
        if self.place is not None:
            epoch, offset = self.place
            options = {"resume": {self.crowd.topic: {"epoch": epoch, "offset": offset}}}
        self._say({"type": "SUBSCRIBE", "topics": [self.crowd.topic], "options": options})

    def _frame(self, opcode: int, payload: bytes) -> None:
        if opcode == TEXT:
            self._message(_decode(payload))
        elif opcode == PING:
            self._write(PONG, payload)

    def _message(self, message: _Message) -> None:
        tally = self.crowd.tally
        if message.type == "EVENT":
            self._event(message, tally)
        elif message.type == "CAUGHT_UP":
            self.place = message.epoch, message.offset
            if not message.complete:
                self._subscribe()
                return
            tally.ready += 1
            tally.last_ready = time.monotonic()
            self.attempts = 0
        elif message.type == "GAP":
            tally.gaps += 1
        elif message.type == "WELCOME":
            self.window_ms = message.reconnect["firstWindowMs"]

    def _event(self, message: _Message, tally: Tally) -> None:
        if self.place is not None:
            self.place = self.place[0], message.offset
        data = message.data
        assert data is not None
        if not data.event_type.startswith("engagement.vote."):
            return
        number = data.upvotes
        tally.wrong += number != self.expected
        self.expected = number + 1
        tally.delivered[number] += 1
        tally.last[number] = time.monotonic()

    def _say(self, message: dict[str, Any]) -> None:
        self._write(TEXT, json.dumps(message).encode())

    def _write(self, opcode: int, payload: bytes) -> None:
        size = len(payload)
        head = bytes((0x80 | opcode, 0x80 | size)) if size < 126 else b""
        head = head or bytes((0x80 | opcode, 0x80 | 126)) + size.to_bytes(2, "big")
        if self._transport is not None:
            self._transport.write(head + bytes(4) + payload)


class Crowd:
    """All clients of the process."""

    def __init__(self, port: int, count: int, topic: str, seed: str) -> None:
        self.port = port
        self.topic = topic
        self.losing = False
        self.polite = True
        self.tally = Tally()
        self._draw = random.Random(seed)
        self._clients = [Client(self) for _ in range(count)]
        self._trying: set[asyncio.Task[None]] = set()

    async def gather(self, pace: float) -> None:
        """Connect them, so many in a second."""
        for number, client in enumerate(self._clients):
            self.later(client, number / pace)

    def later(self, client: Client, seconds: float) -> None:
        """Let a client try, after so long."""
        task = asyncio.create_task(self._try(client, seconds))
        self._trying.add(task)
        task.add_done_callback(self._trying.discard)

    def again(self, client: Client, retry_after: float) -> None:
        """After a refusal: no sooner than told, and the polite draw a longer and longer delay."""
        client.attempts += 1
        backoff = min(20.0, 0.5 * 2**client.attempts)
        spread = self._draw.uniform(0, backoff) if self.polite or not retry_after else 0.0
        self.later(client, retry_after + spread)

    async def storm(self, *, polite: bool) -> float:
        """Lose every connection at this moment, and let everybody come back; when that was."""
        self.polite, self.losing = polite, True
        self.tally = Tally()
        for client in self._clients:
            client.lose()
        await asyncio.sleep(0)
        self.losing = False
        at = time.monotonic()
        for client in self._clients:
            window = client.window_ms / 1000 if polite else 0.0
            self.later(client, self._draw.uniform(0, window))
        return at

    async def _try(self, client: Client, seconds: float) -> None:
        await asyncio.sleep(seconds)
        await client.connect()


async def main(port: int, count: int, pace: float, topic: str, seed: str) -> None:
    crowd = Crowd(port, count, topic, seed)
    await crowd.gather(pace)
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(0, "rb")
    )
    while line := (await reader.readline()).strip().decode():
        at = await crowd.storm(polite=line == "polite") if line in {"polite", "rude"} else 0.0
        answer = {**vars(crowd.tally), "at": at}
        sys.stdout.write(msgspec.json.encode(answer).decode() + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        uvloop.run(
            main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), sys.argv[4], sys.argv[5])
        )
