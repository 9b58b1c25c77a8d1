"""Between a session and the WebSocket that carries it, whoever speaks RFC 6455 underneath."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from groundswell.realtime.messages import Envelope

PacketOf = Callable[[Envelope], bytes]
"""The text packet that every receiver of an envelope gets; made once per envelope and door."""


class Wire(Protocol):
    """One accepted WebSocket. Nothing here blocks or raises."""

    @property
    def pending_bytes(self) -> int:
        """What was handed over and not yet taken by the network."""
        ...

    def send_text(self, data: bytes) -> None:
        """Write a text frame; ``data`` is UTF-8."""
        ...

    def send_binary(self, data: bytes) -> None:
        """Write a binary frame."""
        ...

    def send_shared(self, envelope: Envelope, packet_of: PacketOf) -> None:
        """Write what every receiver of ``envelope`` gets, encoded once for all such wires."""
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
