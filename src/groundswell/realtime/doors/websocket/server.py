"""The WebSockets of this process: which path serves whom, how many, and how they end."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from math import ceil
from typing import Any, Final

import msgspec
import uvicorn
from uvicorn.server import ServerState
from websockets.datastructures import Headers, MultipleValuesError
from websockets.extensions import ServerExtensionFactory
from websockets.http11 import Request, Response

from groundswell.contract.errors import (
    GroundswellError,
    Invalid,
    NotFound,
    Unavailable,
)
from groundswell.http.problems import PROBLEM_JSON, headers_of, problem_of
from groundswell.realtime.codes import CloseCode
from groundswell.realtime.doors.websocket.endpoint import Endpoints, Upgrade
from groundswell.realtime.doors.websocket.frames import DEFLATE
from groundswell.realtime.doors.websocket.framing import Framing
from groundswell.realtime.doors.websocket.limits import Limits, TokenBucket
from groundswell.realtime.doors.websocket.socket import State, WebSocket

logger = logging.getLogger(__name__)

LOOKS: Final = 4
"""How often a silent connection is looked at before it is pinged: more often is more exact."""

PARTS: Final = 64
"""Parts of all connections that are looked at in turn, so that pings do not come all at once."""

AT_ONCE: Final = 1_000
"""Connections written to before anything else has its turn."""

RETRY_SECONDS: Final = 5
FIRST_MESSAGE: Final = 65_536
"""What a message may have until an endpoint says otherwise."""


@dataclass(frozen=True, slots=True)
class WebSocketStatistics:
    """Present ``connections``; the rest counts since the start.

    ``refused`` counts by HTTP status, ``closed`` by close code (0 where none was said).
    """

    connections: int
    accepted: int
    refused: dict[int, int]
    closed: dict[int, int]


@dataclass(slots=True)
class PathStatistics:
    """What became of the WebSockets at one path, since the start."""

    accepted: int = 0
    refused: Counter[int] = field(default_factory=Counter)
    closed: Counter[int] = field(default_factory=Counter)


class WebSocketServer:
    """Serves ``endpoints``, by path, on the port of uvicorn's HTTP.

    Give ``protocol`` to ``uvicorn.Config`` as ``ws``, run ``run`` beside it, and let ``drain`` be
    among the drains of its server. ``deflate`` lets clients ask for permessage-deflate.
    """

    def __init__(
        self, endpoints: Endpoints, limits: Limits | None = None, *, deflate: bool = False
    ) -> None:
        self.limits = limits or Limits()
        self._endpoints = endpoints
        self._extensions: Sequence[ServerExtensionFactory] | None = [DEFLATE] if deflate else None
        self._bucket = TokenBucket(self.limits.accept_rate, self.limits.accept_burst)
        self._patience = ceil(self.limits.answer * LOOKS / self.limits.silence)
        self._sockets: set[WebSocket] = set()
        self._written: list[WebSocket] = []
        self._uvicorn: set[Any] = set()
        self._answering: set[asyncio.Task[None]] = set()
        self._all_gone = asyncio.Event()
        self._draining = False
        self._paths = {path: PathStatistics() for path in endpoints}
        self.elsewhere = PathStatistics()

    def protocol(
        self,
        config: uvicorn.Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> WebSocket:
        """Make the protocol of one connection, as uvicorn asks for it."""
        self._uvicorn = server_state.connections
        return WebSocket(self)

    def framing(self) -> Framing:
        """The RFC 6455 state of a new connection."""
        return Framing(self._extensions, FIRST_MESSAGE)

    async def run(self) -> None:
        """Look after silent clients, a few of them at a time."""
        period = self.limits.silence / LOOKS
        while True:
            sockets = tuple(self._sockets)
            for part in range(PARTS):
                for socket in sockets[part::PARTS]:
                    self._look_at(socket)
                await asyncio.sleep(period / PARTS)

    async def drain(self, patience: float = 5.0) -> None:
        """Take no more clients, and wait until those that are here have gone.

        Whoever serves them tells them to go; after ``patience`` seconds the rest are told so
        here, and cut off if they still stay.
        """
        self._draining = True
        await self._until_all_gone(patience)
        for socket in tuple(self._sockets):
            socket.shutdown()
        await self._until_all_gone(1.0)
        for socket in tuple(self._sockets):
            socket.abort()

    def statistics(self) -> WebSocketStatistics:
        """How many are connected, and what became of the others."""
        paths = (*self._paths.values(), self.elsewhere)
        return WebSocketStatistics(
            len(self._sockets),
            sum(path.accepted for path in paths),
            dict(sum((path.refused for path in paths), Counter[int]())),
            dict(sum((path.closed for path in paths), Counter[int]())),
        )

    def at(self, path: str) -> PathStatistics:
        """The figures of one path; those of all paths that nobody serves are counted together."""
        return self._paths.get(path, self.elsewhere)

    # What a connection tells

    def made(self, socket: WebSocket) -> None:
        """A connection asks to be a WebSocket."""
        self._sockets.add(socket)
        self._uvicorn.add(socket)

    def written(self, socket: WebSocket) -> None:
        """Something is to leave at the end of this turn."""
        self._written.append(socket)
        if len(self._written) == 1:
            asyncio.get_running_loop().call_soon(self._write_out)

    def requested(self, socket: WebSocket, request: Request) -> None:
        """Its request was read. Until it is answered, nothing more is."""
        task = asyncio.get_running_loop().create_task(self._answer(socket, request))
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    def lost(self, socket: WebSocket) -> None:
        """A connection is over."""
        self._sockets.discard(socket)
        self._uvicorn.discard(socket)
        if socket.accepted:
            socket.figures.closed[socket.close_code or 0] += 1
        if not self._sockets:
            self._all_gone.set()

    def _write_out(self) -> None:
        """Write some of what waits; a broadcast to thousands lets others have their turn."""
        now, self._written = self._written[:AT_ONCE], self._written[AT_ONCE:]
        if self._written:
            asyncio.get_running_loop().call_soon(self._write_out)
        for socket in now:
            socket.write_out()

    async def _answer(self, socket: WebSocket, request: Request) -> None:
        try:
            socket.figures = self.at(request.path.partition("?")[0])
            await self._admit(socket, request)
        except GroundswellError as error:
            self._refuse(socket, error)
        except TimeoutError:
            self._refuse(socket, Unavailable("This took too long.", RETRY_SECONDS))
        except Exception:
            logger.exception("A WebSocket could not be opened.")
            self._refuse(socket, GroundswellError())
        finally:
            # The library's parser holds on to the request for as long as the connection lives.
            request.headers.clear()

    async def _admit(self, socket: WebSocket, request: Request) -> None:
        if self._draining or len(self._sockets) > self.limits.connections:
            raise Unavailable("No more live connections can be taken now.", RETRY_SECONDS)
        if not self._bucket.take():
            raise Unavailable("Too many connections come at once.", RETRY_SECONDS)
        response = socket.handshake(request)
        if response.status_code != HTTPStatus.SWITCHING_PROTOCOLS:
            socket.figures.refused[response.status_code] += 1
            socket.refuse(response)
            return
        upgrade = _upgrade(socket, request)
        endpoint = self._endpoints.get(upgrade.path)
        if endpoint is None:
            raise NotFound("There is no WebSocket at this address.")
        async with asyncio.timeout(self.limits.handshake):
            admission = await endpoint.admit(upgrade)
        if socket.state is not State.CONNECTING:
            return
        if admission.subprotocol is not None:
            response.headers["Sec-WebSocket-Protocol"] = admission.subprotocol
        socket.figures.accepted += 1
        socket.accept(response, endpoint.max_message)
        socket.serve(admission.open(socket))

    def _refuse(self, socket: WebSocket, error: GroundswellError) -> None:
        problem = problem_of(error)
        socket.figures.refused[problem.status] += 1
        body = msgspec.json.encode(problem)
        headers = Headers(
            {
                **headers_of(error),
                "Content-Type": PROBLEM_JSON,
                "Content-Length": str(len(body)),
                "Connection": "close",
            }
        )
        socket.refuse(Response(problem.status, HTTPStatus(problem.status).phrase, headers, body))

    def _look_at(self, socket: WebSocket) -> None:
        if socket.state is State.OPEN:
            socket.silent += 1
            if socket.silent == LOOKS:
                socket.ping()
            elif socket.silent > LOOKS + self._patience:
                socket.close(CloseCode.NO_PONG, "no pong")

    async def _until_all_gone(self, seconds: float) -> None:
        if self._sockets:
            self._all_gone.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._all_gone.wait(), seconds)


def _upgrade(socket: WebSocket, request: Request) -> Upgrade:
    try:
        return Upgrade(request, socket.client, secure=socket.secure)
    except (ValueError, MultipleValuesError) as error:
        raise Invalid(f"The request cannot be understood: {error}") from None
