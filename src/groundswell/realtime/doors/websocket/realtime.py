"""``/v1/realtime``: the protocol ``groundswell.v1`` over WebSocket, as JSON or as MessagePack."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from groundswell.contract.errors import Invalid, Unauthenticated, Unavailable
from groundswell.realtime.codes import CloseCode
from groundswell.realtime.credentials import Credentials
from groundswell.realtime.doors.showing import CredentialsOf
from groundswell.realtime.doors.websocket.endpoint import (
    Admission,
    Nobody,
    Peer,
    Upgrade,
    turned_away,
)
from groundswell.realtime.doors.websocket.links import MAX_MESSAGE, link_of
from groundswell.realtime.doors.websocket.notations import SUBPROTOCOLS
from groundswell.realtime.doors.websocket.origins import allows
from groundswell.realtime.doors.websocket.socket import WebSocket
from groundswell.realtime.link import Gateway

PATH: Final = "/v1/realtime"

Redeem = Callable[[str, str | None, Credentials], Awaitable[Credentials]]
"""Who holds the ticket; takes the ticket, the request's origin, and who the request itself shows.

Raises Unauthenticated: the ticket is unknown, used up, too old, or was made for another origin.
"""

# In a query a token would end up in logs and histories.
_TOKEN_NAMES: Final = frozenset({"token", "access_token", "id_token", "jwt", "authorization"})
_JWT: Final = re.compile(r"eyJ[\w-]*\.[\w-]+\.[\w-]*")


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
        known = [one for one in offered if one in SUBPROTOCOLS]
        if offered and not known:
            # A browser takes no answer but one of its own offers.
            return Admission(
                turned_away(CloseCode.UNSUPPORTED_PROTOCOL, "unsupported protocol"), offered[0]
            )
        subprotocol = known[0] if known else None
        if not allows(self._origins, upgrade):
            return Admission(
                turned_away(CloseCode.FORBIDDEN_ORIGIN, "forbidden origin"), subprotocol
            )
        try:
            credentials = await self._credentials(upgrade)
        except Unauthenticated as error:
            return Admission(turned_away(CloseCode.UNAUTHENTICATED, str(error)), subprotocol)
        open_ = partial(_open, self._gateway, credentials, upgrade.origin, subprotocol)
        return Admission(open_, subprotocol)

    async def _credentials(self, upgrade: Upgrade) -> Credentials:
        shown = await self._credentials_of(upgrade.scope)
        ticket = upgrade.query.get("ticket")
        if ticket is None:
            return shown
        if self._redeem is None:
            raise Unauthenticated("Tickets are not known here.")
        return await self._redeem(ticket, upgrade.origin, shown)


def _open(
    gateway: Gateway,
    credentials: Credentials,
    origin: str | None,
    subprotocol: str | None,
    socket: WebSocket,
) -> Peer:
    link = link_of(socket, subprotocol)
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
