"""The link of one client on a WebSocket: what is written to it, and what it says."""

from __future__ import annotations

from typing import Final

from groundswell.realtime.codes import CloseCode, Code, error_message
from groundswell.realtime.doors.websocket.messagepack import unpacked
from groundswell.realtime.doors.websocket.notations import (
    PACKED_SUBPROTOCOL,
    Notation,
    as_json,
    as_messagepack,
)
from groundswell.realtime.doors.websocket.socket import WebSocket
from groundswell.realtime.link import Client, Transport
from groundswell.realtime.messages import Envelope

MAX_MESSAGE: Final = 65_536
MAX_OFFENCES: Final = 3
"""How many messages that are too large, or in the wrong frames, cost a client its connection."""

_too_large: Final = error_message(Code.TOO_LARGE, f"A message may have {MAX_MESSAGE} bytes.")
_not_text: Final = error_message(Code.BAD_REQUEST, "Messages are JSON in text frames.")
_not_binary: Final = error_message(Code.BAD_REQUEST, "Messages are MessagePack in binary frames.")


class RealtimeLink:
    """What the gateway writes to one client, and what the client says to the gateway."""

    __slots__ = ("_encode", "_encode_event", "_offences", "_socket", "client")

    client: Client

    def __init__(self, socket: WebSocket, notation: Notation) -> None:
        self._socket = socket
        self._offences = 0
        self._encode, self._encode_event = notation

    # Link

    @property
    def transport(self) -> Transport:
        """Which door this is."""
        return "websocket"

    @property
    def pending_bytes(self) -> int:
        """What was handed over and the client has not taken yet."""
        return self._socket.pending_bytes

    def send(self, message: bytes) -> None:
        """Write one message."""
        self._socket.write(self._encode(message))

    def send_event(self, envelope: Envelope) -> None:
        """Write an EVENT: the same bytes as for every other client that agreed on the same."""
        frame = envelope.encoded(self._encode_event)
        if frame is not None:
            self._socket.write(frame)

    def close(self, code: int, reason: str) -> None:
        """Say why and end the connection, after what was written before."""
        self._socket.close(code, reason)

    # Peer

    def text(self, message: str) -> None:
        """A message came."""
        self.client.receive(message)

    def binary(self, message: bytes) -> None:
        """Not a message of this protocol."""
        self.offended(_not_text)

    def too_large(self) -> None:
        """A message came that nobody has seen."""
        self.offended(_too_large)

    def drained(self) -> None:
        """The gateway may go on."""
        self.client.drained()

    def lost(self) -> None:
        """The connection is over, and with it what both knew of each other."""
        client = self.client
        del self.client
        client.gone()

    def offended(self, answer: bytes) -> None:
        """Answer what nobody will look at; who goes on like that is cut off."""
        self._offences += 1
        self.send(answer)
        if self._offences >= MAX_OFFENCES:
            self.close(CloseCode.ABUSE, "limits repeatedly passed")


class PackedLink(RealtimeLink):
    """The same for a client that speaks MessagePack."""

    __slots__ = ()

    def text(self, message: str) -> None:
        """Not a message of this notation."""
        self.offended(_not_binary)

    def binary(self, message: bytes) -> None:
        """A message came; one that is no MessagePack the gateway refuses like any other."""
        self.client.receive(unpacked(message))


def link_of(socket: WebSocket, subprotocol: str | None) -> RealtimeLink:
    """The link of a client that speaks ``subprotocol``; without one it is spoken to in JSON."""
    if subprotocol == PACKED_SUBPROTOCOL:
        return PackedLink(socket, as_messagepack(socket.deflate_bits))
    return RealtimeLink(socket, as_json(socket.deflate_bits))
