"""Scenario: at least a thousand subscription changes a minute, and what is held is told whole."""

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
from tests.soak.following import Route
from tests.soak.publishing import Votes, votes_on
from tests.soak.report import Report, percentile
from tests.soak.scale import Scale
from tests.soak.service import StartStressed

CHANGERS = 20
TOPICS = 12
AT_ONCE = 6
"""Topics of one request."""
PAUSE_SECONDS = 0.25
WANTED_PER_MINUTE = 1_000
PER_SECOND = 30.0


class Changer:
    """Subscribes and unsubscribes without end, and checks each event against what it holds.

    It resumes each topic from where it left off, so in the end it has heard everything, but for
    what it was not subscribed to at the very end.
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
        self._answers: dict[str, asyncio.Future[None]] = {}
        self._left: dict[str, int] = {}

    async def run(self, session: aiohttp.ClientSession, seconds: float) -> None:
        """Change for so long; then hold everything until all of it was told."""
        async with session.ws_connect("/v1/realtime", timeout=CLOSING) as socket:
            await self._subscribe(socket, self._topics, wait=False)
            reading = asyncio.create_task(self._read(socket))
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                some = self._draw.sample(self._topics, AT_ONCE)
                if self._draw.random() < 0.5:
                    await self._unsubscribe(socket, [one for one in some if one in self._held])
                else:
                    await self._subscribe(socket, some)
                await asyncio.sleep(PAUSE_SECONDS)
            await self._subscribe(socket, self._topics)
            await self._socket_done.wait()
            reading.cancel()
            with suppress(asyncio.CancelledError):
                await reading

    _socket_done: asyncio.Event

    def until(self, done: asyncio.Event) -> Changer:
        """Stay until this is set."""
        self._socket_done = done
        return self

    async def _subscribe(
        self, socket: aiohttp.ClientWebSocketResponse, topics: list[str], *, wait: bool = True
    ) -> None:
        resume = {one: self._places[one] for one in topics if one in self._places}
        new = [one for one in topics if one not in self._held]
        body = {"type": "SUBSCRIBE", "topics": topics, "options": {"resume": resume}}
        if not wait:
            # The first: nothing reads yet.
            await socket.send_json(body)
            return
        await self._request(socket, body, [one for one in new if one])

    async def _unsubscribe(
        self, socket: aiohttp.ClientWebSocketResponse, topics: list[str]
    ) -> None:
        if topics:
            await self._request(socket, {"type": "UNSUBSCRIBE", "topics": topics}, topics)

    async def _request(
        self, socket: aiohttp.ClientWebSocketResponse, body: dict[str, Any], topics: list[str]
    ) -> None:
        ref = f"r{self.changes}-{len(self.answer_seconds)}"
        self._answers[ref] = answered = asyncio.get_running_loop().create_future()
        self._left[ref] = len(topics) if body["type"] == "UNSUBSCRIBE" else 1
        self._pending_unsubscribe = ref if body["type"] == "UNSUBSCRIBE" else None
        begun = time.monotonic()
        await socket.send_json({**body, "ref": ref})
        async with asyncio.timeout(5):
            await answered
        self.answer_seconds.append(time.monotonic() - begun)
        self.changes += len(topics)

    _pending_unsubscribe: str | None = None

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for frame in socket:
            message = json.loads(frame.data)
            kind = message["type"]
            if kind == "EVENT":
                self._event(message)
            elif kind == "SUBSCRIBED":
                for topic, result in message["topics"].items():
                    self._subscribed(topic, result)
                self._done(message.get("ref"))
            elif kind == "UNSUBSCRIBED":
                self._held.discard(message["topic"])
                self._done(self._pending_unsubscribe)
            elif kind in {"ERROR", "GAP"}:
                self.strange.append(frame.data)
            elif kind == "CAUGHT_UP" and not message["complete"]:
                self.strange.append(frame.data)

    def _subscribed(self, topic: str, result: dict[str, Any]) -> None:
        if not result["ok"]:
            self.strange.append(f"{topic}: {result}")
            return
        self._held.add(topic)
        self._places.setdefault(topic, {"epoch": result["epoch"], "offset": result["offset"]})

    def _event(self, message: dict[str, Any]) -> None:
        topic, offset = message["topic"], message["offset"]
        if topic == "system.broadcast":
            return
        place = self._places.get(topic)
        if topic not in self._held or place is None:
            self.strange.append(f"{topic} was told and not held")
            return
        if offset != place["offset"] + 1:
            self.strange.append(f"{topic}: {offset} after {place['offset']}")
        place["offset"] = offset
        if message["data"]["eventType"].startswith("engagement.vote."):
            self.heard[topic].append(message["data"]["upvotes"])

    def _done(self, ref: str | None) -> None:
        if ref is None or ref not in self._answers:
            return
        self._left[ref] -= 1
        if self._left[ref] == 0:
            self._answers.pop(ref).set_result(None)


async def test_a_thousand_changes_a_minute_and_nothing_held_is_missed(
    stressed: StartStressed, sqlite_url: str, stress: Scale, report: Report
) -> None:
    """P5 while topics are taken and left: no event of a topic not held, all of those held."""
    service, draw = stressed(sqlite_url), stress.draw("changes")
    files = [await votes_on(service, f"File {number}") for number in range(TOPICS)]
    topics = [one.topic for one in files]
    changers = [Changer(topics, draw) for _ in range(CHANGERS)]
    done = asyncio.Event()
    async with Route(service.url).session() as session, asyncio.TaskGroup() as group:
        begun = time.monotonic()
        running = [
            group.create_task(one.until(done).run(session, stress.seconds)) for one in changers
        ]
        await asyncio.sleep(0.5)
        publishing = [
            group.create_task(
                one.publish(seconds=stress.seconds - 0.5, per_second=PER_SECOND / TOPICS, at_once=1)
            )
            for one in files
        ]
        await asyncio.wait(publishing)
        changed = sum(one.changes for one in changers)
        took = time.monotonic() - begun
        await until_all_heard(changers, files)
        done.set()
        await asyncio.wait(running)
    per_minute = changed / took * 60
    answers = [one for changer in changers for one in changer.answer_seconds]
    expected = sum(len(one.sent) for one in files) * CHANGERS
    heard = sum(len(numbers) for one in changers for numbers in one.heard.values())
    found = (
        f"{per_minute:,.0f} changes a minute, {heard:,} of {expected:,} events told; "
        f"answers p95 {percentile(answers, 0.95) * 1000:.0f}, "
        f"p99 {percentile(answers, 0.99) * 1000:.0f} ms"
    )
    report.add("subscription load", f"{CHANGERS} clients, {TOPICS} topics", found, "≥ 1,000")
    assert per_minute >= WANTED_PER_MINUTE
    assert [one.strange for one in changers if one.strange] == []
    for one in changers:
        for votes in files:
            assert one.heard[votes.topic] == votes.numbers, votes.topic


async def until_all_heard(changers: list[Changer], files: list[Votes]) -> None:
    """Wait until nothing is missing, or long enough that it is lost."""
    total = sum(len(one.sent) for one in files)
    deadline = time.monotonic() + 10
    while any(sum(map(len, one.heard.values())) < total for one in changers):
        if time.monotonic() > deadline:
            return
        await asyncio.sleep(0.05)
