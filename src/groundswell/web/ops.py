"""``/ops``: how the service does, for those who run it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency, Provide
from litestar.enums import MediaType
from litestar.exceptions import HTTPException
from litestar.response import Redirect

from groundswell.access.principal import Principal
from groundswell.contract import times
from groundswell.contract.errors import GroundswellError, Unauthenticated
from groundswell.contract.times import Clock
from groundswell.web.assets import Assets
from groundswell.web.csrf import FormTokens
from groundswell.web.errors import ErrorPages, theme_of
from groundswell.web.forms import TOKEN_FIELD, form_of
from groundswell.web.operators import COOKIE, LASTS_SECONDS, PATH, OperatorPasses
from groundswell.web.site import STATIC
from groundswell.web.spark import latency_of, told_of
from groundswell.web.templates import Templates

AnyRequest = Request[Any, Any, Any]
CheckKey = Callable[[str], Awaitable[None]]
"""Passes an API key of the host application; raises Unauthenticated for any other."""

_PRIVATE = {"cache-control": "private, no-store", "vary": "Cookie"}
_LARGEST_FORM = 4_096
_WRONG_KEY = "This is not an API key of this service."


class OpsSite(msgspec.Struct, frozen=True):
    """What the routes need."""

    overview: Callable[[], Any]
    check_key: CheckKey
    templates: Templates
    tokens: FormTokens
    passes: OperatorPasses
    secure_cookies: bool

    def may_see(self, request: AnyRequest, caller: Principal) -> bool:
        """Whether this is the host application, or somebody who showed its key."""
        shown = request.cookies.get(COOKIE)
        return caller.kind == "host" or self.passes.admits(caller.session_id, shown)


def ops_router(
    *,
    overview: Callable[[], Any],
    check_key: CheckKey,
    csrf_key: bytes,
    pass_key: bytes,
    notice: str | None = None,
    clock: Clock = times.now,
    secure_cookies: bool = False,
) -> Router:
    """The router of the page. ``overview`` gives what it shows, as ``/v1/ops/overview`` does.

    Both keys are secret and the same in every process; ``csrf_key`` is that of the other pages.
    """
    templates = Templates(asset_url=Assets(STATIC).url, clock=clock, notice=notice)
    problems = ErrorPages(templates)
    site = OpsSite(
        overview,
        check_key,
        templates,
        FormTokens(csrf_key),
        OperatorPasses(pass_key, clock),
        secure_cookies,
    )
    return Router(
        path=PATH,
        route_handlers=[ops, sign_in, sign_in_again, sign_out],
        dependencies={"ops_site": Provide(lambda: site, sync_to_thread=False)},
        exception_handlers={
            GroundswellError: problems,
            HTTPException: problems,
            Exception: problems,
        },
        request_max_body_size=_LARGEST_FORM,
        include_in_schema=False,
    )


@get("/", media_type=MediaType.HTML, sync_to_thread=False)
def ops(
    request: AnyRequest, ops_site: NamedDependency[OpsSite], caller: NamedDependency[Principal]
) -> Response[str]:
    """The figures, or where to show a key."""
    if not ops_site.may_see(request, caller):
        return _page(ops_site, request, caller, "ops_sign_in.html", {"problem": None}, 401)
    seen = ops_site.overview()
    values = {"seen": seen, "latency": latency_of(seen.series), "told": told_of(seen.series)}
    return _page(ops_site, request, caller, "ops.html", values)


@post("/sign-in")
async def sign_in(
    request: AnyRequest, ops_site: NamedDependency[OpsSite], caller: NamedDependency[Principal]
) -> Response[Any]:
    """Let the session of whoever shows a key see the page for a while."""
    form = await _checked_form(request, ops_site, caller)
    try:
        await ops_site.check_key(form.get("key", "").strip())
    except Unauthenticated:
        problem = {"problem": _WRONG_KEY}
        return _page(ops_site, request, caller, "ops_sign_in.html", problem, 401)
    issued = ops_site.passes.issue(caller.session_id or "")
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
    await _checked_form(request, ops_site, caller)
    return _see_page(ops_site, "", 0)


def _see_page(site: OpsSite, value: str, seconds: int) -> Redirect:
    cookie = Cookie(
        key=COOKIE,
        value=value,
        path=PATH,
        max_age=seconds,
        httponly=True,
        samesite="strict",
        secure=site.secure_cookies,
    )
    return Redirect(PATH, status_code=303, cookies=[cookie])


async def _checked_form(request: AnyRequest, site: OpsSite, caller: Principal) -> dict[str, str]:
    form = form_of(await request.body())
    site.tokens.check(caller.session_id, form.get(TOKEN_FIELD, ""))
    return dict(form)


def _page(
    site: OpsSite,
    request: AnyRequest,
    caller: Principal,
    template: str,
    values: dict[str, Any],
    status: int = 200,
) -> Response[str]:
    token = None if caller.session_id is None else site.tokens.token(caller.session_id)
    content = site.templates.render(
        template, theme=theme_of(request), form_token=token, values=values | {"path": PATH}
    )
    return Response(content, status_code=status, media_type=MediaType.HTML, headers=_PRIVATE)
