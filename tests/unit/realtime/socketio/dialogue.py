"""A Socket.IO client of a gateway without a network: a wire that remembers, and what it is told."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec

from groundswell.access.principal import Principal
from groundswell.realtime.credentials import Credentials
from groundswell.realtime.doors.socketio.connection import Connection
from groundswell.realtime.doors.socketio.door import gateway_namespaces
from groundswell.realtime.doors.socketio.engine.options import EngineOptions
from groundswell.realtime.doors.socketio.engine.session import Session
from groundswell.realtime.messages import Envelope
from tests.integration.realtime.small_gateway import SmallGateway

CALLER = Credentials(
    Principal("user", "7", "127.0.0.1", "s-1"), issued_at=1, expires_at=2, client_id="d"
)
"""A user whose token is for one device and has an end: the gateway is to learn all of it."""


class RecordedWire:
    """Keeps what would be written; shared packets by identity."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.closed: tuple[int, str] | None = None
        self.pending_bytes = 0

    def send_text(self, data: bytes) -> None:
        self.written.append(data)

    def send_binary(self, data: bytes) -> None:
        self.written.append(data)

    def send_shared(self, envelope: Envelope, packet_of: Any) -> None:
        packet = envelope.encoded(packet_of)
        assert packet is not None
        self.written.append(packet)

    def close(self, code: int, reason: str) -> None:
        self.closed = (code, reason)

    def events(self) -> list[list[Any]]:
        return [msgspec.json.decode(one[2:]) for one in self.written if one.startswith(b"42")]


class Dialogue:
    """One client of a gateway, without a network."""

    def __init__(self, gateway: SmallGateway) -> None:
        self.wire = RecordedWire()
        loop = asyncio.get_running_loop()
        self.endings: list[str] = []
        self.session = Session(
            "sid",
            EngineOptions(max_payload=1_000),
            loop.call_later,
            lambda _, reason: self.endings.append(reason),
            wire=self.wire,
        )
        namespaces = gateway_namespaces(gateway)(CALLER, "https://app.example")
        self.session.application = Connection(self.session, namespaces, lambda: "socket-1")
        assert self.session.websocket is not None
        self.transport = self.session.websocket

    def say(self, *frames: str) -> list[bytes]:
        self.wire.written.clear()
        for frame in frames:
            self.transport.received(frame)
        return list(self.wire.written)
