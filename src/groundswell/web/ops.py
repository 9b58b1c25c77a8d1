"""``/ops``: how the service does, for those who run it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.enums import MediaType
from litestar.response import Redirect

from groundswell.access.principal import Principal
from groundswell.contract.errors import Unauthenticated
from groundswell.web.desk import Desk
from groundswell.web.operators import COOKIE, LASTS_SECONDS, PATH
from groundswell.web.spark import latency_of, told_of
from groundswell.web.surface import AnyRequest, back_to, page_router

CheckKey = Callable[[str], Awaitable[None]]
"""Passes an API key of the host application; raises Unauthenticated for any other."""

_WRONG_KEY = "This is not an API key of this service."


class OpsSite(msgspec.Struct, frozen=True):
    """What the routes need."""

    overview: Callable[[], Any]
    check_key: CheckKey
    desk: Desk
    secure_cookies: bool


def ops_router(
    *,
    overview: Callable[[], Any],
    check_key: CheckKey,
    desk: Desk,
    secure_cookies: bool = False,
) -> Router:
    """The router of the page. ``overview`` gives what it shows, as ``/v1/ops/overview`` does."""
    site = OpsSite(overview, check_key, desk, secure_cookies)
    handlers = [ops, sign_in, sign_in_again, sign_out]
    return page_router(PATH, handlers, desk.surface, ops_site=site)


@get("/", media_type=MediaType.HTML, sync_to_thread=False)
def ops(
    request: AnyRequest, ops_site: NamedDependency[OpsSite], caller: NamedDependency[Principal]
) -> Response[str]:
    """The figures, or where to show a key."""
    if not ops_site.desk.may_see(request, caller):
        return _sign_in_page(ops_site, request, caller)
    seen = ops_site.overview()
    values = {"seen": seen, "latency": latency_of(seen.series), "told": told_of(seen.series)}
    return ops_site.desk.surface.page(request, caller, "ops.html", values | {"path": PATH})


@post("/sign-in")
async def sign_in(
    request: AnyRequest, ops_site: NamedDependency[OpsSite], caller: NamedDependency[Principal]
) -> Response[Any]:
    """Let the session of whoever shows a key see the page for a while."""
    form = await ops_site.desk.surface.form(request, caller)
    try:
        await ops_site.check_key(form.get("key", "").strip())
    except Unauthenticated:
        return _sign_in_page(ops_site, request, caller, _WRONG_KEY)
    issued = ops_site.desk.passes.issue(caller.session_id or "")
    return _see_page(ops_site, issued, LASTS_SECONDS)


@get("/sign-in", sync_to_thread=False)
def sign_in_again() -> Redirect:
    """Where a refused key leaves the address bar."""
    return Redirect(PATH, status_code=303)


@post("/sign-out")
async def sign_out(
    request: AnyRequest, ops_site: NamedDependency[OpsSite], caller: NamedDependency[Principal]
) -> Response[Any]:
    """Take the pass back."""
    await ops_site.desk.surface.form(request, caller)
    return _see_page(ops_site, "", 0)


def _see_page(site: OpsSite, value: str, seconds: int) -> Redirect:
    return back_to(
        PATH, COOKIE, value, seconds=seconds, samesite="strict", secure=site.secure_cookies
    )


def _sign_in_page(
    site: OpsSite, request: AnyRequest, caller: Principal, problem: str | None = None
) -> Response[str]:
    """200 unless a key was wrong: a browser takes note of any other answer as of a failure."""
    values = {"problem": problem, "path": PATH}
    status = 200 if problem is None else 401
    return site.desk.surface.page(request, caller, "ops_sign_in.html", values, status=status)
