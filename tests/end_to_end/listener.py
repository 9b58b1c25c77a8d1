"""A client of the event streams that keeps everything it hears and can come back where it was."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from typing import Any

import httpx

from tests.end_to_end.service import Service
from tests.unit.realtime.event_stream import EventStreamReader

SOON = 2.0
"""Within so many seconds of the answer, everybody who listens knows."""


class Listener:
    """Listens while its block lasts; `connect` again resumes after the id heard last."""

    def __init__(self, service: Service, path: str, **headers: str) -> None:
        self._service = service
        self._path = path
        self._headers = headers
        self._stack = AsyncExitStack()
        self._reading: asyncio.Task[None] | None = None
        self._arrived = asyncio.Event()
        self.reader = EventStreamReader()
        self.answer: httpx.Response | None = None

    async def __aenter__(self) -> Listener:
        await self.connect()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.disconnect()

    async def connect(self) -> None:
        """Listen, and wait until the past is told."""
        await self.disconnect()
        self.reader.reconnect()
        told = len(self.reader.named("CAUGHT_UP"))
        resume = {"last-event-id": last} if (last := self.reader.last_event_id) else {}
        client = await self._stack.enter_async_context(
            self._service.client(headers=self._headers | resume)
        )
        stream = client.stream("GET", self._path, timeout=60)
        self.answer = await self._stack.enter_async_context(stream)
        assert self.answer.status_code == 200
        self._reading = asyncio.create_task(self._read(self.answer))
        await self.until(lambda: len(self.reader.named("CAUGHT_UP")) > told, seconds=10)

    async def disconnect(self) -> None:
        """Go away, as somebody whose network is gone does."""
        if self._reading is not None:
            self._reading.cancel()
            with suppress(asyncio.CancelledError):
                await self._reading
        with suppress(httpx.TransportError):
            await self._stack.aclose()

    @property
    def connected(self) -> bool:
        """Whether the server still talks."""
        return self._reading is not None and not self._reading.done()

    async def until(self, condition: Callable[[], object], *, seconds: float = SOON) -> None:
        """Wait until what was heard fulfils the condition."""
        async with asyncio.timeout(seconds):
            while not condition():
                self._arrived.clear()
                await self._arrived.wait()

    def events(self, event_type: str = "", topic: str | None = None) -> list[dict[str, Any]]:
        """The data of the EVENTs of a type, or whose type begins so."""
        return [
            message.data["data"]
            for message in self.reader.named("EVENT")
            if message.data["data"]["eventType"].startswith(event_type)
            and topic in {None, message.data["topic"]}
        ]

    async def _read(self, answer: httpx.Response) -> None:
        with suppress(httpx.TransportError):
            async for chunk in answer.aiter_raw():
                self.reader.feed(chunk)
                self._arrived.set()
