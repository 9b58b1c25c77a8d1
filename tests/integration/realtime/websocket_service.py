"""WebSockets of a real uvicorn before a gateway that echoes; and a client without manners."""

from __future__ import annotations

import asyncio
import base64
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from litestar.types import Receive, Scope, Send
from websockets.frames import Frame, Opcode

from groundswell.access.principal import Principal
from groundswell.contract.errors import Unauthenticated, Unavailable
from groundswell.http.headers import header
from groundswell.realtime.credentials import Credentials
from groundswell.realtime.doors.serving import AbortableHttpProtocol, DrainingServer
from groundswell.realtime.doors.showing import shown
from groundswell.realtime.doors.websocket import Limits, RealtimeEndpoint, WebSocketServer
from groundswell.realtime.link import Link
from groundswell.realtime.messages import Envelope, Publication

PATH = "/v1/realtime"
TOKEN_ENDS = 1_900_000_000_000_000


@dataclass(eq=False)
class EchoClient:
    """Answers each message with itself, and remembers what its door told it."""

    link: Link
    caller: Principal
    origin: str | None
    credentials: Credentials | None
    received: list[bytes | str] = field(default_factory=list)
    drains: int = 0
    ends: int = 0

    def receive(self, message: bytes | str) -> None:
        if message == "fail":
            raise RuntimeError("a client that fails")
        self.received.append(message)
        self.link.send(message.encode() if isinstance(message, str) else message)

    def drained(self) -> None:
        self.drains += 1

    def gone(self) -> None:
        self.ends += 1


class EchoGateway:
    """Takes everybody while `open`, and writes an event to all."""

    def __init__(self) -> None:
        self.clients: list[EchoClient] = []
        self.open = True

    def connect(
        self,
        link: Link,
        caller: Principal,
        *,
        origin: str | None,
        credentials: Credentials | None = None,
    ) -> EchoClient:
        if not self.open:
            raise Unavailable("The gateway is full.", 1)
        self.clients.append(EchoClient(link, caller, origin, credentials))
        return self.clients[-1]

    @property
    def present(self) -> list[EchoClient]:
        return [client for client in self.clients if not client.ends]

    def publish(self, envelope: Envelope) -> None:
        for client in self.present:
            client.link.send_event(envelope)


def envelope(seq: int = 1, text: str = "hello") -> Envelope:
    data = b'{"eventType":"test.said","text":"%b"}' % text.encode()
    return Envelope(Publication("activity", "test.said", f"msg-{seq}", 0, data, seq), seq, "e")


@dataclass
class WebSocketService:
    """A running server at `url`, and the parts behind it."""

    port: int
    gateway: EchoGateway
    sockets: WebSocketServer
    server: DrainingServer
    stopped: asyncio.Task[None]

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}{PATH}"

    async def stop(self) -> None:
        self.server.should_exit = True
        await self.stopped


async def until(holds: Any, seconds: float = 5) -> None:
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110
            await asyncio.sleep(0.005)


async def caller_of(scope: Scope) -> Principal:
    shown = header(scope, b"authorization")
    if shown == b"Bearer hang":
        await asyncio.sleep(60)
    if shown == b"Bearer wrong":
        raise Unauthenticated("The token is not valid.")
    user = shown.removeprefix(b"Bearer ").decode() if shown else None
    return Principal("user" if user else "visitor", user, "127.0.0.1", None)


async def verify_token(token: str, address: str) -> Credentials:
    return Credentials(Principal("user", token, address, None), expires_at=TOKEN_ENDS)


async def redeem(ticket: str, origin: str | None, caller: Credentials) -> Credentials:
    if ticket != f"for {origin}":
        raise Unauthenticated("The ticket is not valid.")
    return Credentials(Principal("user", "ticket-holder", caller.principal.address, None))


async def _hello(scope: Scope, receive: Receive, send: Send) -> None:
    headers = [(b"content-type", b"text/html"), (b"content-length", b"4")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"<hi>", "more_body": False})


class HastyHttpProtocol(AbortableHttpProtocol):
    """As the real one, in less time."""

    head_seconds = 0.3
    body_seconds = 0.3


@asynccontextmanager
async def websocket_service(
    limits: Limits | None = None, *, deflate: bool = False, **options: Any
) -> AsyncIterator[WebSocketService]:
    """A service on a free port until the block ends."""
    gateway = EchoGateway()
    endpoint = RealtimeEndpoint(gateway, shown(caller_of, verify_token), redeem=redeem, **options)
    sockets = WebSocketServer({PATH: endpoint}, limits, deflate=deflate)

    async def drain() -> None:
        await sockets.drain(0.1)

    config = uvicorn.Config(
        _hello,  # type: ignore[arg-type]
        http=HastyHttpProtocol,
        ws=sockets.protocol,  # type: ignore[arg-type]
        log_level="warning",
        lifespan="off",
        backlog=2048,
    )
    server = DrainingServer(config, (drain,))
    looking = asyncio.create_task(sockets.run())
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listener:
        port = listener.getsockname()[1]
        stopped = asyncio.create_task(server.serve([listener]))
        await until(lambda: server.started)
        yield WebSocketService(port, gateway, sockets, server, stopped)
        server.should_exit = True
        await stopped
    looking.cancel()


class RawClient:
    """Speaks to the socket byte by byte, rightly or wrongly."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def connect(cls, port: int, *, path: str = PATH, upgrade: bool = True) -> RawClient:
        client = cls(*await asyncio.open_connection("127.0.0.1", port))
        if upgrade:
            client.writer.write(handshake(path))
            head = await client.reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 101 "), head
        return client

    def send(self, opcode: Opcode, data: bytes = b"", *, fin: bool = True) -> None:
        self.writer.write(Frame(opcode, data, fin).serialize(mask=True))

    async def frame(self) -> tuple[int, bytes]:
        """The next frame's opcode and payload."""
        first, length = await self.reader.readexactly(2)
        if length == 126:
            length = int.from_bytes(await self.reader.readexactly(2), "big")
        elif length == 127:
            length = int.from_bytes(await self.reader.readexactly(8), "big")
        return first & 0x0F, await self.reader.readexactly(length)

    async def close_code(self) -> int:
        """Reads up to the close frame."""
        async with asyncio.timeout(5):
            while True:
                opcode, data = await self.frame()
                if opcode == Opcode.CLOSE:
                    return int.from_bytes(data[:2], "big")

    async def ended(self) -> bool:
        """Whether the server ended the connection within a while."""
        try:
            async with asyncio.timeout(5):
                while await self.reader.read(65_536):
                    pass
        except ConnectionError:
            return True
        except TimeoutError:
            return False
        return True

    def abort(self) -> None:
        self.writer.transport.abort()

    def shrink_buffer(self, size: int = 4096) -> None:
        """Let the kernel take little for us, so that not reading is felt soon."""
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)

    def stop_reading(self) -> None:
        self.writer.transport.pause_reading()  # type: ignore[attr-defined]


def handshake(path: str = PATH, *, leave_out: str = "", extra: str = "") -> bytes:
    """A request to upgrade."""
    headers = {
        "Host": "127.0.0.1",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
        "Sec-WebSocket-Version": "13",
    }
    headers.pop(leave_out, None)
    lines = [f"{name}: {value}\r\n" for name, value in headers.items()]
    return f"GET {path} HTTP/1.1\r\n{''.join(lines)}{extra}\r\n".encode()
