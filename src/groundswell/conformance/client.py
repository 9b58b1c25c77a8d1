"""A plain client of the protocol over WebSocket that notes every frame."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from groundswell.conformance.examining import examine
from groundswell.conformance.transcript import Transcript
from groundswell.conformance.verdicts import Failed, fail

PATIENCE = 10.0
"""Seconds within which an answer must come, where the protocol names no other time."""

SUBPROTOCOL = "groundswell.v1"
MOST_BYTES = 4 * 1024 * 1024

Message = dict[str, Any]


class Closed(Failed):
    """The server ended the connection; ``code`` is with which close code."""

    def __init__(self, code: int, waiting_for: str) -> None:
        super().__init__(f"{waiting_for} should come, and the connection was closed with {code}")
        self.code = code


class TurnedAway(Failed):
    """The upgrade was answered with an HTTP status."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the WebSocket should open, and the answer was HTTP {status}")
        self.status = status


class Client:
    """One connection. ``heard`` holds every message, ``raw`` the same as text."""

    def __init__(self, socket: ClientConnection, transcript: Transcript, name: str) -> None:
        self._socket = socket
        self._transcript = transcript
        self._name = name
        self.heard: list[Message] = []
        self.raw: list[str] = []

    @classmethod
    async def open(
        cls, url: str, transcript: Transcript, *, subprotocol: str | None = SUBPROTOCOL, **more: Any
    ) -> Client:
        """Connect; more is whatever ``websockets`` takes.

        Raises:
            TurnedAway: the answer was an HTTP status.
        """
        name = transcript.name("ws")
        transcript.note(name, "→", f"GET {url} {more.get('additional_headers') or ''}")
        offers = None if subprotocol is None else [subprotocol]
        settings = {
            "proxy": None,
            "ping_interval": None,
            "close_timeout": 1,
            "max_size": MOST_BYTES,
        } | more
        try:
            socket = await connect(url, subprotocols=offers, **settings)  # type: ignore[arg-type]
        except InvalidStatus as error:
            transcript.note(name, "■", f"HTTP {error.response.status_code}")
            raise TurnedAway(error.response.status_code) from None
        return cls(socket, transcript, name)

    @property
    def subprotocol(self) -> str | None:
        """What the server chose."""
        return self._socket.subprotocol

    @property
    def socket(self) -> ClientConnection:
        """The connection itself, for what a well-behaved client does not do."""
        return self._socket

    async def say(self, kind: str, **fields: Any) -> None:
        """Send a message."""
        await self.send(json.dumps({"type": kind, **fields}))

    async def send(self, frame: str | bytes) -> None:
        """Send a frame, whatever is in it."""
        self._transcript.note(self._name, "→", frame)
        try:
            await self._socket.send(frame)
        except ConnectionClosed as error:
            raise self._closed(error, "a frame") from None

    async def hear(self, within: float = PATIENCE, *, waiting_for: str = "a message") -> Message:
        """The next message.

        Raises:
            Closed: the connection was ended instead.
            Failed: nothing came, or no message of the protocol.
        """
        try:
            async with asyncio.timeout(within):
                frame = await self._socket.recv()
        except TimeoutError:
            raise Failed(f"{waiting_for} should come within {within:g} s") from None
        except ConnectionClosed as error:
            raise self._closed(error, waiting_for) from None
        self._transcript.note(self._name, "←", frame)
        return self._take(frame)

    async def until(self, kind: str, within: float = PATIENCE, **fields: Any) -> Message:
        """The next message of this type with these fields; others are passed over.

        Raises:
            Closed, Failed: as ``hear``.
        """
        shown = " ".join([kind, *(f"{name}={value!r}" for name, value in fields.items())])
        ends = asyncio.get_running_loop().time() + within
        while True:
            left = ends - asyncio.get_running_loop().time()
            message = await self.hear(max(left, 0.001), waiting_for=shown)
            if message["type"] == kind and all(
                message.get(name) == value for name, value in fields.items()
            ):
                return message

    async def ask(self, kind: str, answer: str, **fields: Any) -> Message:
        """Send a request and wait for its answer, which must be of this type.

        Raises:
            Failed: something else answers the request.
        """
        ref = fields.setdefault("ref", f"r{len(self.heard)}-{kind[:20]}")
        await self.say(kind, **fields)
        while True:
            message = await self.hear(waiting_for=f"{answer} in answer to {kind}")
            if message.get("ref") == ref:
                if message["type"] != answer:
                    fail(f"{kind} should be answered by {answer}", message)
                return message

    async def refused(self, kind: str, code: int, **fields: Any) -> Message:
        """Send a request that must be refused with this error; the connection must stay."""
        error = await self.ask(kind, "ERROR", **fields)
        if error["code"] != code:
            fail(f"{kind} should be refused with {code}", error)
        await self.alive()
        return error

    async def alive(self) -> None:
        """Make sure that the connection still answers."""
        await self.ask("PING", "PONG")

    async def hello(self, **fields: Any) -> Message:
        """Open the session; the WELCOME."""
        await self.say("HELLO", protocol=1, **fields)
        return await self.until("WELCOME")

    async def subscribe(self, *topics: str, **options: Any) -> dict[str, Message]:
        """Subscribe; the results by topic."""
        answer = await self.ask("SUBSCRIBE", "SUBSCRIBED", topics=list(topics), options=options)
        found: dict[str, Message] = answer["topics"]
        return found

    async def hold(self, topic: str, **options: Any) -> Message:
        """Subscribe to one topic and hear its past; its result, which must be good."""
        result = (await self.subscribe(topic, **options))[topic]
        if not result["ok"]:
            fail(f"{topic} should be heard", result)
        await self.until("CAUGHT_UP", topic=topic)
        return result

    async def past(self, topic: str) -> list[Message]:
        """What is told of the topic until and with CAUGHT_UP, batches taken apart."""
        start = len(self.heard)
        await self.until("CAUGHT_UP", topic=topic)
        return [one for one in unpacked(self.heard[start:]) if one.get("topic") == topic]

    async def events(self, topic: str, count: int, within: float = PATIENCE) -> list[Message]:
        """The next so many EVENTs of the topic, batches taken apart."""
        found: list[Message] = []
        async with asyncio.timeout(within + 5):
            while len(found) < count:
                heard = await self.hear(within, waiting_for=f"{count} EVENTs of {topic}")
                found += [
                    one
                    for one in unpacked([heard])
                    if one["type"] == "EVENT" and one["topic"] == topic
                ]
        return found

    async def quiet(self, seconds: float) -> list[Message]:
        """Everything that comes in this time, batches taken apart."""
        start = len(self.heard)
        ends = asyncio.get_running_loop().time() + seconds
        while (left := ends - asyncio.get_running_loop().time()) > 0:
            try:
                async with asyncio.timeout(left):
                    frame = await self._socket.recv()
            except TimeoutError:
                break
            except ConnectionClosed as error:
                raise self._closed(error, "nothing") from None
            self._transcript.note(self._name, "←", frame)
            self._take(frame)
        return list(unpacked(self.heard[start:]))

    async def end(self, within: float = PATIENCE) -> int:
        """The close code with which the server ends the connection.

        Raises:
            Failed: it does not.
        """
        try:
            async with asyncio.timeout(within):
                while True:
                    frame = await self._socket.recv()
                    self._transcript.note(self._name, "←", frame)
                    self._take(frame)
        except TimeoutError:
            raise Failed(f"the connection should be closed within {within:g} s") from None
        except ConnectionClosed as error:
            return self._closed(error, "").code

    async def leave(self) -> None:
        """Close the connection."""
        await self._socket.close()

    def _take(self, frame: str | bytes) -> Message:
        if isinstance(frame, bytes):
            raise Failed("messages come in text frames, and a binary one came")
        try:
            message = json.loads(frame)
        except ValueError:
            raise Failed(f"a frame is one JSON object, and this came: {frame[:200]!r}") from None
        self.raw.append(frame)
        self.heard.append(examine(message))
        return self.heard[-1]

    def _closed(self, error: ConnectionClosed, waiting_for: str) -> Closed:
        code = error.rcvd.code if error.rcvd is not None else 1006
        reason = error.rcvd.reason if error.rcvd is not None else ""
        self._transcript.note(self._name, "■", f"closed with {code} {reason}")
        return Closed(code, waiting_for)


def unpacked(messages: list[Message]) -> Iterator[Message]:
    """The messages, with those inside a BATCH in its place."""
    for one in messages:
        if one["type"] == "BATCH":
            yield from one["messages"]
        else:
            yield one
