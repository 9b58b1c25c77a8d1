"""Links: a redirect that counts people."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from litestar import HttpMethod, Response, Router, route
from litestar.datastructures import Cookie
from litestar.di import NamedDependency, Provide
from litestar.params import PathParameter

from groundswell.access.principal import Principal
from groundswell.contract.errors import NotFound
from groundswell.contract.times import SECOND
from groundswell.domains.referrals.offering import LONGEST_QUERY, ReferralActions, lower_headers
from groundswell.domains.referrals.tokens import COOKIE, PARAMETER, Carried
from groundswell.domains.referrals.views import Followed
from groundswell.http.body import ApiRequest
from groundswell.http.visits import Visit

CodeInPath = Annotated[str, PathParameter(max_length=64, description="A referral code.")]

_HEADERS = {
    "cache-control": "no-store",
    "x-robots-tag": "noindex, nofollow",
}
_GONE = "This link is no longer valid."


@route(
    "/r/{code:str}",
    http_method=[HttpMethod.GET, HttpMethod.HEAD],
    summary="Follow a referral link",
    status_code=302,
)
async def follow_link(
    code: CodeInPath,
    request: ApiRequest,
    caller: NamedDependency[Principal],
    actions: NamedDependency[ReferralActions],
) -> Response[str]:
    """Leads to the program's page, with the click's token in `gs_click` and a cookie.

    Parameters of the link, such as `utm_source`, go along unless the page's address has its own.
    Machines are led there too, but count nowhere. 410 once the code has ended.
    """
    visit = Visit(method=request.method, headers=lower_headers(request.headers))
    query = request.url.query or ""
    cookie = request.cookies.get(COOKIE)
    followed = await actions.follow(code, caller, visit, cookie, query)
    if followed.outcome == "unknown":
        raise NotFound("No such link")
    if followed.outcome == "gone":
        return Response(_GONE, status_code=410, media_type="text/plain", headers=_HEADERS)
    return _redirect(actions, followed, query, secure=request.url.scheme == "https")


def _redirect(
    actions: ReferralActions, followed: Followed, query: str, *, secure: bool
) -> Response[str]:
    url = _with_query(followed.url or "/", query)
    cookies: list[Cookie] = []
    if followed.click_id is not None and followed.visitor_id is not None:
        url = _with_token(url, actions.tokens.token(followed.click_id))
        carried = Carried(followed.visitor_id, followed.click_id)
        cookies.append(
            Cookie(
                key=COOKIE,
                value=actions.tokens.cookie(carried),
                max_age=followed.lifetime // SECOND,
                path="/",
                httponly=True,
                samesite="lax",
                secure=secure,
            )
        )
    return Response("", status_code=302, headers={**_HEADERS, "location": url}, cookies=cookies)


def _with_query(url: str, query: str) -> str:
    """The page with what the link was followed with, as far as it has no such parameters itself."""
    parts = urlsplit(url)
    own = {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)} | {PARAMETER}
    brought = parse_qsl(query[:LONGEST_QUERY], keep_blank_values=True)
    added = urlencode([(name, value) for name, value in brought if name not in own])
    return urlunsplit(parts._replace(query="&".join(filter(None, (parts.query, added)))))


def _with_token(url: str, token: str) -> str:
    parts = urlsplit(url)
    added = urlencode({PARAMETER: token})
    return urlunsplit(parts._replace(query="&".join(filter(None, (parts.query, added)))))


def link_router(actions: ReferralActions) -> Router:
    """The route of links. ``caller`` is provided by the application."""
    return Router(
        "/",
        route_handlers=[follow_link],
        dependencies={"actions": Provide(lambda: actions, sync_to_thread=False)},
        tags=["Referrals"],
    )
