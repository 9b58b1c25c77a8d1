"""Tickets over HTTP: asking for one, and showing it in the address of a stream or a poll."""

from __future__ import annotations

from typing import Annotated, Any, Final

from litestar import Request, post
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter
from litestar.types import Scope

from groundswell.access.principal import Principal
from groundswell.access.terms import CLIENT_ID_PATTERN
from groundswell.contract.errors import Unauthenticated
from groundswell.http.callers import require_user
from groundswell.http.headers import header
from groundswell.http.openapi import USER_ONLY
from groundswell.realtime.credentials import Credentials
from groundswell.realtime.doors.showing import CredentialsOf
from groundswell.realtime.tickets import LONGEST, Ticket, Tickets

NO_PAGE: Final = "null"
"""What browsers call an origin that they do not tell."""

TicketText = Annotated[
    str | None,
    QueryParameter(
        max_length=LONGEST,
        description="A ticket of `POST /v1/realtime/tickets`, where no header can be sent.",
    ),
]

ClientIdText = Annotated[
    str | None,
    QueryParameter(
        name="clientId",
        pattern=CLIENT_ID_PATTERN,
        description="Names the device: with the topic `user.{id}.inbox` it is told its critical "
        "messages until it acknowledges them.",
    ),
]


class Viewers:
    """Who opens a stream or polls: as the request shows, or whom its ticket stands for.

    Args:
        credentials_of: what a request shows.
        tickets: takes tickets back; None: there are none.
    """

    def __init__(self, credentials_of: CredentialsOf, tickets: Tickets | None = None) -> None:
        self._credentials_of = credentials_of
        self._tickets = tickets

    async def of(self, scope: Scope, ticket: str | None = None) -> Credentials:
        """Whose rights count, for how long, and for what.

        Raises:
            Unauthenticated: what the request shows does not count, or its ticket does not.
        """
        shown = await self._credentials_of(scope)
        if ticket is None:
            return shown
        if self._tickets is None:
            raise Unauthenticated("Tickets are not known here.")
        return await self._tickets.admit(ticket, origin_of(scope), shown)


def ticket_routes(tickets: Tickets, viewers: Viewers) -> list[HTTPRouteHandler]:
    """The route of ``tickets``; ``viewers`` knows what the token that asks for one allows."""

    @post(
        "/v1/realtime/tickets",
        tags=["live"],
        summary="A ticket to connect with",
        security=USER_ONLY,
    )
    async def issue_ticket(
        request: Request[Any, Any, Any], caller: NamedDependency[Principal]
    ) -> Ticket:
        """Make a ticket that opens one connection within 30 seconds from the page that asked."""
        require_user(caller)
        origin = origin_of(request.scope)
        shown = await viewers.of(request.scope)
        return await tickets.issue(shown, origin, own=_is_own(origin, request.scope))

    return [issue_ticket]


def origin_of(scope: Scope) -> str | None:
    """The origin of the page that makes the request; None if it may be our own, or no page does.

    A foreign page's request can come without an Origin, but then says that it crosses sites.
    """
    sent = header(scope, b"origin")
    if sent is not None:
        return sent.decode("latin-1")
    site = header(scope, b"sec-fetch-site")
    return NO_PAGE if site in (b"cross-site", b"same-site") else None


def _is_own(origin: str | None, scope: Scope) -> bool:
    """Schemes are not compared: a proxy may have taken the TLS off."""
    host = header(scope, b"host")
    if origin is None or host is None:
        return origin is None
    return origin.partition("://")[2].lower() == host.decode("latin-1").lower()
