"""Refusing writes that another site's page sends with the visitor's cookies or address.

A browser says where a request comes from: in ``Sec-Fetch-Site``, or in older ones in ``Origin``. A
request without either comes from no page. One with a bearer token names its caller itself, which no
foreign page can do.
"""

from __future__ import annotations

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from groundswell.http.cors import ANY_ORIGIN
from groundswell.http.failures import refuse
from groundswell.http.headers import carries_bearer, header
from groundswell.http.problems import CrossSiteRequest, problem_of

_SAFE = frozenset(("GET", "HEAD", "OPTIONS"))
_OWN = (b"same-origin", b"none")
_REFUSAL = problem_of(CrossSiteRequest("Another site may not do this in a visitor's name."))


class CrossSiteGuard:
    """ASGI middleware; ``origins`` are the foreign origins that may write."""

    def __init__(self, app: ASGIApp, *, origins: frozenset[str] = frozenset()) -> None:
        self._app = app
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it before anything of it is read."""
        if (
            scope["type"] != ScopeType.HTTP
            or scope["method"] in _SAFE
            or not self._is_foreign(scope)
            or carries_bearer(scope)
        ):
            await self._app(scope, receive, send)
            return
        await refuse(scope, send, _REFUSAL)

    def _is_foreign(self, scope: Scope) -> bool:
        site = header(scope, b"sec-fetch-site")
        if site in _OWN:
            return False
        sent = header(scope, b"origin")
        if sent is None:
            return site is not None
        origin = sent.decode("latin-1").lower()
        if origin in self._origins or ANY_ORIGIN in self._origins:
            return False
        return site is not None or not _is_of_host(origin, header(scope, b"host"))


def _is_of_host(origin: str, host: bytes | None) -> bool:
    """Schemes are not compared: a proxy may have taken the TLS off."""
    return host is not None and origin.partition("://")[2] == host.decode("latin-1").lower()
