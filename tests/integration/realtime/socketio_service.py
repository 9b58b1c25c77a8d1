"""The Socket.IO door behind a real uvicorn, on either WebSocket implementation, with an echo."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Literal

import aiohttp
import msgspec
import uvicorn

from groundswell.access.principal import Principal
from groundswell.contract.errors import Unauthenticated
from groundswell.http.asgi import ASGIApp, Receive, Scope, Send
from groundswell.http.headers import header
from groundswell.http.middleware import surround
from groundswell.realtime.credentials import Credentials
from groundswell.realtime.doors.serving import AbortableHttpProtocol, DrainingServer
from groundswell.realtime.doors.socketio import EngineOptions, Namespaces, SocketIoDoor
from groundswell.realtime.doors.socketio.connection import Handler, Join, Socket
from groundswell.realtime.doors.websocket.server import WebSocketServer

WebSockets = Literal["own", "uvicorn"]
"""The project's own WebSocket protocol, or uvicorn's over ASGI."""

QUICK = EngineOptions(
    ping_interval_ms=300,
    ping_timeout_ms=200,
    max_payload=1_000_000,
    connect_timeout_ms=450,
    close_timeout_ms=100,
)


class Echo:
    """Sends back what it gets, as the conformance tests of the protocol expect of a server."""

    def __init__(self, socket_: Socket, auth: dict[str, Any]) -> None:
        self.socket = socket_
        self.auth = auth
        self.reasons: list[str] = []

    def joined(self) -> None:
        self.socket.accept()
        self.socket.emit("auth", self.auth)

    def event(self, arguments: list[Any], ack: int | None) -> None:
        if ack is not None:
            self.socket.ack(ack, *arguments[1:])
        elif arguments[0] == "leave":
            self.socket.disconnect()
        elif arguments[0] == "end":
            self.socket.close(4200, "restart")
        else:
            self.socket.emit("message-back", *arguments[1:])

    def too_large(self) -> None:
        self.socket.emit("too-large")

    def drained(self) -> None:
        """Nothing waits."""

    def left(self, reason: str) -> None:
        self.reasons.append(reason)


def echoes(_: Credentials, __: str | None) -> Mapping[str, Join]:
    def join(socket_: Socket, auth: dict[str, Any]) -> Handler:
        return Echo(socket_, auth)

    return {"/": join, "/custom": join}


@dataclass
class SocketIoService:
    """A running door at `url`."""

    url: str
    door: SocketIoDoor
    http: aiohttp.ClientSession
    server: DrainingServer

    def address(self, transport: str | None = "polling", sid: str | None = None) -> str:
        told = {"EIO": "4", "transport": transport, "sid": sid}
        query = "&".join(f"{name}={value}" for name, value in told.items() if value is not None)
        return f"{self.url}/socket.io/?{query}"

    async def open_polling(self) -> str:
        """A new session; its id."""
        async with self.http.get(self.address()) as response:
            opening = msgspec.json.decode((await response.read())[1:])
        sid: str = opening["sid"]
        return sid

    async def poll(self, sid: str) -> tuple[int, str]:
        async with self.http.get(self.address(sid=sid)) as response:
            return response.status, await response.text()

    async def post(self, sid: str, body: str | bytes) -> tuple[int, str]:
        async with self.http.post(self.address(sid=sid), data=body) as response:
            return response.status, await response.text()

    def websocket(self, sid: str | None = None) -> Any:
        return self.http.ws_connect(self.address("websocket", sid))


async def _credentials_of(scope: Scope) -> Credentials:
    sent = header(scope, b"authorization")
    if sent is None:
        return Credentials(Principal("visitor", None, "127.0.0.1", None))
    if not sent.startswith(b"Bearer user-"):
        raise Unauthenticated("The token is not valid.")
    return Credentials(Principal("user", sent.decode()[12:], "127.0.0.1", None))


async def _elsewhere(scope: Scope, _: Receive, send: Send) -> None:
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 404, "headers": []})
        await send({"type": "http.response.body", "body": b"elsewhere", "more_body": False})


@asynccontextmanager
async def socketio_service(
    websockets: WebSockets = "own",
    *,
    namespaces: Namespaces = echoes,
    options: EngineOptions = QUICK,
    origins: frozenset[str] = frozenset(),
) -> AsyncIterator[SocketIoService]:
    """A service on a free port until the block ends."""
    door = SocketIoDoor(namespaces, _credentials_of, options=options, origins=origins)
    own = WebSocketServer({"/socket.io/": door.endpoint})
    app: ASGIApp = surround(door.before(_elsewhere), origins=origins, log_requests=False)
    config = uvicorn.Config(
        app,  # type: ignore[arg-type]
        http=AbortableHttpProtocol,
        ws=own.protocol if websockets == "own" else "websockets-sansio",
        log_level="warning",
        lifespan="off",
    )
    server = DrainingServer(config, (door.drain,))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        stopped = asyncio.create_task(server.serve([listener]))
        watching = asyncio.create_task(own.run())
        while not server.started:  # noqa: ASYNC110
            await asyncio.sleep(0.005)
        async with aiohttp.ClientSession() as http:
            yield SocketIoService(f"http://127.0.0.1:{port}", door, http, server)
        server.should_exit = True
        await stopped
        watching.cancel()
