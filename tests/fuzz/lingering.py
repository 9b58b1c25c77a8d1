"""Connections that hang about: slow, half-open, silent, deaf."""

from __future__ import annotations

import asyncio
import json
import socket
from collections import Counter
from contextlib import suppress
from typing import Self

from tests.fuzz.frames import CONT, PING, TEXT, frame

EACH = 25
STEP_SECONDS = 0.25

UPGRADE = (
    b"GET /v1/realtime HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
    b"Connection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
    b"Sec-WebSocket-Version: 13\r\n\r\n"
)
POST = (
    b"POST /v1/poll/register HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    b"Content-Length: 60000\r\n\r\n"
)


class Lingering:
    """So many of each kind while the block lasts; who is sent away comes again.

    ``cut`` counts by kind how often the server ended one.
    """

    def __init__(self, port: int, topic: str) -> None:
        self.cut: Counter[str] = Counter()
        self._port = port
        subscribe = json.dumps(
            {"type": "SUBSCRIBE", "topics": [topic], "options": {"history": 100}}
        )
        subscription = frame(TEXT, subscribe.encode())
        stream = f"GET /v1/stream?topics={topic} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
        slowly = b"GET /v1/stream?topics=hot HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"y" * 10_000
        begun = frame(TEXT, b"x", fin=False)
        self._kinds: dict[str, tuple[list[bytes], bytes]] = {
            "half-open": ([], b""),
            "slow head": ([], slowly),
            "slow body": ([POST], b" " * 10_000),
            "silent": ([UPGRADE], b""),
            "slow frame": ([UPGRADE], frame(TEXT, b" " * 60_000)),
            "endless message": ([UPGRADE, begun], frame(CONT, b"", fin=False) * 2_000),
            "deaf": ([UPGRADE, subscription], frame(PING) * 2_000),
            "deaf stream": ([stream], b""),
        }
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self._tasks = [
            asyncio.create_task(self._linger(kind)) for kind in self._kinds for _ in range(EACH)
        ]
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _linger(self, kind: str) -> None:
        begin, drops = self._kinds[kind]
        while True:
            with suppress(OSError):
                await self._once(begin, drops)
            self.cut[kind] += 1
            await asyncio.sleep(STEP_SECONDS)

    async def _once(self, begin: list[bytes], drops: bytes) -> None:
        """Connect, and give the rest a few bytes at a time; read nothing but the upgrade."""
        loop = asyncio.get_running_loop()
        with socket.socket() as one:
            one.setblocking(False)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2_048)
            await loop.sock_connect(one, ("127.0.0.1", self._port))
            for part in begin:
                await loop.sock_sendall(one, part)
                if part is UPGRADE:
                    # Nothing may be said before that is answered.
                    await loop.sock_recv(one, 1_024)
            at = 0
            while not _ended(one):
                if drops:
                    at = (at + 7) % len(drops)
                    await loop.sock_sendall(one, drops[at - 7 : at] if at >= 7 else drops[:7])
                await asyncio.sleep(STEP_SECONDS)


def _ended(one: socket.socket) -> bool:
    """Whether the server is gone, found out without reading."""
    info = one.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)
    return info[0] != 1
