"""Socket.IO on the WebSockets of this service: frames shared by all receivers of an event."""

from __future__ import annotations

from functools import cache

from groundswell.contract.errors import Forbidden, GroundswellError, Invalid, Unavailable
from groundswell.realtime.doors.socketio.engine.admission import WebSocketAdmission
from groundswell.realtime.doors.socketio.engine.handshake import RETRY_AFTER_SECONDS, Refusal
from groundswell.realtime.doors.socketio.engine.websocket import WebSocketTransport
from groundswell.realtime.doors.socketio.engine.wire import PacketOf
from groundswell.realtime.doors.websocket.endpoint import Admission, Nobody, Peer, Upgrade
from groundswell.realtime.doors.websocket.frames import (
    Encode,
    EncodeEvent,
    deflated_text_frame,
    text_frame,
)
from groundswell.realtime.doors.websocket.socket import WebSocket
from groundswell.realtime.messages import Envelope


class SocketIoEndpoint:
    """The WebSockets at the door's path; an ``Endpoint`` of the WebSocket server."""

    def __init__(self, admission: WebSocketAdmission, max_message: int) -> None:
        self.max_message = max_message
        self._admission = admission

    async def admit(self, upgrade: Upgrade) -> Admission:
        """Let the client in.

        Raises:
            GroundswellError: it is refused, by the HTTP answer of that error.
        """
        attach = await self._admission.admit(upgrade.scope, upgrade.query)
        if isinstance(attach, Refusal):
            raise _error(attach)

        def open_(socket: WebSocket) -> Peer:
            transport = attach(NativeWire(socket))
            return Nobody() if transport is None else SocketIoPeer(transport)

        return Admission(open_)


class NativeWire:
    """A ``Wire`` that writes ready frames to the connection's own transport."""

    __slots__ = ("_bits", "_encode_shared", "_frame", "_packet_of", "_socket", "_write")

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket
        self._write = socket.write
        self._bits = socket.deflate_bits
        self._frame = _framing(self._bits)
        self._packet_of: PacketOf | None = None
        self._encode_shared: EncodeEvent = _nothing

    @property
    def pending_bytes(self) -> int:
        """What was written and has not left this process."""
        return self._socket.pending_bytes

    def send_text(self, data: bytes) -> None:
        """Write a text frame."""
        self._write(self._frame(data))

    def send_binary(self, data: bytes) -> None:
        """Write a binary frame."""
        self._socket.send_binary(data)

    def send_shared(self, envelope: Envelope, packet_of: PacketOf) -> None:
        """Write the frame that all receivers with the same compression get."""
        if packet_of is not self._packet_of:
            self._packet_of = packet_of
            self._encode_shared = _frame_of(packet_of, self._bits)
        frame = envelope.encoded(self._encode_shared)
        if frame is not None:
            self._write(frame)

    def close(self, code: int, reason: str) -> None:
        """Start the closing handshake after what was written before."""
        self._socket.close(code, reason)


class SocketIoPeer:
    """Hands what comes over a WebSocket to the session's transport."""

    def __init__(self, transport: WebSocketTransport) -> None:
        self.text = transport.received
        self.binary = transport.received
        self.too_large = transport.too_large
        self.drained = transport.writable
        self.lost = transport.lost


@cache
def _frame_of(packet_of: PacketOf, deflate_bits: int | None) -> EncodeEvent:
    """What makes the frame of an envelope's packet; the same function for the same arguments."""
    frame = _framing(deflate_bits)

    def encode(envelope: Envelope) -> bytes:
        return frame(packet_of(envelope))

    return encode


def _framing(deflate_bits: int | None) -> Encode:
    return text_frame if deflate_bits is None else deflated_text_frame(deflate_bits)


def _nothing(_: Envelope) -> None:
    """Before the first event there is nothing to encode."""


def _error(refusal: Refusal) -> GroundswellError:
    if refusal.status == 503:
        return Unavailable(refusal.message, retry_after=RETRY_AFTER_SECONDS)
    if refusal.status in (401, 403):
        return Forbidden(refusal.message)
    return Invalid(refusal.message)
