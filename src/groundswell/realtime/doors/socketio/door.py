"""The Socket.IO door: all of it at one path, over HTTP and WebSocket."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import Any, Final, cast

from groundswell.http.asgi import ASGIApp, Receive, Scope, ScopeType, Send
from groundswell.realtime.credentials import Credentials
from groundswell.realtime.doors.showing import CredentialsOf
from groundswell.realtime.doors.socketio.client import GatewayClient
from groundswell.realtime.doors.socketio.connection import Connection, Handler, Join, Socket
from groundswell.realtime.doors.socketio.engine.admission import WebSocketAdmission
from groundswell.realtime.doors.socketio.engine.http import LongPolling
from groundswell.realtime.doors.socketio.engine.options import EngineOptions
from groundswell.realtime.doors.socketio.engine.origins import Origins
from groundswell.realtime.doors.socketio.engine.reception import Reception
from groundswell.realtime.doors.socketio.engine.server import EngineServer, EngineStatistics
from groundswell.realtime.doors.socketio.engine.session import Session
from groundswell.realtime.doors.socketio.engine.sockets import AsgiSockets
from groundswell.realtime.doors.socketio.native import SocketIoEndpoint
from groundswell.realtime.doors.socketio.packets import MAIN
from groundswell.realtime.link import Gateway

PATH: Final = "/socket.io/"
_SOCKET_ID_BYTES: Final = 15

Namespaces = Callable[[Credentials, str | None], Mapping[str, Join]]
"""Who serves which namespace for a caller, whose page has this origin."""


def gateway_namespaces(gateway: Gateway) -> Namespaces:
    """The main namespace is the gateway; there is no other."""

    def namespaces(caller: Credentials, origin: str | None) -> Mapping[str, Join]:
        def join(socket: Socket, auth: dict[str, Any]) -> Handler:
            return GatewayClient(socket, gateway, caller, auth, origin=origin)

        return {MAIN: join}

    return namespaces


class SocketIoDoor:
    """Engine.IO 4 and Socket.IO 5 at ``PATH``, as an ASGI application and as an ``Endpoint``.

    Args:
        namespaces: what is spoken in each namespace.
        credentials_of: what a request shows; it may raise what refuses the request.
        options: durations and sizes.
        origins: foreign origins whose pages may connect; ``*`` stands for all.
    """

    def __init__(
        self,
        namespaces: Namespaces,
        credentials_of: CredentialsOf,
        *,
        options: EngineOptions | None = None,
        origins: frozenset[str] = frozenset(),
    ) -> None:
        self._namespaces = namespaces
        self._server = EngineServer(options or EngineOptions())
        named = Origins(origins)
        reception = Reception(credentials_of, self._serve, named)
        admission = WebSocketAdmission(self._server, reception)
        self._polling = LongPolling(self._server, reception, named)
        self._sockets = AsgiSockets(admission)
        self.endpoint = SocketIoEndpoint(admission, self._server.options.max_payload)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one HTTP request or one WebSocket."""
        cast("dict[str, Any]", scope)["path_template"] = PATH
        if scope["type"] == ScopeType.HTTP:
            await self._polling(scope, receive, send)
        else:
            await self._sockets(scope, receive, send)

    def before(self, app: ASGIApp) -> ASGIApp:
        """``app`` with this door at its path."""

        async def either(scope: Scope, receive: Receive, send: Send) -> None:
            at_door = scope["type"] in _SERVED and scope["path"] == PATH
            await (self if at_door else app)(scope, receive, send)

        return either

    async def drain(self, patience: float = 2.0) -> None:
        """Take no more sessions and end those that are left within ``patience`` seconds.

        The gateway has told its clients before when to come back.
        """
        await self._server.drain(patience)

    def statistics(self) -> EngineStatistics:
        """How many are connected, and why others no longer are."""
        return self._server.statistics()

    def _serve(self, session: Session, caller: Credentials, origin: str | None) -> Connection:
        return Connection(session, self._namespaces(caller, origin), _socket_id)


_SERVED: Final = (ScopeType.HTTP, ScopeType.WEBSOCKET)


def _socket_id() -> str:
    return secrets.token_urlsafe(_SOCKET_ID_BYTES)
