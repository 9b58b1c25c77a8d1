"""A WebSocket that asks to carry a session: a new one, or one that polls until now."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from groundswell.http.asgi import Scope
from groundswell.realtime.doors.socketio.engine.handshake import (
    BAD_REQUEST,
    FORBIDDEN,
    Refusal,
    read_query,
)
from groundswell.realtime.doors.socketio.engine.reception import Reception
from groundswell.realtime.doors.socketio.engine.server import EngineServer
from groundswell.realtime.doors.socketio.engine.websocket import WebSocketTransport
from groundswell.realtime.doors.socketio.engine.wire import Wire

Attach = Callable[[Wire], WebSocketTransport | None]
"""Puts a session on an accepted WebSocket; None if it was closed instead."""

NOT_NEEDED: Final = 1000


class WebSocketAdmission:
    """Decides on WebSockets, whichever server speaks them."""

    def __init__(self, server: EngineServer, reception: Reception) -> None:
        self._server = server
        self._reception = reception

    async def admit(self, scope: Scope, fields: Mapping[str, str]) -> Attach | Refusal:
        """What to do with the WebSocket once it is accepted, or why it is not to be."""
        query = read_query(fields)
        if isinstance(query, Refusal):
            return query
        refusal = self._server.refusal(query, "GET")
        if refusal is not None:
            return refusal
        if query.transport != "websocket":
            return BAD_REQUEST
        if query.sid is not None:
            session = self._server.session(query.sid)
            if session is None or not await self._reception.recognises(session, scope):
                return FORBIDDEN
            return self._upgrade(query.sid)
        accept = await self._reception.admit(scope, fields)
        if isinstance(accept, Refusal):
            return accept
        return lambda wire: self._server.open_websocket(wire, accept)

    def _upgrade(self, sid: str) -> Attach:
        def attach(wire: Wire) -> WebSocketTransport | None:
            probing = self._server.upgrade(sid, wire)
            if probing is None:
                # Accepted first: a refused handshake would surface as an error in clients.
                wire.close(NOT_NEEDED, "the session has its WebSocket")
            return probing

        return attach
