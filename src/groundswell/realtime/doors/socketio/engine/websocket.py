"""The WebSocket transport of one session: first perhaps probing, then carrying."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from groundswell.realtime.doors.socketio.engine.packets import (
    PROBE_ANSWER,
    InvalidPacket,
    Outgoing,
    Packet,
    PacketType,
    decode_frame,
)
from groundswell.realtime.doors.socketio.engine.wire import Carrier, Wire

if TYPE_CHECKING:
    from groundswell.realtime.doors.socketio.engine.session import Session

PROTOCOL_ERROR: Final = 1002
TOO_LARGE: Final = 1009
_PROBE: Final = Packet(PacketType.PING, "probe")


class WebSocketTransport:
    """A ``WireListener`` that hands packets to its session and writes the session's."""

    name: Final = "websocket"

    def __init__(self, session: Session, wire: Wire, *, probing: bool) -> None:
        self._session = session
        self._wire = wire
        self._probing = probing
        self._over = False
        self._gone = False

    @property
    def carrier(self) -> Carrier:
        """Where events for many receivers are written."""
        return self._wire

    def send(self, packet: Outgoing) -> None:
        """Write ``packet`` as one frame."""
        if packet.binary:
            self._wire.send_binary(packet.data)
        else:
            self._wire.send_text(packet.data)

    def close(self, code: int, reason: str) -> None:
        """Close the WebSocket; frames that still come are ignored."""
        if not self._over:
            self._over = True
            self._wire.close(code, reason)

    def received(self, frame: str | bytes) -> None:
        """A frame came."""
        if self._over:
            return
        if _size(frame) > self._session.options.max_payload:
            self.too_large()
            return
        try:
            packet = decode_frame(frame)
        except InvalidPacket:
            self._broken(PROTOCOL_ERROR, "invalid packet")
            return
        if self._probing:
            self._probe(packet)
        else:
            self._session.received(packet)

    def too_large(self) -> None:
        """A frame came that is larger than allowed; it was thrown away."""
        if self._probing:
            self._broken(TOO_LARGE, "frame too large")
        elif not self._over:
            self._session.too_large()

    def writable(self) -> None:
        """What was pending is gone."""
        if not self._probing and not self._gone:
            self._session.drained()

    def lost(self) -> None:
        """The WebSocket is over: nothing more comes, and the session is let go of."""
        if self._gone:
            return
        self._over = self._gone = True
        session = self._session
        del self._session
        if self._probing:
            session.probe_failed(self)
        else:
            session.lost("transport close")

    def _probe(self, packet: Packet) -> None:
        if packet == _PROBE:
            self.send(PROBE_ANSWER)
            self._session.probed(self)
        elif packet.type is PacketType.UPGRADE and self._session.upgrade(self):
            return
        else:
            self._broken(PROTOCOL_ERROR, "invalid probe")

    def carry(self) -> None:
        """The upgrade is accepted: from now on packets are the session's."""
        self._probing = False

    def _broken(self, code: int, reason: str) -> None:
        if self._probing:
            self.close(code, reason)
            self._session.probe_failed(self)
        else:
            self._session.fail(reason, code)


def _size(frame: str | bytes) -> int:
    """Bytes of a frame; an ASCII text has as many as characters."""
    if isinstance(frame, bytes) or frame.isascii():
        return len(frame)
    return len(frame.encode())
