"""The ``Allow`` header of an answer to OPTIONS, made whole.

Litestar lists only the methods of the first handler it met at an address, not of those that joined.
"""

from __future__ import annotations

from litestar.enums import ScopeType
from litestar.routes import HTTPRoute
from litestar.types import ASGIApp, Message, Receive, Scope, Send


class AllowedMethods:
    """ASGI middleware that lists every method of the address."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; only OPTIONS is looked at."""
        if scope["type"] != ScopeType.HTTP or scope["method"] != "OPTIONS":
            await self._app(scope, receive, send)
            return

        async def send_complete(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    (name, _methods(scope) or value if name == b"allow" else value)
                    for name, value in message["headers"]
                ]
            await send(message)

        await self._app(scope, receive, send_complete)


def _methods(scope: Scope) -> bytes:
    """The methods of all routes at the address that was asked for; empty if there is none."""
    found = {
        str(method)
        for route in scope["litestar_app"].routes
        if isinstance(route, HTTPRoute) and route.path_format == scope.get("path_template")
        for method in route.methods
    }
    return ", ".join(sorted(found)).encode()
