"""A client of server-sent events that reads as the standard says."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from groundswell.conformance.examining import examine
from groundswell.conformance.kit import Kit
from groundswell.conformance.transcript import Transcript
from groundswell.conformance.verdicts import Failed

PATIENCE = 10.0
OWN = ("activity",)
"""Events that are no messages of the protocol."""


@dataclass(frozen=True, slots=True)
class Block:
    """One event of a stream; ``last_id`` is what a browser would send when it reconnects."""

    name: str
    text: str
    last_id: str

    @property
    def data(self) -> Any:
        """The JSON in it."""
        return json.loads(self.text)


class EventStream:
    """The events of one answer."""

    def __init__(self, answer: httpx.Response, transcript: Transcript, name: str) -> None:
        self._lines = _lines(answer)
        self._transcript = transcript
        self._name = name
        self.comments = 0
        self.retry: int | None = None
        self.last_id = ""

    async def next(self, within: float = PATIENCE) -> Block:
        """The next event.

        Raises:
            Failed: none comes, or the stream ends.
        """
        try:
            async with asyncio.timeout(within):
                return await self._read()
        except TimeoutError:
            raise Failed(f"an event should come within {within:g} s") from None

    async def until(self, name: str, within: float = PATIENCE, **fields: Any) -> Block:
        """The next event of this name with these fields in its data."""
        ends = asyncio.get_running_loop().time() + within
        while True:
            block = await self.next(max(0.001, ends - asyncio.get_running_loop().time()))
            if block.name == name and all(block.data.get(k) == v for k, v in fields.items()):
                return block

    async def comment(self, within: float) -> None:
        """Wait for a comment."""
        had = self.comments
        try:
            async with asyncio.timeout(within):
                while self.comments == had:
                    await self._line()
        except TimeoutError:
            raise Failed(f"a comment should come within {within:g} s") from None

    async def _read(self) -> Block:
        name = "message"
        data: list[str] = []
        while True:
            field, value = await self._line()
            if field is None:
                if data:
                    return self._block(name, "\n".join(data))
                name, data = "message", []
            elif field == "event":
                name = value
            elif field == "data":
                data.append(value)

    async def _line(self) -> tuple[str | None, str]:
        try:
            line = await anext(self._lines)
        except StopAsyncIteration:
            raise Failed("the stream should go on, and it ended") from None
        if not line:
            return None, ""
        self._transcript.note(self._name, "←", line)
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "":
            self.comments += 1
        elif field == "id":
            self.last_id = value
        elif field == "retry":
            self.retry = int(value)
        return field, value

    def _block(self, name: str, text: str) -> Block:
        if name not in OWN:
            examine(json.loads(text))
        return Block(name, text, self.last_id)


@asynccontextmanager
async def listening(kit: Kit, path: str, **more: Any) -> AsyncIterator[EventStream]:
    """A stream of events.

    Raises:
        Failed: the answer is none.
    """
    name = kit.transcript.name("sse")
    kit.transcript.note(name, "→", f"GET {path}")
    async with kit.site.stream(path, timeout=httpx.Timeout(10, read=120), **more) as answer:
        kind = answer.headers.get("content-type", "")
        if answer.status_code != httpx.codes.OK or not kind.startswith("text/event-stream"):
            raise Failed(f"{path} should be a stream, and was answered {answer.status_code} {kind}")
        yield EventStream(answer, kit.transcript, name)


async def _lines(answer: httpx.Response) -> AsyncIterator[str]:
    """Lines as the standard has them: a line separator of Unicode is none."""
    rest = ""
    async for text in answer.aiter_text():
        *lines, rest = (rest + text).split("\n")
        for line in lines:
            yield line.removesuffix("\r")
