"""The pages as an application of their own, over a catalogue in memory."""

from __future__ import annotations

from collections.abc import Callable

import httpx
from litestar import Litestar, Request
from litestar.di import Provide

from groundswell.access.principal import Principal
from groundswell.web.csrf import FormTokens
from groundswell.web.routes import web_router
from tests.unit.web.fakes import NOW, Catalogue

KEY = b"a key for forms, thirty-two byte"
SESSION = "aaaaaaaaaaaaaaaaaaaaaa"
TOKEN = FormTokens(KEY).token(SESSION)


async def visitor(request: Request) -> Principal:  # type: ignore[type-arg]
    """Whoever sends the session cookie, from one address."""
    return Principal("visitor", None, "192.0.2.1", request.cookies.get("gs_session"))


def application(
    catalogue: Catalogue,
    *,
    notice: str | None = None,
    clock: Callable[[], int] = lambda: NOW,
    secure_cookies: bool = False,
) -> Litestar:
    """The page router and what it expects of an application."""
    router = web_router(
        queries=catalogue,
        lists=catalogue,
        actions=catalogue,
        csrf_key=KEY,
        notice=notice,
        clock=clock,
        secure_cookies=secure_cookies,
    )
    return Litestar([router], dependencies={"caller": Provide(visitor)})


def browser(app: Litestar) -> httpx.AsyncClient:
    """A client with a session, which follows no redirects by itself."""
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app),  # type: ignore[arg-type]
        base_url="http://groundswell.test",
        cookies={"gs_session": SESSION},
    )
