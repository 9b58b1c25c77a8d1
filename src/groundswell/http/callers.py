"""Who is calling: the principal of a request, and the cookie that holds a visitor's session."""

from __future__ import annotations

import re
import secrets
from typing import Any, Protocol, cast

from litestar import Request
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from groundswell.access.principal import Principal
from groundswell.contract.errors import Forbidden, Unauthenticated
from groundswell.contract.times import Clock
from groundswell.http.headers import header, joined_header

COOKIE = "gs_session"
COOKIE_SECONDS = 365 * 24 * 3600
_IN_COOKIES = re.compile(rb"(?:^|;) *gs_session=([A-Za-z0-9_-]{22})(?= *(?:;|$))")
_CALLER = "groundswell_caller"
_NEW_SESSION = "groundswell_new_session"


class Authenticator(Protocol):
    """Turns what a request shows into a principal, or raises Unauthenticated."""

    async def authenticate(
        self,
        authorization: str | None,
        peer: str | None,
        forwarded_for: str | None,
        session_id: str | None,
        now: int,
        *,
        acting_user: str | None = None,
        acting_address: str | None = None,
    ) -> Principal:
        """Who this is. ``session_id`` is of the visitor's cookie.

        The host may act for the user or address it names.
        """
        ...


class Callers:
    """Finds the principal of a request, once; gives visitors without a session a new one."""

    def __init__(self, authenticator: Authenticator, clock: Clock) -> None:
        self._authenticator = authenticator
        self._clock = clock

    async def provide(self, request: Request[Any, Any, Any]) -> Principal:
        """The dependency ``caller`` of the routes."""
        return await self.of(request.scope)

    async def of(self, scope: Scope) -> Principal:
        """The principal of a connection.

        Raises:
            Unauthenticated: credentials were sent and are not valid.
        """
        kept = cast("dict[str, Any]", scope)
        if _CALLER not in kept:
            kept[_CALLER] = await self._find(scope, kept)
        found: Principal = kept[_CALLER]
        return found

    async def _find(self, scope: Scope, kept: dict[str, Any]) -> Principal:
        client = scope.get("client")
        session = session_of(scope)
        principal = await self._authenticator.authenticate(
            _text(header(scope, b"authorization")),
            client[0] if client else None,
            joined_header(scope, b"x-forwarded-for"),
            session or new_session(),
            self._clock(),
            acting_user=_text(header(scope, b"groundswell-user")),
            acting_address=_text(header(scope, b"groundswell-address")),
        )
        if session is None and principal.kind == "visitor":
            kept[_NEW_SESSION] = principal.session_id
        return principal


class SessionCookie:
    """ASGI middleware that hands a visitor's new session over as a cookie.

    ``https`` says that the public address is https although a proxy in front speaks plain HTTP.
    """

    def __init__(self, app: ASGIApp, *, https: bool = False) -> None:
        self._app = app
        self._https = https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; set the cookie if a route asked who the caller is."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        kept = cast("dict[str, Any]", scope)

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start" and (session := kept.get(_NEW_SESSION)):
                cookie = _cookie(session, secure=self._https or scope["scheme"] == "https")
                message["headers"] = [*message["headers"], (b"set-cookie", cookie)]
            await send(message)

        await self._app(scope, receive, send_with_cookie)


def require_host(caller: Principal) -> None:
    """Let only the host application pass.

    Raises:
        Unauthenticated: a visitor.
        Forbidden: a user.
    """
    if caller.kind == "visitor":
        raise Unauthenticated("This needs an API key.")
    if caller.kind != "host":
        raise Forbidden("Only the host application may do this.")


def require_user(caller: Principal) -> str:
    """The id of the signed-in user.

    Raises:
        Unauthenticated: a visitor.
        Forbidden: the host application, which is no user.
    """
    if caller.kind == "visitor":
        raise Unauthenticated("This needs a user's access token.")
    if caller.user_id is None:
        raise Forbidden("Only a user may do this.")
    return caller.user_id


def new_session() -> str:
    """A new session id: 128 random bits in 22 characters."""
    return secrets.token_urlsafe(16)


def session_of(scope: Scope) -> str | None:
    """The session in the request's cookies; anything that is not one of ours counts as none."""
    cookies = header(scope, b"cookie")
    found = None if cookies is None else _IN_COOKIES.search(cookies)
    return found[1].decode() if found else None


def _cookie(session: str, *, secure: bool) -> bytes:
    suffix = "; Secure" if secure else ""
    text = f"{COOKIE}={session}; Path=/; Max-Age={COOKIE_SECONDS}; HttpOnly; SameSite=Lax{suffix}"
    return text.encode("latin-1")


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("latin-1")
