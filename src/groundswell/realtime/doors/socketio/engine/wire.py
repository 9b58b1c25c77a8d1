"""Between a session and the WebSocket that carries it, whoever speaks RFC 6455 underneath."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from groundswell.realtime.messages import Envelope

PacketOf = Callable[[Envelope], bytes]
"""The text packet that every receiver of an envelope gets; made once per envelope and door."""


class Carrier(Protocol):
    """Where events for many receivers are written; the short way, for they are the most."""

    @property
    def pending_bytes(self) -> int:
        """What was handed over and not yet taken by the network."""
        ...

    def send_shared(self, envelope: Envelope, packet_of: PacketOf) -> None:
        """Write what every receiver of ``envelope`` gets, encoded once for all such carriers."""
        ...


class Silence:
    """The carrier of a session that is over."""

    pending_bytes = 0

    def send_shared(self, envelope: Envelope, packet_of: PacketOf) -> None:
        """Nobody is there."""


class Wire(Carrier, Protocol):
    """One accepted WebSocket. Nothing here blocks or raises."""

    def send_text(self, data: bytes) -> None:
        """Write a text frame; ``data`` is UTF-8."""
        ...

    def send_binary(self, data: bytes) -> None:
        """Write a binary frame."""
        ...

    def close(self, code: int, reason: str) -> None:
        """Start the closing handshake, after what was written before."""
        ...


class WireListener(Protocol):
    """Hears what comes over a wire; called from the event loop."""

    def received(self, frame: str | bytes) -> None:
        """A whole message came: text, or bytes if it was binary."""
        ...

    def too_large(self) -> None:
        """A message came that is larger than allowed; it was thrown away."""
        ...

    def writable(self) -> None:
        """What was pending is gone."""
        ...

    def lost(self) -> None:
        """The WebSocket is over, whoever ended it."""
        ...
