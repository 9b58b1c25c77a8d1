"""Long-polling over HTTP, as plain ASGI."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Final

from groundswell.contract.errors import TooLarge
from groundswell.http.asgi import Receive, Scope, Send
from groundswell.http.body import ClientDisconnected, read_body
from groundswell.realtime.doors.socketio.engine.handshake import (
    BAD_METHOD,
    BAD_REQUEST,
    FORBIDDEN,
    Query,
    Refusal,
    fields_of,
    read_query,
)
from groundswell.realtime.doors.socketio.engine.origins import Headers, Origins
from groundswell.realtime.doors.socketio.engine.packets import InvalidPacket, decode_payload
from groundswell.realtime.doors.socketio.engine.polling import PollingTransport
from groundswell.realtime.doors.socketio.engine.reception import Reception
from groundswell.realtime.doors.socketio.engine.server import EngineServer
from groundswell.realtime.doors.socketio.engine.session import Session

_TEXT: Final = b"text/plain; charset=UTF-8"
_JSON: Final = b"application/json"
_TURNS: Final = 3
"""Of the event loop, in which a server says what it knows of a request already."""

_TOO_LARGE: Final = Refusal(413, 3, "Payload too large")


class LongPolling:
    """Answers the requests of the polling transport."""

    def __init__(self, server: EngineServer, reception: Reception, origins: Origins) -> None:
        self._server = server
        self._reception = reception
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; a client that goes away gets none."""
        if scope["method"] == "OPTIONS":  # type: ignore[typeddict-item]
            await _respond(send, 204, b"", _TEXT, self._origins.preflight(scope))
            return
        try:
            answer = await self._answer(scope, receive, send)
        except ClientDisconnected:
            return
        if isinstance(answer, Refusal):
            headers = [*self._origins.headers(scope), *answer.headers]
            await _respond(send, answer.status, answer.body, _JSON, headers)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> Refusal | None:
        fields = fields_of(scope["query_string"])
        query = read_query(fields)
        if isinstance(query, Refusal):
            return query
        method: str = scope["method"]  # type: ignore[typeddict-item]
        refusal = self._server.refusal(query, method)
        if refusal is not None:
            return refusal
        if query.transport != "polling":
            return BAD_REQUEST
        if query.sid is None:
            return await self._open(scope, fields, send)
        return await self._serve(query, method, scope, receive, send)

    async def _open(self, scope: Scope, fields: dict[str, str], send: Send) -> Refusal | None:
        accept = await self._reception.admit(scope, fields)
        if isinstance(accept, Refusal):
            return accept
        await self._write(scope, send, self._server.open_polling(accept))
        return None

    async def _serve(
        self, query: Query, method: str, scope: Scope, receive: Receive, send: Send
    ) -> Refusal | None:
        session = self._server.polled(query)
        if isinstance(session, Refusal):
            return session
        if not await self._reception.recognises(session, scope):
            return FORBIDDEN
        polling = session.polling
        if polling is None or method not in ("GET", "POST"):
            return BAD_METHOD
        if method == "POST":
            return await self._take(session, polling, scope, receive, send)
        return await self._poll(session, polling, scope, receive, send)

    async def _poll(
        self,
        session: Session,
        polling: PollingTransport,
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> Refusal | None:
        if polling.polling:
            session.fail("overlapping polls")
            return BAD_REQUEST
        with polling.turn():
            session.hurry()
            payload = await _while_connected(session, polling, receive)
            if payload is None:
                return BAD_REQUEST
            await self._write(scope, send, payload)
        session.taken()
        return None

    async def _take(
        self,
        session: Session,
        polling: PollingTransport,
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> Refusal | None:
        if polling.posting:
            session.fail("overlapping posts")
            return BAD_REQUEST
        polling.posting = True
        try:
            packets = decode_payload(
                await read_body(scope, receive, self._server.options.max_payload)
            )
        except TooLarge:
            return _TOO_LARGE
        except InvalidPacket:
            session.fail("parse error")
            return BAD_REQUEST
        finally:
            polling.posting = False
        for packet in packets:
            session.received(packet)
        await self._write(scope, send, b"ok")
        return None

    async def _write(self, scope: Scope, send: Send, body: bytes) -> None:
        await _respond(send, 200, body, _TEXT, self._origins.headers(scope))


async def _while_connected(
    session: Session, polling: PollingTransport, receive: Receive
) -> bytes | None:
    """What the poll gets; a client that leaves in the midst of waiting has left the session.

    Raises:
        ClientDisconnected: it left before anything was taken: what waits is for its next poll.
    """
    if not polling.is_idle:
        if await _has_left(receive):
            raise ClientDisconnected("The client went away before it was answered.")
        return await polling.payload()
    watch = asyncio.create_task(_watch(session, receive))
    try:
        return await polling.payload()
    finally:
        watch.cancel()
        with suppress(asyncio.CancelledError):
            await watch


async def _has_left(receive: Receive) -> bool:
    """Whether the connection of a request is known to be over; nothing is waited for."""
    gone = asyncio.create_task(_gone(receive))
    for _ in range(_TURNS):
        await asyncio.sleep(0)
    if gone.done():
        return True
    gone.cancel()
    with suppress(asyncio.CancelledError):
        await gone
    return False


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _watch(session: Session, receive: Receive) -> None:
    await _gone(receive)
    session.lost("poll closed")


async def _respond(send: Send, status: int, body: bytes, kind: bytes, headers: Headers) -> None:
    length = [] if status == 204 else [(b"content-length", b"%d" % len(body))]
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [
                (b"content-type", kind),
                (b"cache-control", b"no-store"),
                *length,
                *headers,
            ],
        }
    )
    await send({"type": "http.response.body", "body": body, "more_body": False})
