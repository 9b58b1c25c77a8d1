"""Socket.IO over one Engine.IO session: the namespaces that the client joined."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from groundswell.realtime.doors.socketio.decoder import Decoder
from groundswell.realtime.doors.socketio.engine.session import Session
from groundswell.realtime.doors.socketio.packets import (
    InvalidPacket,
    Packet,
    PacketType,
    encode,
)

GOING: Final = 1000


class Handler(Protocol):
    """What serves one client in one namespace."""

    def joined(self) -> None:
        """The client asks to be let in: accept or refuse it, now or later."""
        ...

    def event(self, arguments: list[Any], ack: int | None) -> None:
        """An event came: its name and its arguments; ``ack`` if an answer is wanted."""
        ...

    def too_large(self) -> None:
        """Something came that is larger than allowed; it was thrown away."""
        ...

    def drained(self) -> None:
        """The client took what was pending."""
        ...

    def left(self, reason: str) -> None:
        """The client is no longer in the namespace; called once."""
        ...


class Socket:
    """One client in one namespace, as its handler uses it. Nothing here blocks or raises."""

    def __init__(self, connection: Connection, namespace: str, sid: str) -> None:
        self.sid = sid
        self.namespace = namespace
        self.session = connection.session
        self._connection = connection

    def accept(self) -> None:
        """Let the client into the namespace; nothing may be sent before."""
        self._connection.accepted()
        self._send(PacketType.CONNECT, {"sid": self.sid})

    def refuse(self, error: Mapping[str, Any]) -> None:
        """Do not let the client in, and say why."""
        self._connection.forget(self)
        self._send(PacketType.CONNECT_ERROR, dict(error))

    def emit(self, name: str, *arguments: Any) -> None:
        """Send an event; arguments may hold ``bytes``."""
        self._send(PacketType.EVENT, [name, *arguments])

    def ack(self, number: int, *arguments: Any) -> None:
        """Answer the client's event of this number."""
        self._send(PacketType.ACK, list(arguments), number)

    def write(self, packet: bytes) -> None:
        """Send a text packet that is encoded already, with the type of the message in front."""
        self.session.send_text(packet)

    def disconnect(self) -> None:
        """Put the client out of the namespace; its library will not come back by itself."""
        self._connection.forget(self)
        self._send(PacketType.DISCONNECT, None)

    def close(self, code: int, reason: str) -> None:
        """End the whole session after what was sent; the client's library will come back."""
        self.session.close(code, reason)

    def _send(self, kind: PacketType, data: Any, number: int | None = None) -> None:
        self._connection.send(Packet(kind, self.namespace, number, data))


Join = Callable[[Socket, dict[str, Any]], Handler]
"""Makes the handler of a client that wants into a namespace with this ``auth``."""


class Connection:
    """The ``Application`` of a session: packets in, namespaces and their handlers.

    Args:
        session: carries the packets.
        namespaces: who serves each.
        socket_ids: names a client in a namespace; unlike the session's id it is no secret.
    """

    def __init__(
        self, session: Session, namespaces: Mapping[str, Join], socket_ids: Callable[[], str]
    ) -> None:
        self.session = session
        self._namespaces = namespaces
        self._socket_ids = socket_ids
        self._decoder = Decoder()
        self._joined: dict[str, tuple[Socket, Handler]] = {}
        seconds = session.options.connect_timeout_ms / 1000
        self._patience = asyncio.get_running_loop().call_later(seconds, self._late)

    def received(self, data: str | bytes) -> None:
        """A message of the session: a packet or a part of one."""
        try:
            packet = self._decoder.add(data)
        except InvalidPacket:
            self.session.fail("parse error")
            return
        if packet is not None:
            self._dispatch(packet)

    def too_large(self) -> None:
        """A message was thrown away; if a packet was half read, its rest cannot be found."""
        if not self._decoder.is_between_packets or not self._joined:
            self.session.fail("too large", 1009)
            return
        for _, handler in list(self._joined.values()):
            handler.too_large()

    def drained(self) -> None:
        """The client took what was pending."""
        for _, handler in list(self._joined.values()):
            handler.drained()

    def ended(self, reason: str) -> None:
        """The session is over."""
        self._patience.cancel()
        joined, self._joined = self._joined, {}
        for _, handler in joined.values():
            handler.left(reason)

    def send(self, packet: Packet) -> None:
        """Send a packet and its binary parts."""
        text, parts = encode(packet)
        self.session.send_text(b"4" + text)
        for part in parts:
            self.session.send_binary(part)

    def accepted(self) -> None:
        """The client is in a namespace: it need not hurry any more."""
        self._patience.cancel()

    def forget(self, socket: Socket) -> None:
        """The client is not, or no longer, in the socket's namespace."""
        self._joined.pop(socket.namespace, None)

    def _dispatch(self, packet: Packet) -> None:
        joined = self._joined.get(packet.namespace)
        if packet.type is PacketType.CONNECT and joined is None:
            self._connect(packet.namespace, packet.data or {})
        elif joined is None or packet.type in (PacketType.CONNECT, PacketType.CONNECT_ERROR):
            self.session.fail("invalid state")
        elif packet.type is PacketType.EVENT:
            joined[1].event(packet.data, packet.id)
        elif packet.type is PacketType.DISCONNECT:
            del self._joined[packet.namespace]
            joined[1].left("client namespace disconnect")
        # What is left is an ACK, and nothing here asks for one.

    def _connect(self, name: str, auth: dict[str, Any]) -> None:
        join = self._namespaces.get(name)
        if join is None:
            error = {"message": "Invalid namespace"}
            self.send(Packet(PacketType.CONNECT_ERROR, name, data=error))
            return
        socket = Socket(self, name, self._socket_ids())
        handler = join(socket, auth)
        self._joined[name] = (socket, handler)
        handler.joined()

    def _late(self) -> None:
        self.session.close(GOING, "no namespace was joined in time")
