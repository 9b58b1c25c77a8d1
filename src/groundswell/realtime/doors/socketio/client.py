"""A Socket.IO client at the gateway: its ``Link``, and the handler of the main namespace."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import msgspec

from groundswell.contract.errors import GroundswellError
from groundswell.realtime.codes import CloseCode, Code, error_message
from groundswell.realtime.credentials import Credentials
from groundswell.realtime.doors.socketio import translation
from groundswell.realtime.doors.socketio.connection import Socket
from groundswell.realtime.doors.socketio.requests import Requests
from groundswell.realtime.link import Client, Gateway, Transport
from groundswell.realtime.messages import Envelope

MAX_OVERSIZED: Final = 2
"""So many messages thrown away for their size, and the client is put out."""

_NO_RETURN: Final = range(4000, 4100)
_event_packet: Final = translation.event_packet


class GatewayClient:
    """Lets a client in when the gateway welcomes it, then carries messages both ways.

    A CONNECT_ERROR holds the gateway's ERROR as ``data``. A close is told by an event ``close``
    with ``code`` and ``reason``; then a client that may come back loses its connection, which its
    library makes again, and one that may not is put out of the namespace, which is final.
    """

    transport: Transport = "socketio"

    def __init__(
        self,
        socket: Socket,
        gateway: Gateway,
        caller: Credentials,
        auth: dict[str, Any],
        *,
        origin: str | None,
    ) -> None:
        self._socket = socket
        self._session = socket.session
        self._gateway = gateway
        self._caller = caller
        self._auth = auth
        self._origin = origin
        self._client: Client | None = None
        self._requests = Requests()
        self._early: list[bytes] = []
        self._is_in = False
        self._is_over = False
        self._oversized = 0

    # As the connection's handler

    def joined(self) -> None:
        """Introduce the client to the gateway."""
        try:
            message = translation.hello(self._auth)
            self._client = self._gateway.connect(
                self, self._caller.principal, origin=self._origin, credentials=self._caller
            )
        except translation.NotACommand as failure:
            self._refuse(error_message(Code.BAD_REQUEST, str(failure)))
        except GroundswellError as failure:
            self._refuse(error_message(Code.OVERLOADED, str(failure)))
        else:
            self._client.receive(message)

    def event(self, arguments: list[Any], ack: int | None) -> None:
        """A command came."""
        if self._client is None or self._is_over:
            return
        try:
            message, is_answered = self._requests.command(arguments, ack)
        except translation.NotACommand as failure:
            self._answer(ack, error_message(Code.BAD_REQUEST, str(failure)))
            return
        self._client.receive(message)
        if not is_answered:
            self._answer(ack, None)

    def too_large(self) -> None:
        """A message was thrown away for its size."""
        self._oversized += 1
        self.send(error_message(Code.TOO_LARGE, "The message was too large."))
        if self._oversized >= MAX_OVERSIZED:
            self.close(CloseCode.ABUSE, "messages too large")

    def drained(self) -> None:
        """The client took what was pending."""
        if self._client is not None:
            self._client.drained()

    def left(self, reason: str) -> None:
        """The client is gone, or left the namespace."""
        self._leave()

    # As the gateway's link

    @property
    def pending_bytes(self) -> int:
        """What the client has not taken."""
        return self._session.carrier.pending_bytes

    def send(self, message: bytes) -> None:
        """Tell a message, as the answer to a request if it is one."""
        if self._is_over:
            return
        if not self._is_in:
            self._send_early(message)
            return
        answered = self._requests.answered_by(message)
        if answered is None:
            self._socket.write(translation.event_of(message))
        else:
            self._socket.write(translation.ack_packet(*answered))

    def send_event(self, envelope: Envelope) -> None:
        """Tell an EVENT."""
        if self._is_in:
            self._session.carrier.send_shared(envelope, _event_packet)

    def close(self, code: int, reason: str) -> None:
        """Say why, and end the connection."""
        if self._is_over:
            return
        self._is_over = True
        if self._is_in:
            self._socket.emit("close", {"code": code, "reason": reason})
        else:
            self._socket.refuse({"message": reason, "data": {"code": code, "reason": reason}})
        if code in _NO_RETURN and self._is_in:
            self._socket.disconnect()
        self._socket.close(code, reason)
        self._leave_soon()

    def _send_early(self, message: bytes) -> None:
        """Before the client is in, nothing may reach it but the decision on that."""
        kind = translation.type_of(message)
        if kind == "ERROR":
            self._refuse(message)
            self._leave_soon()
            return
        self._early.append(message)
        if kind == "WELCOME":
            self._is_in = True
            self._socket.accept()
            early, self._early = self._early, []
            for one in early:
                self._socket.write(translation.event_of(one))

    def _refuse(self, message: bytes) -> None:
        """Answer CONNECT with the gateway's ERROR."""
        self._is_over = True
        told = msgspec.json.decode(message)
        self._socket.refuse({"message": told["message"], "data": told})

    def _answer(self, ack: int | None, message: bytes | None) -> None:
        if ack is not None:
            self._socket.write(translation.ack_packet(ack, message))
        elif message is not None:
            self._socket.write(translation.event_of(message))

    def _leave_soon(self) -> None:
        """Not at once: the gateway itself may be speaking."""
        asyncio.get_running_loop().call_soon(self._leave)

    def _leave(self) -> None:
        self._is_over = True
        self._is_in = False
        client, self._client = self._client, None
        if client is not None:
            client.gone()
