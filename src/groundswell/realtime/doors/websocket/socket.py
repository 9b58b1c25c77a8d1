"""One WebSocket: bytes from and to its transport, and the peer in this process that it serves."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from enum import IntEnum
from typing import TYPE_CHECKING, Final, cast

from uvicorn.protocols.utils import get_remote_addr, is_ssl
from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.frames import CloseCode as Rfc6455
from websockets.frames import Frame, Opcode
from websockets.http11 import Request, Response
from websockets.protocol import CONNECTING, OPEN

from groundswell.realtime.codes import CloseCode
from groundswell.realtime.doors.websocket.endpoint import Nobody, Peer
from groundswell.realtime.doors.websocket.frames import PING, binary_frame, text_frame
from groundswell.realtime.doors.websocket.framing import Event, TooLarge

if TYPE_CHECKING:
    from groundswell.realtime.doors.websocket.server import WebSocketServer

logger = logging.getLogger(__name__)

MAX_REASON: Final = 123
"""Bytes of a close frame's reason, RFC 6455 5.5.1."""

"""Come back, in the window you were told of."""

_NOBODY: Final = Nobody()


class State(IntEnum):
    """Where a connection stands. What is handed to one that is not open goes nowhere."""

    CONNECTING = 0
    OPEN = 1
    CLOSING = 2
    GONE = 3


# Looking members up in their class would cost a tenth of a delivery.
_OPEN: Final = State.OPEN
_GONE: Final = State.GONE


class WebSocket(asyncio.Protocol):
    """A connection from its upgrade on. Created by uvicorn through ``WebSocketServer.protocol``.

    ``write`` takes frames that are already encoded, so that one frame can go to any number of
    connections as the same bytes. Frames written in one turn of the event loop leave together: the
    system call is by far the dearest part of a delivery. ``silent`` counts the looks at this
    connection since its client last sent anything; its server keeps it and the ``figures``.
    """

    __slots__ = (
        "_framing",
        "_kind",
        "_partial",
        "_peer",
        "_server",
        "_timer",
        "_transport",
        "_waiting",
        "_waiting_bytes",
        "close_code",
        "figures",
        "silent",
        "state",
    )

    def __init__(self, server: WebSocketServer) -> None:
        self._server = server
        self._framing = server.framing()
        self._transport: asyncio.Transport = cast("asyncio.Transport", None)
        self._peer: Peer = _NOBODY
        self._partial: bytearray | None = None
        self._kind = Opcode.TEXT
        self._timer: asyncio.TimerHandle | None = None
        self._waiting: bytes | list[bytes] | None = None
        self._waiting_bytes = 0
        self.close_code: int | None = None
        self.figures = server.elsewhere
        self.silent = 0
        self.state = State.CONNECTING

    # What its peer does with it

    @property
    def pending_bytes(self) -> int:
        """What was written and has not left this process."""
        if self.state is _GONE:
            return 0
        return self._waiting_bytes + self._transport.get_write_buffer_size()

    @property
    def deflate_bits(self) -> int | None:
        """The window that was agreed on for compressed frames; None if they were not."""
        for extension in self._framing.extensions:
            if isinstance(extension, PerMessageDeflate):
                return extension.local_max_window_bits
        return None

    def write(self, frame: bytes) -> None:
        """Write one whole frame, ready as it is, at the end of this turn."""
        if self.state is _OPEN:
            waiting = self._waiting
            if waiting is None:
                # Mostly it stays alone; a list for it would be the dearest part of this.
                self._waiting = frame
                self._server.written(self)
            elif isinstance(waiting, list):
                waiting.append(frame)
            else:
                self._waiting = [waiting, frame]
            self._waiting_bytes += len(frame)

    def send_text(self, message: bytes) -> None:
        """Write a text message, which must be UTF-8."""
        self.write(text_frame(message))

    def send_binary(self, message: bytes) -> None:
        """Write a binary message."""
        self.write(binary_frame(message))

    def ping(self) -> None:
        """Ask for a sign of life."""
        self.write(PING)

    def close(self, code: int, reason: str = "") -> None:
        """Say why after all that was written, and end; a client that does not go is cut off."""
        if self.state is State.OPEN:
            if self._framing.state is OPEN:
                self._framing.send_close(code, _cut(reason))
            # Else the client said goodbye in the same breath, and its answer is on the way.
            self._end(code)
            self._read(on=True)
            self._flush()

    def abort(self) -> None:
        """Cut the connection; what is pending is lost."""
        if self.state < State.GONE:
            self._transport.abort()

    # What the server does with it

    @property
    def client(self) -> tuple[str, int] | None:
        """The address of the other end of the connection."""
        return get_remote_addr(self._transport)

    @property
    def secure(self) -> bool:
        """Whether TLS ends in this process."""
        return is_ssl(self._transport)

    @property
    def accepted(self) -> bool:
        """Whether the upgrade succeeded."""
        return self._framing.state is not CONNECTING

    def handshake(self, request: Request) -> Response:
        """What to answer to ``request`` as far as RFC 6455 is concerned."""
        return self._framing.accept(request)

    def accept(self, response: Response, max_message: int) -> None:
        """Tell the client that it is in."""
        self._framing.allow(max_message)
        self._framing.send_response(response)
        self._flush()
        self.state = State.OPEN
        self._set_timer(None)

    def serve(self, peer: Peer) -> None:
        """Let ``peer`` hear what the client sends from now on."""
        if self.state is State.GONE:
            peer.lost()
            return
        self._peer = peer
        self._read(on=True)

    def write_out(self) -> None:
        """Hand to the transport what was written in this turn."""
        waiting, size = self._waiting, self._waiting_bytes
        if waiting is None:
            return
        self._waiting, self._waiting_bytes = None, 0
        if self.state is _GONE:
            return
        if isinstance(waiting, list):
            self._transport.writelines(waiting)
        else:
            self._transport.write(waiting)
        # Where the transport never felt it, nobody else would tell that there is room again.
        high = self._server.limits.high_water
        if size >= high > self._transport.get_write_buffer_size():
            self._peer.drained()

    def refuse(self, response: Response) -> None:
        """Answer the upgrade with something else."""
        if self.state is State.CONNECTING:
            self._framing.send_response(response)
            self._read(on=True)
            self._flush()

    def shutdown(self) -> None:
        """The server stops; uvicorn knows this method too."""
        if self.state is State.CONNECTING:
            self.abort()
        self.close(CloseCode.RESTART, "restart")

    # What the transport tells

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take over a connection whose upgrade was requested."""
        self._transport = cast("asyncio.Transport", transport)
        limits = self._server.limits
        self._transport.set_write_buffer_limits(limits.high_water, limits.low_water)
        self._set_timer(limits.handshake)
        self._server.made(self)

    def data_received(self, data: bytes) -> None:
        """Parse, answer what RFC 6455 wants answered, and tell the peer the rest."""
        self._framing.receive_data(data)
        events = self._framing.received()
        if events:
            self.silent = 0
            self._handle(events)
        if self._framing.writes:
            self._flush()

    def eof_received(self) -> None:
        """The client sends no more: the transport closes by itself."""

    def pause_writing(self) -> None:
        """The client is slower than what is written."""
        if self.state is State.OPEN:
            self._read(on=False)

    def resume_writing(self) -> None:
        """The client took most of what was pending."""
        self.silent = 0
        if self.state is State.OPEN:
            self._read(on=True)
            self._peer.drained()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        self.state = State.GONE
        self._set_timer(None)
        self._framing.release()
        peer, self._peer = self._peer, _NOBODY
        self._server.lost(self)
        peer.lost()

    def _handle(self, events: Sequence[Event]) -> None:
        for event in events:
            if isinstance(event, Request):
                self._read(on=False)
                self._server.requested(self, event)
            elif self.state is State.OPEN:
                self._tell(event)
        error = self._framing.parser_exc
        if error is not None and self.state < State.CLOSING:
            logger.debug("A WebSocket client broke the protocol: %s", error)

    def _tell(self, event: Frame | TooLarge) -> None:
        try:
            if isinstance(event, TooLarge):
                self._partial = None
                self._peer.too_large()
            elif event.opcode <= Opcode.BINARY:
                self._take(event)
        except Exception:
            logger.exception("A WebSocket's peer failed; its connection is closed.")
            self.close(Rfc6455.INTERNAL_ERROR, "internal error")

    def _take(self, frame: Frame) -> None:
        """A data frame: a message, or a part of one. Its size was bounded before."""
        if frame.opcode != Opcode.CONT:
            self._kind = frame.opcode
            if frame.fin:
                self._message(bytes(frame.data))
                return
            self._partial = bytearray()
        if self._partial is not None:
            self._partial += frame.data
            if frame.fin:
                whole, self._partial = bytes(self._partial), None
                self._message(whole)

    def _message(self, data: bytes) -> None:
        if self._kind is Opcode.BINARY:
            self._peer.binary(data)
            return
        try:
            text = data.decode()
        except UnicodeDecodeError:
            self._framing.fail(Rfc6455.INVALID_DATA, "not UTF-8")
        else:
            self._peer.text(text)

    def _flush(self) -> None:
        """Write what the protocol has to say; an empty piece is the end of the stream."""
        self.write_out()
        for data in self._framing.data_to_send():
            if data:
                self._transport.write(data)
            else:
                self._end(self._code())
                self._finish()

    def _code(self) -> int | None:
        """With which code this connection ends: ours if we said one first."""
        framing = self._framing
        said = framing.close_sent if framing.parser_exc else framing.close_rcvd
        return self.close_code or (None if said is None else said.code)

    def _finish(self) -> None:
        """End the stream. A client that did not say goodbye may still be sending: closing would
        discard that by a reset, which can overtake our last words.
        """
        if self._framing.close_rcvd is None and self._transport.can_write_eof():
            self._transport.write_eof()
        else:
            self._transport.close()

    def _read(self, *, on: bool) -> None:
        if not self._transport.is_closing():
            if on:
                self._transport.resume_reading()
            else:
                self._transport.pause_reading()

    def _end(self, code: int | None) -> None:
        if self.state < State.CLOSING:
            self.state = State.CLOSING
            self.close_code = code
            self._set_timer(self._server.limits.goodbye)

    def _set_timer(self, seconds: float | None) -> None:
        """Cut the connection after so many seconds, or not."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = (
            None if seconds is None else asyncio.get_running_loop().call_later(seconds, self.abort)
        )


def _cut(reason: str) -> str:
    return reason.encode()[:MAX_REASON].decode(errors="ignore")
