"""Devices of users that acknowledge critical messages, and whoever files these messages."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Sequence
from contextlib import suppress
from typing import Any
from uuid import uuid4

import aiohttp

from tests.soak.doors import CLOSING
from tests.soak.following import IDLE_SECONDS
from tests.soak.service import Stressed

ACKED_AT_ONCE = 0.8
"""The part of messages that a device acknowledges when it hears them first."""
PATIENCE_SECONDS = 15.0


class Device:
    """One device: it stays connected as well as it can, and keeps what it heard.

    It connects to any of ``servers``. Each message counts the first time; those that it did not
    acknowledge then it does when they are told again, at the latest when it comes back.
    """

    def __init__(
        self, servers: Sequence[Stressed], user: str, name: str, draw: random.Random
    ) -> None:
        self.user = user
        self.name = name
        self.token = ""
        self.numbers: list[int] = []
        self.seen: dict[str, int] = {}
        self.repeats = 0
        self.connections = 0
        self.disturbances: list[str] = []
        self._servers = servers
        self._draw = draw
        self._place: dict[str, Any] | None = None
        self._running: asyncio.Task[None] | None = None
        self._session: aiohttp.ClientSession | None = None
        self._away = asyncio.Event()

    @property
    def topic(self) -> str:
        return f"user.{self.user}.inbox"

    async def start(self) -> None:
        """Sign in, and connect from now on."""
        tokens = await self._servers[0].tokens(self.user)
        self.token = tokens["accessToken"]
        self._running = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Go for good."""
        assert self._running is not None
        self._running.cancel()
        with suppress(asyncio.CancelledError):
            await self._running

    def disconnect(self) -> None:
        """Lose the connection, if there is one, in the midst of whatever goes on."""
        self._away.set()

    async def _run(self) -> None:
        while True:
            server = self._draw.choice(list(self._servers))
            try:
                async with aiohttp.ClientSession(server.url) as session:
                    await self._until_away(session)
            except (aiohttp.ClientError, OSError, TimeoutError):
                pass
            await asyncio.sleep(self._draw.uniform(0.05, 0.4))

    async def _until_away(self, session: aiohttp.ClientSession) -> None:
        self._away.clear()
        listening = asyncio.create_task(self._listen(session))
        leaving = asyncio.create_task(self._away.wait())
        try:
            await asyncio.wait((listening, leaving), return_when=asyncio.FIRST_COMPLETED)
            if listening.done():
                await listening
        finally:
            for task in (listening, leaving):
                task.cancel()
            await asyncio.gather(listening, leaving, return_exceptions=True)

    async def _listen(self, session: aiohttp.ClientSession) -> None:
        async with asyncio.timeout(IDLE_SECONDS):
            socket = await session.ws_connect("/v1/realtime", timeout=CLOSING)
        self.connections += 1
        features = ["ack", "batch", "ping"]
        hello = {"type": "HELLO", "protocol": 1, "token": self.token, "clientId": self.name}
        await socket.send_json({**hello, "features": features})
        resume = {self.topic: self._place} if self._place else {}
        request = {"type": "SUBSCRIBE", "topics": [self.topic], "options": {"resume": resume}}
        await socket.send_json(request)
        async with asyncio.timeout(None) as patience:
            loop = asyncio.get_running_loop()
            async for frame in socket:
                patience.reschedule(loop.time() + PATIENCE_SECONDS)
                if frame.type is aiohttp.WSMsgType.TEXT:
                    await self._take(socket, json.loads(frame.data))

    async def _take(self, socket: aiohttp.ClientWebSocketResponse, message: dict[str, Any]) -> None:
        kind = message["type"]
        if kind == "EVENT":
            await self._events(socket, [message])
        elif kind == "BATCH":
            await self._events(socket, message["messages"])
        elif kind == "CAUGHT_UP":
            self._place = {"epoch": message["epoch"], "offset": message["offset"]}
        elif kind == "PING":
            await socket.send_json({"type": "PONG"})
        elif kind == "ERROR":
            self.disturbances.append(json.dumps(message))

    async def _events(
        self, socket: aiohttp.ClientWebSocketResponse, events: list[dict[str, Any]]
    ) -> None:
        taken = []
        for event in events:
            if event["topic"] != self.topic or "inboxSeq" not in event["data"]:
                continue
            if self._place is not None and event.get("offset"):
                self._place["offset"] = max(self._place["offset"], event["offset"])
            again = event["id"] in self.seen
            self.repeats += again
            if not again:
                self.seen[event["id"]] = event["data"]["inboxSeq"]
                self.numbers.append(event["data"]["inboxSeq"])
            if again or self._draw.random() < ACKED_AT_ONCE:
                taken.append(event["id"])
        if taken:
            await socket.send_json({"type": "ACK", "ids": taken})


class Filer:
    """Files critical messages for users, each until it is accepted, and notes their numbers.

    A message that was not answered is sent again under the same key, so it is filed once.
    """

    def __init__(self, servers: Sequence[Stressed], draw: random.Random) -> None:
        self.accepted: dict[str, list[str]] = {}
        self.attempts = 0
        self.unanswered = 0
        self._servers = servers
        self._draw = draw

    @property
    def count(self) -> int:
        return sum(map(len, self.accepted.values()))

    async def run(self, user: str, stop: asyncio.Event, pause: float) -> None:
        """For one user, one after the other, until told to stop."""
        self.accepted[user] = []
        while not stop.is_set():
            await self._file(user, str(uuid4()))
            await asyncio.sleep(self._draw.uniform(0, 2 * pause))

    async def _file(self, user: str, key: str) -> None:
        number = len(self.accepted[user]) + 1
        body = {"userId": user, "eventType": "reward.earned", "data": {"number": number}}
        while True:
            server = self._draw.choice(list(self._servers))
            headers = {"authorization": f"Bearer {server.api_key}", "idempotency-key": key}
            self.attempts += 1
            try:
                async with (
                    aiohttp.ClientSession(
                        server.url, timeout=aiohttp.ClientTimeout(total=5)
                    ) as session,
                    session.post("/v1/messages", json=body, headers=headers) as answer,
                ):
                    told = await answer.json()
                    if answer.status == 201:
                        self.accepted[user].append(told["messageId"])
                        return
                    assert answer.status in {409, 503}, told
            except (aiohttp.ClientError, OSError, TimeoutError):
                self.unanswered += 1
            await asyncio.sleep(self._draw.uniform(0.05, 0.2))
