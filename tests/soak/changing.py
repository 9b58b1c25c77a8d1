"""A client that takes and leaves topics without end, and checks every event it is told."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import defaultdict
from contextlib import suppress
from typing import Any

import aiohttp

from tests.soak.doors import CLOSING

AT_ONCE = 6
"""Topics of one request."""
PAUSE_SECONDS = 0.25
ANSWER_SECONDS = 5.0


class Changer:
    """Resumes each topic from where it left it, so in the end it has heard everything.

    ``strange`` has whatever broke P5: an event of a topic that is not held, one that does not
    follow the one before, a GAP, a refusal.
    """

    def __init__(self, topics: list[str], draw: random.Random) -> None:
        self.changes = 0
        self.answer_seconds: list[float] = []
        self.heard: dict[str, list[int]] = defaultdict(list)
        self.strange: list[str] = []
        self._topics = topics
        self._draw = draw
        self._held: set[str] = set()
        self._places: dict[str, dict[str, Any]] = {}
        self._awaited: set[str] = set()
        self._answered = asyncio.Event()

    async def run(
        self, session: aiohttp.ClientSession, seconds: float, done: asyncio.Event
    ) -> None:
        """Change for so long; then hold everything until ``done``."""
        async with session.ws_connect("/v1/realtime", timeout=CLOSING) as socket:
            reading = asyncio.create_task(self._read(socket))
            end = time.monotonic() + seconds
            await self._subscribe(socket, self._topics)
            while time.monotonic() < end:
                await asyncio.sleep(PAUSE_SECONDS)
                some = self._draw.sample(self._topics, AT_ONCE)
                if self._draw.random() < 0.5:
                    await self._unsubscribe(socket, some)
                else:
                    await self._subscribe(socket, some)
            await self._subscribe(socket, self._topics)
            await done.wait()
            reading.cancel()
            with suppress(asyncio.CancelledError):
                await reading

    async def _subscribe(self, socket: aiohttp.ClientWebSocketResponse, topics: list[str]) -> None:
        new = [one for one in topics if one not in self._held]
        if new:
            resume = {one: self._places[one] for one in new if one in self._places}
            options = {"resume": resume}
            await self._request(
                socket, new, {"type": "SUBSCRIBE", "topics": new, "options": options}
            )

    async def _unsubscribe(
        self, socket: aiohttp.ClientWebSocketResponse, topics: list[str]
    ) -> None:
        held = [one for one in topics if one in self._held]
        if held:
            await self._request(socket, held, {"type": "UNSUBSCRIBE", "topics": held})

    async def _request(
        self, socket: aiohttp.ClientWebSocketResponse, topics: list[str], body: dict[str, Any]
    ) -> None:
        """Ask, and wait until every one of the topics was answered."""
        self._awaited = set(topics)
        self._answered.clear()
        begun = time.monotonic()
        await socket.send_json(body)
        async with asyncio.timeout(ANSWER_SECONDS):
            await self._answered.wait()
        self.answer_seconds.append(time.monotonic() - begun)
        self.changes += len(topics)

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for frame in socket:
            message = json.loads(frame.data)
            kind = message["type"]
            if kind == "EVENT":
                self._event(message)
            elif kind == "SUBSCRIBED":
                for topic, result in message["topics"].items():
                    self._subscribed(topic, result)
            elif kind == "UNSUBSCRIBED":
                self._held.discard(message["topic"])
                self._told(message["topic"])
            elif kind in {"ERROR", "GAP"} or message.get("complete") is False:
                self.strange.append(frame.data)

    def _subscribed(self, topic: str, result: dict[str, Any]) -> None:
        if result["ok"]:
            self._held.add(topic)
            place = {"epoch": result["epoch"], "offset": result["offset"]}
            self._places.setdefault(topic, place)
        else:
            self.strange.append(f"{topic}: {result}")
        self._told(topic)

    def _told(self, topic: str) -> None:
        self._awaited.discard(topic)
        if not self._awaited:
            self._answered.set()

    def _event(self, message: dict[str, Any]) -> None:
        topic, offset = message["topic"], message["offset"]
        if topic not in self._held:
            self.strange.append(f"{topic} was told and not held")
            return
        place = self._places[topic]
        if offset != place["offset"] + 1:
            self.strange.append(f"{topic}: {offset} after {place['offset']}")
        place["offset"] = offset
        if message["data"]["eventType"].startswith("engagement.vote."):
            self.heard[topic].append(message["data"]["upvotes"])
