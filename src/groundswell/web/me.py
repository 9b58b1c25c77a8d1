"""``/me``: what is somebody's own, for users of the host application in a browser."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency, Provide
from litestar.enums import MediaType
from litestar.exceptions import HTTPException
from litestar.params import FromPath
from litestar.response import Redirect

from groundswell.access.principal import Principal
from groundswell.contract import times
from groundswell.contract.errors import GroundswellError, Invalid, Unauthenticated
from groundswell.contract.inbox import ReadState
from groundswell.contract.privacy import VERBS
from groundswell.contract.times import SECOND, Clock
from groundswell.web.assets import Assets
from groundswell.web.csrf import FormTokens
from groundswell.web.errors import ErrorPages, theme_of
from groundswell.web.forms import TOKEN_FIELD, form_of
from groundswell.web.mine import AUDIENCES, Mine, changes_of, money, page_of, sentence_of
from groundswell.web.qr import qr_of
from groundswell.web.site import STATIC
from groundswell.web.templates import Templates

AnyRequest = Request[Any, Any, Any]

PATH = "/me"
COOKIE = "gs_user"
LONGEST_SECONDS = 3600
"""However long the token would be good for, a browser keeps it no longer."""

_PRIVATE = {"cache-control": "private, no-store", "vary": "Cookie"}
_LARGEST_FORM = 16 * 1024
_WRONG_TOKEN = (
    "This access token is not valid, or no longer. Ask for a new one where you came from."  # noqa: S105
)
_STATES: dict[str, ReadState] = {"read": "read", "unread": "unread", "dismissed": "dismissed"}


class Shown(msgspec.Struct, frozen=True):
    """Whose token it is, and when it ends, in microseconds."""

    user: Principal
    expires_at: int | None


Verify = Callable[[str, str], Awaitable[Shown]]
"""What a user's access token says, shown from an address; raises Unauthenticated."""


class MySite(msgspec.Struct, frozen=True):
    """What the routes need."""

    mine: Mine
    verify: Verify
    templates: Templates
    tokens: FormTokens
    clock: Clock
    secure_cookies: bool

    async def who(self, request: AnyRequest, caller: Principal) -> Principal | None:
        """The user who is signed in, by the cookie or by the header, checked anew each time."""
        if caller.user_id is not None:
            return caller
        shown = request.cookies.get(COOKIE)
        if not shown:
            return None
        try:
            return (await self.verify(shown, caller.address)).user
        except Unauthenticated:
            return None


def me_router(
    *,
    mine: Mine,
    verify: Verify,
    csrf_key: bytes,
    notice: str | None = None,
    clock: Clock = times.now,
    secure_cookies: bool = False,
) -> Router:
    """The router of the page. ``csrf_key`` is that of the other pages."""
    templates = Templates(asset_url=Assets(STATIC).url, clock=clock, notice=notice)
    problems = ErrorPages(templates)
    site = MySite(mine, verify, templates, FormTokens(csrf_key), clock, secure_cookies)
    return Router(
        path=PATH,
        route_handlers=[me, sign_in_form, sign_in, sign_out, mark, set_privacy],
        dependencies={"my_site": Provide(lambda: site, sync_to_thread=False)},
        exception_handlers={
            GroundswellError: problems,
            HTTPException: problems,
            Exception: problems,
        },
        request_max_body_size=_LARGEST_FORM,
        include_in_schema=False,
    )


@get("/", media_type=MediaType.HTML)
async def me(
    request: AnyRequest, my_site: NamedDependency[MySite], caller: NamedDependency[Principal]
) -> Response[str]:
    """The page, or where to sign in."""
    user = await my_site.who(request, caller)
    if user is None or user.user_id is None:
        return _page(my_site, request, caller, "me_sign_in.html", {"problem": None}, 401)
    values = {
        "page": await page_of(my_site.mine, user, user.user_id),
        "qr_of": qr_of,
        "money": money,
        "sentence_of": sentence_of,
        "verbs": VERBS,
        "audiences": AUDIENCES,
    }
    return _page(my_site, request, caller, "me.html", values)


@get("/sign-in", media_type=MediaType.HTML, sync_to_thread=False)
def sign_in_form(
    request: AnyRequest, my_site: NamedDependency[MySite], caller: NamedDependency[Principal]
) -> Response[str]:
    """Where a token is shown; behind ``#`` it never reaches a server's log."""
    return _page(my_site, request, caller, "me_sign_in.html", {"problem": None})


@post("/sign-in")
async def sign_in(
    request: AnyRequest, my_site: NamedDependency[MySite], caller: NamedDependency[Principal]
) -> Response[Any]:
    """Keep a valid token in this browser, no longer than it is valid."""
    form = await _checked_form(request, my_site, caller)
    token = form.get("token", "").strip()
    try:
        shown = await my_site.verify(token, caller.address)
    except Unauthenticated:
        problem = {"problem": _WRONG_TOKEN}
        return _page(my_site, request, caller, "me_sign_in.html", problem, 401)
    return _see_page(my_site, token, _seconds(shown.expires_at, my_site.clock()))


@post("/sign-out")
async def sign_out(
    request: AnyRequest, my_site: NamedDependency[MySite], caller: NamedDependency[Principal]
) -> Response[Any]:
    """Forget the token in this browser; it stays valid elsewhere."""
    await _checked_form(request, my_site, caller)
    return _see_page(my_site, "", 0)


@post("/inbox/{message_id:str}")
async def mark(
    request: AnyRequest,
    my_site: NamedDependency[MySite],
    caller: NamedDependency[Principal],
    message_id: FromPath[str],
) -> Redirect:
    """Mark a message as read or unread, or dismiss it."""
    form = await _checked_form(request, my_site, caller)
    user = await _user(request, my_site, caller)
    state = _STATES.get(form.get("state", ""))
    if state is None:
        raise Invalid.at("state", "Must be read, unread or dismissed")
    await my_site.mine.mark(user, message_id, state)
    return Redirect(f"{PATH}#inbox", status_code=303)


@post("/privacy")
async def set_privacy(
    request: AnyRequest, my_site: NamedDependency[MySite], caller: NamedDependency[Principal]
) -> Redirect:
    """Save the form of privacy settings."""
    form = await _checked_form(request, my_site, caller)
    user = await _user(request, my_site, caller)
    await my_site.mine.privacy.change(user, changes_of(form), None)
    return Redirect(f"{PATH}#privacy", status_code=303)


async def _user(request: AnyRequest, site: MySite, caller: Principal) -> Principal:
    user = await site.who(request, caller)
    if user is None or user.user_id is None:
        raise Unauthenticated("You are not signed in any more. Please sign in again.")
    return user


def _seconds(expires_at: int | None, now: int) -> int:
    if expires_at is None:
        return LONGEST_SECONDS
    return max(0, min(LONGEST_SECONDS, (expires_at - now) // SECOND))


def _see_page(site: MySite, value: str, seconds: int) -> Redirect:
    cookie = Cookie(
        key=COOKIE,
        value=value,
        path=PATH,
        max_age=seconds,
        httponly=True,
        samesite="lax",
        secure=site.secure_cookies,
    )
    return Redirect(PATH, status_code=303, cookies=[cookie])


async def _checked_form(request: AnyRequest, site: MySite, caller: Principal) -> dict[str, str]:
    form = form_of(await request.body())
    site.tokens.check(caller.session_id, form.get(TOKEN_FIELD, ""))
    return dict(form)


def _page(
    site: MySite,
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
