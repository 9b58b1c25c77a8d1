"""Clients that come back by themselves to where they were, and keep count of what they heard."""

from __future__ import annotations

import asyncio
import json
import random
import socket
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import aiohttp

IDLE_SECONDS = 2.5
"""A connection silent for so long is given up: nothing else tells that a link is down."""
VOTE = "engagement.vote."


@dataclass(frozen=True)
class Route:
    """How a client reaches the service: at an address, by sockets of some network."""

    url: str
    socket_factory: Callable[[Any], socket.socket] | None = None

    def session(self) -> aiohttp.ClientSession:
        """A connection's worth of HTTP.

        It repeats nothing by itself. A GET whose answer was reset may have been answered: a
        repeated poll of Engine.IO, which answers each packet once, would hide what was lost.
        """
        session = aiohttp.ClientSession(
            self.url,
            connector=aiohttp.TCPConnector(socket_factory=self.socket_factory),
            timeout=aiohttp.ClientTimeout(total=None, connect=3, sock_connect=3),
            read_bufsize=2**18,
        )
        session._retry_connection = False  # as aiohttp's own client for tests does
        return session


@dataclass
class Heard:
    """What one client was told: each vote by its number, in order; and all that went wrong."""

    numbers: list[int] = field(default_factory=list)
    at: dict[int, float] = field(default_factory=dict)
    gaps: list[dict[str, Any]] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)
    again: int = 0
    resumed: bool = False

    def event(self, message: dict[str, Any]) -> None:
        """A vote has a number: how many votes the file had with it."""
        data = message["data"]
        if data["eventType"].startswith(VOTE):
            first, self.resumed = self.resumed, False
            if first and self.numbers and data["upvotes"] == self.numbers[-1]:
                # P6: what was cut off between two events of one place is told again by its id.
                self.again += 1
                return
            self.numbers.append(data["upvotes"])
            self.at[data["upvotes"]] = time.monotonic()


class Follower(ABC):
    """One client of one door, who follows the votes on one file while its block lasts.

    It takes a lost connection for what it is, and resumes by position. ``losses`` counts what
    ended without its doing, ``farewells`` what the server ended by saying so.
    """

    door = ""

    def __init__(self, route: Route, topic: str, draw: random.Random) -> None:
        self.route = route
        self.topic = topic
        self.heard = Heard()
        self.ready = asyncio.Event()
        self.connections = 0
        self.losses = 0
        self.farewells: list[str] = []
        self.failures: list[str] = []
        self._draw = draw
        self._running: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Follower:
        self._running = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._running is not None
        self._running.cancel()
        with suppress(asyncio.CancelledError):
            await self._running

    @property
    def trouble(self) -> str:
        """What there is to say of it where something is wrong."""
        heard = self.heard
        last = [*self.failures[-3:], *self.farewells[-3:]]
        return f"{len(heard.numbers)} heard, {heard.gaps} {heard.strange} {last}"

    @abstractmethod
    async def listen(self, session: aiohttp.ClientSession) -> None:
        """Connect, resume, and take what comes until the connection ends."""

    async def _run(self) -> None:
        while True:
            try:
                async with self.route.session() as session:
                    await self.listen(session)
            except (aiohttp.ClientError, OSError, TimeoutError, EOFError) as error:
                self.losses += 1
                self.failures.append(repr(error))
            self.ready.clear()
            await asyncio.sleep(self._draw.uniform(0.02, 0.3))


class Conversation(Follower):
    """What is said on a WebSocket and by Socket.IO: subscribe from a place, follow the places."""

    def __init__(self, route: Route, topic: str, draw: random.Random) -> None:
        super().__init__(route, topic, draw)
        self.place: dict[str, Any] | None = None

    def request(self) -> dict[str, Any]:
        """The SUBSCRIBE that goes on from where it was."""
        options = {"resume": {self.topic: self.place}} if self.place else {}
        return {"topics": [self.topic], "options": options}

    def told(self, message: dict[str, Any]) -> bool:
        """Take one message; whether the rest of the past has to be asked for."""
        kind = message["type"]
        if kind == "SUBSCRIBED":
            self._subscribed(message["topics"][self.topic])
        elif kind == "EVENT":
            self._event(message)
        elif kind == "GAP":
            self.heard.gaps.append(message)
            self.place = {"epoch": message["epoch"], "offset": message["to"]}
        elif kind == "CAUGHT_UP":
            self.place = {"epoch": message["epoch"], "offset": message["offset"]}
            if not message["complete"]:
                return True
            self.ready.set()
        elif kind in {"ERROR", "UNSUBSCRIBED"}:
            self.heard.strange.append(json.dumps(message))
        return False

    def _subscribed(self, result: dict[str, Any]) -> None:
        if not result["ok"]:
            self.heard.strange.append(json.dumps(result))
        elif self.place is None:
            self.place = {"epoch": result["epoch"], "offset": result["offset"]}

    def _event(self, message: dict[str, Any]) -> None:
        assert self.place is not None
        if message["topic"] != self.topic or message["offset"] != self.place["offset"] + 1:
            self.heard.strange.append(f"{message['offset']} after {self.place['offset']}")
        self.place["offset"] = message["offset"]
        self.heard.event(message)


async def all_ready(followers: list[Follower], *, seconds: float = 20) -> None:
    """Wait until everybody listens."""
    async with asyncio.timeout(seconds):
        await asyncio.gather(*(one.ready.wait() for one in followers))


@asynccontextmanager
async def following(followers: list[Follower]) -> AsyncIterator[list[Follower]]:
    """All of them, listening, until the block ends."""
    async with asyncio.TaskGroup() as group:
        for one in followers:
            group.create_task(one.__aenter__())
    try:
        await all_ready(followers)
        yield followers
    finally:
        for one in followers:
            await one.__aexit__()
