"""``/v1/realtime``: the protocol ``groundswell.v1`` over WebSocket."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from groundswell.contract.errors import Invalid, Unauthenticated, Unavailable
from groundswell.realtime.codes import CloseCode, Code, error_message
from groundswell.realtime.credentials import Credentials
from groundswell.realtime.doors.showing import CredentialsOf
from groundswell.realtime.doors.websocket.endpoint import (
    Admission,
    Nobody,
    Open,
    Peer,
    Upgrade,
    turned_away,
)
from groundswell.realtime.doors.websocket.frames import (
    Encode,
    EncodeEvent,
    deflated_event_frame,
    deflated_text_frame,
    event_frame,
    text_frame,
)
from groundswell.realtime.doors.websocket.origins import allows
from groundswell.realtime.doors.websocket.socket import WebSocket
from groundswell.realtime.link import Client, Gateway, Transport
from groundswell.realtime.messages import Envelope

PATH: Final = "/v1/realtime"
SUBPROTOCOL: Final = "groundswell.v1"
MAX_MESSAGE: Final = 65_536
MAX_OFFENCES: Final = 3
"""How many messages that are too large, or not text, a client may send before it is cut off."""


Redeem = Callable[[str, str | None, Credentials], Awaitable[Credentials]]
"""Who holds the ticket; takes the ticket, the request's origin, and who the request itself shows.

Raises Unauthenticated: the ticket is unknown, used up, too old, or was made for another origin.
"""

# In a query a token would end up in logs and histories.
_TOKEN_NAMES: Final = frozenset({"token", "access_token", "id_token", "jwt", "authorization"})
_JWT: Final = re.compile(r"eyJ[\w-]*\.[\w-]+\.[\w-]*")

_too_large: Final = error_message(Code.TOO_LARGE, f"A message may have {MAX_MESSAGE} bytes.")
_not_text: Final = error_message(Code.BAD_REQUEST, "Messages are JSON in text frames.")


class RealtimeEndpoint:
    """Lets clients in and hands them to the gateway.

    ``origins`` are the foreign origins whose pages may connect. Without ``redeem`` there are no
    tickets, and a client that shows one is turned away.
    """

    max_message = MAX_MESSAGE

    def __init__(
        self,
        gateway: Gateway,
        credentials_of: CredentialsOf,
        *,
        origins: frozenset[str] = frozenset(),
        redeem: Redeem | None = None,
    ) -> None:
        self._gateway = gateway
        self._credentials_of = credentials_of
        self._origins = origins
        self._redeem = redeem

    async def admit(self, upgrade: Upgrade) -> Admission:
        """Let the client in, be it only to tell it by a close code why it must go.

        Raises:
            Invalid: the query holds a token.
            GroundswellError: as ``credentials_of``, except Unauthenticated.
        """
        _refuse_tokens(upgrade)
        offered = upgrade.subprotocols
        if offered and SUBPROTOCOL not in offered:
            # A browser takes no answer but one of its own offers.
            return Admission(
                turned_away(CloseCode.UNSUPPORTED_PROTOCOL, "unsupported protocol"), offered[0]
            )
        subprotocol = SUBPROTOCOL if offered else None
        if not allows(self._origins, upgrade):
            return Admission(
                turned_away(CloseCode.FORBIDDEN_ORIGIN, "forbidden origin"), subprotocol
            )
        try:
            credentials = await self._credentials(upgrade)
        except Unauthenticated as error:
            return Admission(turned_away(CloseCode.UNAUTHENTICATED, str(error)), subprotocol)
        return Admission(self._opening(credentials, upgrade.origin), subprotocol)

    async def _credentials(self, upgrade: Upgrade) -> Credentials:
        shown = await self._credentials_of(upgrade.scope)
        ticket = upgrade.query.get("ticket")
        if ticket is None:
            return shown
        if self._redeem is None:
            raise Unauthenticated("Tickets are not known here.")
        return await self._redeem(ticket, upgrade.origin, shown)

    def _opening(self, credentials: Credentials, origin: str | None) -> Open:
        return partial(_open, self._gateway, credentials, origin)


def _open(
    gateway: Gateway, credentials: Credentials, origin: str | None, socket: WebSocket
) -> Peer:
    link = RealtimeLink(socket)
    try:
        link.client = gateway.connect(
            link, credentials.principal, origin=origin, credentials=credentials
        )
    except Unavailable as error:
        socket.close(CloseCode.OVERLOADED, str(error))
        return Nobody()
    return link


def _refuse_tokens(upgrade: Upgrade) -> None:
    for name, value in upgrade.query.items():
        if name.lower() in _TOKEN_NAMES or _JWT.search(value):
            raise Invalid(
                "A token does not belong in an address, where logs keep it. "
                "Send it as Authorization, in HELLO, or use a ticket."
            )


class RealtimeLink:
    """The link of one client: what the gateway writes, and what the client says to it."""

    __slots__ = ("_encode", "_encode_event", "_offences", "_socket", "client")

    client: Client

    def __init__(self, socket: WebSocket) -> None:
        bits = socket.deflate_bits
        self._socket = socket
        self._offences = 0
        self._encode: Encode = text_frame if bits is None else deflated_text_frame(bits)
        self._encode_event: EncodeEvent = (
            event_frame if bits is None else deflated_event_frame(bits)
        )

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
        self._offended(_not_text)

    def too_large(self) -> None:
        """A message came that nobody has seen."""
        self._offended(_too_large)

    def drained(self) -> None:
        """The gateway may go on."""
        self.client.drained()

    def lost(self) -> None:
        """The connection is over."""
        self.client.gone()

    def _offended(self, answer: bytes) -> None:
        self._offences += 1
        self.send(answer)
        if self._offences >= MAX_OFFENCES:
            self.close(CloseCode.ABUSE, "limits repeatedly passed")
