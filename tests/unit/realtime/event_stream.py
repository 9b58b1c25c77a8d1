"""A reader of event streams, as the HTML standard describes it, and a client without a network."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import msgspec


@dataclass(frozen=True)
class Message:
    """What a browser would hand to a listener."""

    event: str
    data: Any
    last_event_id: str


@dataclass
class Connection:
    """What came over one connection, and the id it was to go on from."""

    last_event_id: str
    messages: list[Message] = field(default_factory=list)


@dataclass
class EventStreamReader:
    """Bytes in, messages out; remembers what an EventSource remembers."""

    last_event_id: str = ""
    retry: int | None = None
    comments: int = 0
    messages: list[Message] = field(default_factory=list)
    connections: list[Connection] = field(default_factory=list)
    _rest: bytes = b""
    _id: str = ""
    _event: str = ""
    _data: list[str] = field(default_factory=list)

    def feed(self, chunk: bytes) -> None:
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        for line in lines:
            self._line(line.decode())

    def named(self, event: str) -> list[Message]:
        return [message for message in self.messages if message.event == event]

    def reconnect(self) -> None:
        """A new connection: what was unfinished in the one before is discarded."""
        self.connections.append(Connection(self.last_event_id))
        self._rest, self._event, self._data = b"", "", []
        self._id = self.last_event_id

    def _line(self, line: str) -> None:
        if not line:
            self._dispatch()
            return
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if not name:
            self.comments += 1
        elif name == "id":
            self._id = value
        elif name == "event":
            self._event = value
        elif name == "data":
            self._data.append(value)
        elif name == "retry":
            self.retry = int(value)
        else:
            raise AssertionError(f"unknown field {line!r}")

    def _dispatch(self) -> None:
        self.last_event_id = self._id
        if self._data:
            data = msgspec.json.decode("\n".join(self._data))
            message = Message(self._event or "message", data, self.last_event_id)
            self.messages.append(message)
            if self.connections:
                self.connections[-1].messages.append(message)
        self._event, self._data = "", []


class AsgiClient:
    """Speaks ASGI to an application in the same loop; can stop reading, and go away."""

    def __init__(self, reader: EventStreamReader | None = None) -> None:
        self.reader = reader or EventStreamReader()
        self.status = 0
        self.headers: dict[str, str] = {}
        self.finished = False
        self._reading = asyncio.Event()
        self._reading.set()
        self._gone = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._torn = 0.0

    def connect(self, app: Any) -> None:
        self.reader.reconnect()
        self._gone.clear()
        self.finished = False
        self._task = asyncio.create_task(app({"type": "http"}, self._receive, self._send))

    @property
    def connected(self) -> bool:
        return self._task is not None and not self._task.done()

    def pause(self) -> None:
        self._reading.clear()

    def resume(self) -> None:
        self._reading.set()

    async def leave(self, torn: float = 0.0) -> None:
        """Go away; of a write under way only the fraction `torn` arrives, of later ones nothing."""
        self._torn = torn
        self._gone.set()
        self._reading.set()
        if self._task is not None:
            await asyncio.wait_for(self._task, 2)

    async def until_closed(self) -> None:
        assert self._task is not None
        await asyncio.wait_for(asyncio.shield(self._task), 2)

    async def _receive(self) -> dict[str, Any]:
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: dict[str, Any]) -> None:
        await self._reading.wait()
        if self._gone.is_set():
            body = message.get("body", b"")
            self.reader.feed(body[: int(len(body) * self._torn)])
            self._torn = 0.0
            return
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            self.reader.feed(message["body"])
            self.finished = not message["more_body"]


async def settle(rounds: int = 30) -> None:
    """Let everything that can go on go on."""
    for _ in range(rounds):
        await asyncio.sleep(0)
