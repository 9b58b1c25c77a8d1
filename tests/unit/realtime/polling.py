"""A polling door with all that is behind it, and clients that poll it without a network."""

from __future__ import annotations

import asyncio
from random import Random
from typing import Any

import msgspec

from groundswell.realtime.access import TopicAccess
from groundswell.realtime.broker.memory import MemoryBroker
from groundswell.realtime.credentials import Credentials
from groundswell.realtime.doors.polling.door import PollingDoor, Waiter
from groundswell.realtime.gateway.rights import Rights
from groundswell.realtime.hub import Hub
from groundswell.realtime.messages import Publication
from tests.unit.realtime.builders import person
from tests.unit.realtime.recorded_log import RecordedLog


class Members:
    """Who belongs to what."""

    def __init__(self) -> None:
        self.held: set[tuple[str, str | None]] = set()

    async def __call__(self, subject: str, user_id: str | None) -> bool:
        return (subject, user_id) in self.held


class Process:
    """One process: a hub, a broker in memory, and the door; it shares ``log`` with others."""

    def __init__(self, log: RecordedLog | None = None, **options: Any) -> None:
        self.log = log or RecordedLog()
        self.states: dict[str, bytes] = {}
        self.members = Members()
        self.revoked: set[str | None] = set()
        self.rights = Rights(TopicAccess(members=self.members).admit, self.revoked.__contains__)
        self.options = options
        self.restart()

    def restart(self, history_size: int = 300) -> None:
        """Lose what is only in memory."""
        self.hub = Hub()
        self.broker = MemoryBroker(after_seq=self.log.delivered, history_size=history_size)
        self.broker.attach(self.hub.deliver)
        self.door = PollingDoor(
            self.hub,
            self.broker,
            self.log,
            self.states.get,
            self.rights,
            random=Random(7),
            **self.options,
        )

    async def publish(self, *publications: Publication) -> None:
        """As delivery does: what the log holds, and states on top of it."""
        new = [one for one in publications if one.seq > self.log.top and not one.state]
        self.log.publications += new
        await self.broker.publish(publications)
        self.log.delivered = max(self.log.delivered, publications[-1].seq)


class PollingClient:
    """Polls, and remembers everything it was told."""

    def __init__(self, process: Process, caller: Credentials | None = None) -> None:
        self.process = process
        self.caller = caller or person()
        self.cursor = ""
        self.messages: list[dict[str, Any]] = []
        self.topics: dict[str, Any] = {}
        self.next_poll_ms = -1
        self.asked: dict[str, Any] = {}

    async def register(self, *topics: str, **options: Any) -> PollingClient:
        self._take(await self.process.door.register(list(topics), self.caller, **options))
        return self

    async def poll(
        self, wait: float = 0.0, waiter: Waiter | None = None, *, hidden: bool = False
    ) -> list[dict[str, Any]]:
        return self._take(
            await self.process.door.poll(
                self.cursor,
                self.caller,
                waiter or Waiter(),
                wait=wait,
                hidden=hidden,
                **self.asked,
            )
        )

    async def catch_up(self) -> None:
        """Poll until nothing more waits."""
        for _ in range(1_000):
            if not await self.poll() and self.next_poll_ms != 0:
                return
        raise AssertionError("There is no end to what is told.")

    def hold(self, wait: float = 5.0, waiter: Waiter | None = None) -> asyncio.Task[Any]:
        """A poll in the background."""
        return asyncio.create_task(self.poll(wait, waiter))

    def named(self, kind: str) -> list[dict[str, Any]]:
        return [message for message in self.messages if message["type"] == kind]

    @property
    def seqs(self) -> list[int]:
        return [event["seq"] for event in self.named("EVENT")]

    def _take(self, body: bytes) -> list[dict[str, Any]]:
        answer = msgspec.json.decode(body)
        self.cursor = answer["cursor"]
        self.next_poll_ms = answer["nextPollMs"]
        self.topics |= answer.get("topics", {})
        self.messages += answer["messages"]
        return answer["messages"]
