"""``/me``: what is somebody's own, for users of the host application in a browser."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.enums import MediaType
from litestar.params import FromPath
from litestar.response import Redirect

from groundswell.access.principal import Principal
from groundswell.contract import times
from groundswell.contract.errors import Invalid, Unauthenticated
from groundswell.contract.inbox import ReadState
from groundswell.contract.privacy import VERBS
from groundswell.contract.times import SECOND, Clock
from groundswell.web.mine import AUDIENCES, Mine, changes_of, money, page_of
from groundswell.web.qr import qr_of
from groundswell.web.sentences import sentence_of
from groundswell.web.surface import (
    PRIVATE,
    AnyRequest,
    Surface,
    back_to,
    page_router,
    surface_of,
)

PATH = "/me"
COOKIE = "gs_user"
LONGEST_SECONDS = 3600
"""However long the token would be good for, a browser keeps it no longer."""

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
    surface: Surface
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
    surface = surface_of(csrf_key, notice, clock, headers=PRIVATE)
    site = MySite(mine, verify, surface, clock, secure_cookies)
    handlers = [me, sign_in_form, sign_in, sign_out, mark, set_privacy]
    return page_router(PATH, handlers, surface, largest_form=_LARGEST_FORM, my_site=site)


@get("/", media_type=MediaType.HTML)
async def me(
    request: AnyRequest, my_site: NamedDependency[MySite], caller: NamedDependency[Principal]
) -> Response[str]:
    """The page, or where to sign in."""
    user = await my_site.who(request, caller)
    if user is None or user.user_id is None:
        return _sign_in_page(my_site, request, caller)
    values = {
        "page": await page_of(my_site.mine, user, user.user_id),
        "qr_of": qr_of,
        "money": money,
        "sentence_of": sentence_of,
        "verbs": VERBS,
        "audiences": AUDIENCES,
        "path": PATH,
    }
    return my_site.surface.page(request, caller, "me.html", values)


@get("/sign-in", media_type=MediaType.HTML, sync_to_thread=False)
def sign_in_form(
    request: AnyRequest, my_site: NamedDependency[MySite], caller: NamedDependency[Principal]
) -> Response[str]:
    """Where a token is shown; behind ``#`` it never reaches a server's log."""
    return _sign_in_page(my_site, request, caller)


@post("/sign-in")
async def sign_in(
    request: AnyRequest, my_site: NamedDependency[MySite], caller: NamedDependency[Principal]
) -> Response[Any]:
    """Keep a valid token in this browser, no longer than it is valid."""
    form = await my_site.surface.form(request, caller)
    token = form.get("token", "").strip()
    try:
        shown = await my_site.verify(token, caller.address)
    except Unauthenticated:
        return _sign_in_page(my_site, request, caller, _WRONG_TOKEN)
    return _see_page(my_site, token, _seconds(shown.expires_at, my_site.clock()))


@post("/sign-out")
async def sign_out(
    request: AnyRequest, my_site: NamedDependency[MySite], caller: NamedDependency[Principal]
) -> Response[Any]:
    """Forget the token in this browser; it stays valid elsewhere."""
    await my_site.surface.form(request, caller)
    return _see_page(my_site, "", 0)


@post("/inbox/{message_id:str}")
async def mark(
    request: AnyRequest,
    my_site: NamedDependency[MySite],
    caller: NamedDependency[Principal],
    message_id: FromPath[str],
) -> Redirect:
    """Mark a message as read or unread, or dismiss it."""
    form = await my_site.surface.form(request, caller)
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
    form = await my_site.surface.form(request, caller)
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
    return back_to(PATH, COOKIE, value, seconds=seconds, samesite="lax", secure=site.secure_cookies)


def _sign_in_page(
    site: MySite, request: AnyRequest, caller: Principal, problem: str | None = None
) -> Response[str]:
    values = {"problem": problem, "path": PATH}
    status = 200 if problem is None else 401
    return site.surface.page(request, caller, "me_sign_in.html", values, status=status)
