"""A follower for each door: WebSocket, SSE, long-poll, Socket.IO over WebSocket and by polling."""

from __future__ import annotations

import asyncio
import json

import aiohttp

from tests.soak.following import IDLE_SECONDS, Conversation, Follower
from tests.unit.realtime.event_stream import EventStreamReader

POLL_MS = 1_000


class OverWebSocket(Conversation):
    """The protocol as it is."""

    door = "WebSocket"

    async def listen(self, session: aiohttp.ClientSession) -> None:
        async with asyncio.timeout(IDLE_SECONDS * 2):
            socket = await session.ws_connect("/v1/realtime", max_msg_size=0, timeout=CLOSING)
        self.connections += 1
        hello = {"type": "HELLO", "protocol": 1, "clientId": f"c{id(self)}", "features": ["ping"]}
        await socket.send_json(hello)
        await socket.send_json({"type": "SUBSCRIBE", **self.request()})
        asked = False
        while True:
            try:
                async with asyncio.timeout(IDLE_SECONDS):
                    frame = await socket.receive()
            except TimeoutError:
                if asked:
                    raise
                asked = True
                await socket.send_json({"type": "PING"})
                continue
            if frame.type is not aiohttp.WSMsgType.TEXT:
                self._ended(socket)
                return
            asked = False
            message = json.loads(frame.data)
            if message["type"] == "PING":
                await socket.send_json({"type": "PONG"})
            elif self.told(message):
                await socket.send_json({"type": "SUBSCRIBE", **self.request()})

    def _ended(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        if socket.close_code in {None, 1006}:
            self.losses += 1
        else:
            self.farewells.append(f"close {socket.close_code}")


CLOSING = aiohttp.ClientWSTimeout(ws_close=0.5)


class OverEvents(Follower):
    """Server-sent events; the browser's `EventSource` by hand."""

    door = "SSE"

    def __init__(self, *about: object) -> None:
        super().__init__(*about)  # type: ignore[arg-type]
        self._reader = EventStreamReader()
        self._taken = 0

    async def listen(self, session: aiohttp.ClientSession) -> None:
        self._reader.reconnect()
        self.heard.resumed = True
        known = self._reader.last_event_id
        headers = {"last-event-id": known} if known else {}
        async with asyncio.timeout(IDLE_SECONDS * 2):
            answer = await session.get(f"/v1/stream?topics={self.topic}", headers=headers)
        answer.raise_for_status()
        self.connections += 1
        while True:
            async with asyncio.timeout(IDLE_SECONDS):
                chunk = await answer.content.readany()
            if not chunk:
                self.farewells.append("end of stream")
                return
            self._reader.feed(chunk)
            self._take()

    def _take(self) -> None:
        messages = self._reader.messages
        for message in messages[self._taken :]:
            if message.event == "EVENT":
                self.heard.event(message.data)
            elif message.event == "GAP":
                self.heard.gaps.append(message.data)
            elif message.event == "CAUGHT_UP":
                self.ready.set()
        self._taken = len(messages)


class OverPolling(Follower):
    """Long-poll: the cursor is all there is to keep."""

    door = "long-poll"

    def __init__(self, *about: object) -> None:
        super().__init__(*about)  # type: ignore[arg-type]
        self._cursor = ""

    async def listen(self, session: aiohttp.ClientSession) -> None:
        if not self._cursor:
            await self._register(session)
        self.connections += 1
        while True:
            query = {"cursor": self._cursor, "waitMs": str(POLL_MS)}
            async with (
                asyncio.timeout(POLL_MS / 1000 + IDLE_SECONDS),
                session.get("/v1/poll", params=query) as answer,
            ):
                answer.raise_for_status()
                body = await answer.json()
            self._cursor = body["cursor"]
            self.ready.set()
            for message in body["messages"]:
                if message["type"] == "EVENT":
                    self.heard.event(message)
                elif message["type"] == "GAP":
                    self.heard.gaps.append(message)

    async def _register(self, session: aiohttp.ClientSession) -> None:
        wanted = {"topics": [self.topic]}
        async with (
            asyncio.timeout(IDLE_SECONDS * 2),
            session.post("/v1/poll/register", json=wanted) as answer,
        ):
            answer.raise_for_status()
            body = await answer.json()
        if not body["topics"][self.topic]["ok"]:
            self.heard.strange.append(json.dumps(body["topics"]))
        self._cursor = body["cursor"]


class OverSocketIo(Conversation):
    """Socket.IO's packets on a WebSocket."""

    door = "Socket.IO"

    async def listen(self, session: aiohttp.ClientSession) -> None:
        async with asyncio.timeout(IDLE_SECONDS * 2):
            address = "/socket.io/?EIO=4&transport=websocket"
            socket = await session.ws_connect(address, max_msg_size=0, timeout=CLOSING)
        self.connections += 1
        await socket.send_str("40")
        while True:
            async with asyncio.timeout(IDLE_SECONDS):
                frame = await socket.receive()
            if frame.type is not aiohttp.WSMsgType.TEXT:
                if socket.close_code in {None, 1006}:
                    self.losses += 1
                else:
                    self.farewells.append(f"close {socket.close_code}")
                return
            for packet in self.packet(frame.data):
                await socket.send_str(packet)

    def packet(self, text: str) -> list[str]:
        """Take one packet of Engine.IO; what to answer."""
        if text == "2":
            return ["3"]
        if text.startswith("40"):
            return [f"42{json.dumps(['subscribe', self.request()])}"]
        if text.startswith("42"):
            _, message = json.loads(text[2:])
            if self.told(message):
                return [f"42{json.dumps(['subscribe', self.request()])}"]
        return []


class OverSocketIoPolling(OverSocketIo):
    """The same packets, fetched and posted one HTTP request after another."""

    door = "Socket.IO polling"

    async def listen(self, session: aiohttp.ClientSession) -> None:
        address = "/socket.io/?EIO=4&transport=polling"
        (opening,) = await self._fetch(session, address)
        address += f"&sid={json.loads(opening[1:])['sid']}"
        self.connections += 1
        await self._post(session, address, ["40"])
        while True:
            for packet in await self._fetch(session, address):
                if packet == "1":
                    self.farewells.append("close packet")
                    return
                if answers := self.packet(packet):
                    await self._post(session, address, answers)

    async def _fetch(self, session: aiohttp.ClientSession, address: str) -> list[str]:
        async with asyncio.timeout(IDLE_SECONDS), session.get(address) as answer:
            answer.raise_for_status()
            return (await answer.text()).split("\x1e")

    async def _post(self, session: aiohttp.ClientSession, address: str, packets: list[str]) -> None:
        async with (
            asyncio.timeout(IDLE_SECONDS),
            session.post(address, data="\x1e".join(packets)) as answer,
        ):
            answer.raise_for_status()


DOORS: tuple[type[Follower], ...] = (
    OverWebSocket,
    OverEvents,
    OverPolling,
    OverSocketIo,
    OverSocketIoPolling,
)
