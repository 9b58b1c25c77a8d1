"""Engine.IO 4 and Socket.IO 5 as plain packets, over polling and over WebSocket."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import urlencode

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from groundswell.conformance.client import Message
from groundswell.conformance.examining import examine
from groundswell.conformance.kit import Kit
from groundswell.conformance.verdicts import Failed, expect, same

PATIENCE = 10.0
PATH = "/socket.io/"
SEPARATOR = "\x1e"
PING, PONG = "2", "3"


def address(transport: str = "polling", **more: str) -> str:
    """The path and query of a request."""
    return f"{PATH}?{urlencode({'EIO': '4', 'transport': transport, **more})}"


async def open_polling(kit: Kit) -> Message:
    """The handshake over polling: what the OPEN packet says."""
    answer = await kit.http("GET", address())
    same(answer.status_code, 200, "the answer to a handshake")
    packet = answer.text
    expect(packet.startswith("0"), "a handshake is answered by an OPEN packet", packet)
    opened: Message = json.loads(packet[1:])
    return opened


async def poll(kit: Kit, sid: str, *, pings: bool = False) -> list[str]:
    """The packets that one poll brings; pings are answered and left out."""
    while True:
        answer = await kit.http("GET", address(sid=sid), timeout=60)
        same(answer.status_code, 200, "the answer to a poll")
        packets = answer.text.split(SEPARATOR)
        if pings or PING not in packets:
            return packets
        await post(kit, sid, PONG)
        if others := [one for one in packets if one != PING]:
            return others


async def post(kit: Kit, sid: str, *packets: str) -> httpx.Response:
    """Send packets over polling."""
    headers = {"content-type": "text/plain;charset=UTF-8"}
    body = SEPARATOR.join(packets).encode()
    return await kit.http("POST", address(sid=sid), content=body, headers=headers)


class EngineSocket:
    """One WebSocket of Engine.IO; pings are answered by themselves."""

    def __init__(self, kit: Kit, socket: ClientConnection) -> None:
        self._kit = kit
        self._socket = socket
        self._name = kit.transcript.name("io")
        self._acks = 0
        self.answers_pings = True

    @classmethod
    async def open(cls, kit: Kit, sid: str | None = None, **more: Any) -> EngineSocket:
        """Connect, to a session that polls if there is one.

        Raises:
            InvalidStatus: the answer was an HTTP status.
        """
        query = {} if sid is None else {"sid": sid}
        url = kit.site.websocket(address("websocket", **query))
        context = connect(url, proxy=None, ping_interval=None, close_timeout=1, **more)
        return cls(kit, await kit.enter(context))

    async def send(self, packet: str | bytes) -> None:
        """Send one packet."""
        self._kit.transcript.note(self._name, "→", packet)
        await self._socket.send(packet)

    async def next(self, within: float = PATIENCE, *, pings: bool = False) -> str | bytes:
        """The next packet that is no ping.

        Raises:
            Failed: none comes, or the connection ends.
        """
        try:
            async with asyncio.timeout(within):
                while (packet := await self._socket.recv()) == PING and not pings:
                    if self.answers_pings:
                        await self._socket.send(PONG)
        except TimeoutError:
            raise Failed(f"a packet should come within {within:g} s") from None
        except ConnectionClosed as error:
            code = error.rcvd.code if error.rcvd else 1006
            raise Failed(f"a packet should come, and it was closed with {code}") from None
        self._kit.transcript.note(self._name, "←", packet)
        return packet

    async def end(self, within: float = PATIENCE) -> int:
        """The code with which the server closes.

        Raises:
            Failed: it does not.
        """
        try:
            async with asyncio.timeout(within):
                while True:
                    await self._socket.recv()
        except TimeoutError:
            raise Failed(f"the session should be closed within {within:g} s") from None
        except ConnectionClosed as error:
            return error.rcvd.code if error.rcvd else 1006

    async def join(self, **auth: Any) -> Message:
        """Both handshakes; what OPEN says."""
        packet = str(await self.next())
        expect(packet.startswith("0"), "a WebSocket begins with an OPEN packet", packet)
        opened: Message = json.loads(packet[1:])
        await self.connect(**auth)
        return opened

    async def connect(self, **auth: Any) -> None:
        """Join the main namespace."""
        await self.send(f"40{json.dumps(auth) if auth else ''}")
        answer = str(await self.next())
        expect(answer.startswith('40{"sid":'), "CONNECT is answered by CONNECT with a sid", answer)

    async def event(self, name: str, **fields: Any) -> Message:
        """The next event of this name with these fields; its one argument."""
        while True:
            packet = str(await self.next())
            if not packet.startswith("42"):
                continue
            told, *arguments = json.loads(packet[2:])
            if name != "close" and told != "close":
                examine(arguments[0])
            if told == name and all(arguments[0].get(k) == v for k, v in fields.items()):
                found: Message = arguments[0]
                return found

    async def ask(self, name: str, **body: Any) -> Message:
        """Emit with an acknowledgement; what it holds."""
        self._acks += 1
        await self.send(f"42{self._acks}{json.dumps([name, body])}")
        while True:
            packet = str(await self.next())
            if packet.startswith(f"43{self._acks}["):
                arguments = json.loads(packet[packet.index("[") :])
                return arguments[0] if arguments else {}


async def turned_away(kit: Kit, path: str) -> int:
    """The HTTP status with which a WebSocket is refused."""
    try:
        async with connect(kit.site.websocket(path), proxy=None, close_timeout=1):
            raise Failed(f"a WebSocket at {path} should be refused, and was accepted")
    except InvalidStatus as error:
        return error.response.status_code
