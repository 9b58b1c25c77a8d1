"""A receiver of webhooks: real HTTP, and signatures that are computed here."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass
class Received:
    """A request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        return dict(json.loads(self.body))

    def signatures(self) -> list[str]:
        return self.headers["webhook-signature"].split(" ")

    def expected(self, secret: str) -> str:
        """The signature with this secret, by the words of the Standard Webhooks specification."""
        key = base64.b64decode(secret.removeprefix("whsec_"))
        signed = f"{self.headers['webhook-id']}.{self.headers['webhook-timestamp']}.".encode()
        digest = hmac.new(key, signed + self.body, hashlib.sha256).digest()
        return f"v1,{base64.b64encode(digest).decode()}"


@dataclass
class Receiver:
    """Keeps what it is sent. Answers 204, or what it was told for a path."""

    url: str = ""
    received: list[Received] = field(default_factory=list)
    answers: dict[str, list[tuple[int, dict[str, str]]]] = field(default_factory=dict)
    always: dict[str, int] = field(default_factory=dict)
    slow: dict[str, float] = field(default_factory=dict)
    _came: asyncio.Event = field(default_factory=asyncio.Event)

    async def has(self, count: int) -> None:
        """Wait until that many requests came."""
        async with asyncio.timeout(10):
            while len(self.received) < count:
                self._came.clear()
                await self._came.wait()

    def at(self, path: str) -> list[Received]:
        return [one for one in self.received if one.path == path]

    def ids(self, path: str) -> list[str]:
        return [one.event["id"] for one in self.at(path)]

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.received.append(Received(request.path, headers, body))
        self._came.set()
        await asyncio.sleep(self.slow.get(request.path, 0))
        queue = self.answers.get(request.path)
        status, more = queue.pop(0) if queue else (self.always.get(request.path, 204), {})
        return web.Response(status=status, headers=more)


@asynccontextmanager
async def running_receiver() -> AsyncIterator[Receiver]:
    """A receiver on a free port."""
    receiver = Receiver()
    application = web.Application()
    application.router.add_post("/{path:.*}", receiver.handle)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        receiver.url = f"http://{host}:{port}"
        yield receiver
    finally:
        await runner.cleanup()
