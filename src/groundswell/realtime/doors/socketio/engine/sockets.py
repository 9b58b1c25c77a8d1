"""WebSockets over plain ASGI, for servers whose own WebSocket is used."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from groundswell.http.asgi import Receive, Scope, Send
from groundswell.realtime.doors.socketio.engine.admission import Attach, WebSocketAdmission
from groundswell.realtime.doors.socketio.engine.handshake import Refusal, fields_of
from groundswell.realtime.doors.socketio.engine.wire import PacketOf, WireListener
from groundswell.realtime.messages import Envelope

_DENIAL: Final = "websocket.http.response"
_REFUSED: Final = 1002


class AsgiWire:
    """A ``Wire`` over ``send``: what is sent waits in order and is written by ``run``."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._queue: deque[tuple[Any, int]] = deque()
        self._arrival = asyncio.Event()
        self.pending_bytes = 0
        self._is_closed = False

    def send_text(self, data: bytes) -> None:
        """Write a text frame."""
        self._put({"type": "websocket.send", "text": data.decode()}, len(data))

    def send_binary(self, data: bytes) -> None:
        """Write a binary frame."""
        self._put({"type": "websocket.send", "bytes": data}, len(data))

    def send_shared(self, envelope: Envelope, packet_of: PacketOf) -> None:
        """Write a text frame; ASGI has no way to share more than its text."""
        packet = envelope.encoded(packet_of)
        if packet is not None:
            self.send_text(packet)

    def close(self, code: int, reason: str) -> None:
        """Start the closing handshake after what was written before."""
        self._put({"type": "websocket.close", "code": code, "reason": reason}, 0)
        self._is_closed = True

    async def run(self, writable: Callable[[], None]) -> None:
        """Write what comes until it is closed; ``writable`` hears whenever nothing is left."""
        while True:
            while self._queue:
                message, size = self._queue.popleft()
                await self._send(message)
                self.pending_bytes -= size
                if message["type"] == "websocket.close":
                    return
            writable()
            self._arrival.clear()
            await self._arrival.wait()

    def _put(self, message: dict[str, Any], size: int) -> None:
        if not self._is_closed:
            self._queue.append((message, size))
            self.pending_bytes += size
            self._arrival.set()


class AsgiSockets:
    """Answers the WebSockets of an ASGI server."""

    def __init__(self, admission: WebSocketAdmission) -> None:
        self._admission = admission

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one WebSocket until it is over; a client may be gone before it is answered."""
        await receive()
        attach = await self._admission.admit(scope, fields_of(scope["query_string"]))
        with suppress(OSError):
            if isinstance(attach, Refusal):
                await _deny(scope, send, attach)
                return
            await send({"type": "websocket.accept", "subprotocol": None, "headers": []})
            await _carry(attach, receive, send)


async def _carry(attach: Attach, receive: Receive, send: Send) -> None:
    wire = AsgiWire(send)
    listener = attach(wire)
    writing = asyncio.create_task(wire.run(_nothing if listener is None else listener.writable))
    try:
        await _listen(receive, listener)
    finally:
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
        if listener is not None:
            listener.lost()


async def _listen(receive: Receive, listener: WireListener | None) -> None:
    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            return
        if listener is not None and message["type"] == "websocket.receive":
            text = message.get("text")
            listener.received(message.get("bytes") or b"" if text is None else text)


async def _deny(scope: Scope, send: Send, refusal: Refusal) -> None:
    """Answer the handshake with the refusal, or close where the server cannot say more."""
    if _DENIAL not in (scope.get("extensions") or {}):
        await send({"type": "websocket.close", "code": _REFUSED, "reason": refusal.message})
        return
    body = refusal.body
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(body)),
        *refusal.headers,
    ]
    await send(
        {"type": "websocket.http.response.start", "status": refusal.status, "headers": headers}
    )
    await send({"type": "websocket.http.response.body", "body": body, "more_body": False})


def _nothing() -> None:
    """Nobody waits for it."""
