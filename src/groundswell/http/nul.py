"""Refusing addresses that hold a NUL, which no text in a database can hold."""

from __future__ import annotations

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from groundswell.contract.errors import Invalid
from groundswell.http.failures import send_error


class NulGuard:
    """ASGI middleware: the path and the query of what passes are texts that can be stored."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] == ScopeType.HTTP:
            place = _place(scope)
            if place is not None:
                await send_error(scope, send, Invalid.at(place, "Must not contain a NUL character"))
                return
        await self._app(scope, receive, send)


def _place(scope: Scope) -> str | None:
    if "\0" in scope["path"]:
        return "path"
    return "query" if b"%00" in scope["query_string"] else None
