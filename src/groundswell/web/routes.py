"""The addresses of the pages, their forms and their static files."""

from __future__ import annotations

from typing import Any

import structlog
from litestar import Response, Router, get, post
from litestar.background_tasks import BackgroundTask
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.enums import MediaType
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from groundswell.access.principal import Principal
from groundswell.contract import times
from groundswell.contract.errors import GroundswellError, Invalid, NotFound
from groundswell.contract.times import Clock
from groundswell.domains.engagement.views import Period, VoteType
from groundswell.web.assets import Assets
from groundswell.web.errors import ErrorPages
from groundswell.web.forms import comment_problem, local_path
from groundswell.web.pages import Lists, MediaPage, Pages, Queries, Related, media_file_id_of
from groundswell.web.prints import svg_of
from groundswell.web.site import Actions, Site
from groundswell.web.surface import STATIC, AnyRequest, page_router, surface_of
from groundswell.web.templates import Templates

_YEAR = 365 * 24 * 3600
_FOREVER = {"cache-control": f"public, max-age={_YEAR}, immutable"}
_LARGEST_FORM = 64 * 1024
_PERIODS: dict[str, Period] = {"24h": "24h", "7d": "7d", "30d": "30d", "all": "all"}
_CHART_PERIODS: dict[str, Period] = {"24h": "24h", "7d": "7d", "30d": "30d"}
_VOTES: dict[str, VoteType | None] = {"up": "up", "down": "down", "none": None}
_DONE = {
    "voted": "Your vote is counted.",
    "unvoted": "Your vote is taken back.",
    "commented": "Your comment is published.",
}


def web_router(
    *,
    queries: Queries,
    lists: Lists,
    actions: Actions,
    csrf_key: bytes,
    related: Related | None = None,
    notice: str | None = None,
    clock: Clock = times.now,
    secure_cookies: bool = False,
) -> Router:
    """The router of all pages.

    ``caller: Principal`` is expected as a dependency of the application. ``csrf_key`` is secret
    and the same in every process. ``notice`` is a sentence shown on every page; a plain text is
    escaped, a ``markupsafe.Markup`` keeps its links.
    """
    assets = Assets(STATIC)
    surface = surface_of(csrf_key, notice, clock, assets=assets)
    site = Site(
        pages=Pages(queries, lists, related),
        surface=surface,
        assets=assets,
        actions=actions,
        secure_cookies=secure_cookies,
    )
    handlers = [home, media, vote, comment, comments_moved, theme, print_svg, static_file]
    return page_router("/", handlers, surface, largest_form=_LARGEST_FORM, site=site)


def error_pages(*, notice: str | None = None, clock: Clock = times.now) -> ErrorPages:
    """The error pages alone, for addresses that no router knows."""
    return ErrorPages(Templates(asset_url=Assets(STATIC).url, clock=clock, notice=notice))


@get("/", media_type=MediaType.HTML)
async def home(
    request: AnyRequest,
    site: NamedDependency[Site],
    caller: NamedDependency[Principal],
    period: FromQuery[str] = "24h",
) -> Response[str]:
    """The lists and what happens now; ``period`` is that of the popular list."""
    page = await site.pages.home(_one_of(_PERIODS, period))
    return site.surface.page(request, caller, "home.html", {"page": page})


@get("/media/{media_file_id:str}", media_type=MediaType.HTML)
async def media(
    request: AnyRequest,
    site: NamedDependency[Site],
    caller: NamedDependency[Principal],
    media_file_id: FromPath[str],
    chart: FromQuery[str] = "24h",
    comments: FromQuery[str | None] = None,
    done: FromQuery[str | None] = None,
) -> Response[str]:
    """One file. Looking at it is recorded as a view, after the answer and at no risk to it."""
    file = media_file_id_of(media_file_id)
    page = await _media_page(site, caller, file, chart=chart, cursor=comments)
    said = _DONE.get(done) if done is not None else None
    response = _media_response(site, request, caller, page, said=said)
    if not request.headers.get("sec-purpose", "").startswith("prefetch"):
        response.background = BackgroundTask(_record_view, site, caller, file)
    return response


@post("/media/{media_file_id:str}/vote")
async def vote(
    request: AnyRequest,
    site: NamedDependency[Site],
    caller: NamedDependency[Principal],
    media_file_id: FromPath[str],
) -> Redirect:
    """Cast, change or take back a vote by form: ``vote`` is ``up``, ``down`` or ``none``."""
    form = await site.surface.form(request, caller)
    file = media_file_id_of(media_file_id)
    wanted = form.get("vote", "")
    if wanted not in _VOTES:
        raise Invalid.at("vote", "Expected up, down or none")
    await site.actions.vote(caller, file, _VOTES[wanted])
    return _see(f"/media/{file}?done={'unvoted' if wanted == 'none' else 'voted'}#vote")


@post("/media/{media_file_id:str}/comments")
async def comment(
    request: AnyRequest,
    site: NamedDependency[Site],
    caller: NamedDependency[Principal],
    media_file_id: FromPath[str],
) -> Response[Any]:
    """Publish a comment by form; one that cannot be published comes back with the reason."""
    form = await site.surface.form(request, caller)
    file = media_file_id_of(media_file_id)
    body = form.get("body", "").replace("\r\n", "\n")
    problem = comment_problem(body)
    if problem is not None:
        page = await _media_page(site, caller, file, chart="24h", cursor=None)
        return _media_response(site, request, caller, page, draft=body, problem=problem)
    await site.actions.comment(caller, file, body.strip())
    return _see(f"/media/{file}?done=commented#comments")


@get("/media/{media_file_id:str}/comments")
async def comments_moved(media_file_id: FromPath[str]) -> Redirect:
    """Where a refused comment leaves the address bar; opened anew it leads to the comments."""
    return _see(f"/media/{media_file_id_of(media_file_id)}#comments")


@post("/theme")
async def theme(
    request: AnyRequest, site: NamedDependency[Site], caller: NamedDependency[Principal]
) -> Redirect:
    """Remember light, dark or the system's choice in a cookie, and go back."""
    form = await site.surface.form(request, caller)
    wanted = form.get("theme")
    if wanted not in ("auto", "light", "dark"):
        raise Invalid.at("theme", "Expected auto, light or dark")
    cookie = Cookie(
        key="theme",
        value=wanted,
        path="/",
        max_age=_YEAR,
        samesite="lax",
        secure=site.secure_cookies,
    )
    return _see(local_path(form.get("back", "/")), cookie)


@get("/media/{media_file_id:str}/print.svg")
async def print_svg(site: NamedDependency[Site], media_file_id: FromPath[str]) -> Response[bytes]:
    """The picture of a file, for rows that a script adds to a list."""
    picture = svg_of(media_file_id_of(media_file_id))
    return Response(picture.encode(), media_type="image/svg+xml", headers=_FOREVER)


@get("/static/{version:str}/{name:path}")
async def static_file(
    site: NamedDependency[Site], version: FromPath[str], name: FromPath[str]
) -> Response[bytes]:
    """A static file. Under its own version it never changes, under any other it may."""
    asset = site.assets.find(name.lstrip("/"))
    if asset is None:
        raise NotFound("There is no such file.")
    headers = _FOREVER if version == site.assets.version else {"cache-control": "no-cache"}
    return Response(asset.content, media_type=asset.media_type, headers=headers)


async def _media_page(
    site: Site, caller: Principal, file: int, *, chart: str, cursor: str | None
) -> MediaPage:
    return await site.pages.media(
        file,
        voter_key=site.actions.voter(caller, file),
        period=_one_of(_CHART_PERIODS, chart),
        cursor=cursor,
    )


def _media_response(
    site: Site,
    request: AnyRequest,
    caller: Principal,
    page: MediaPage,
    *,
    said: str | None = None,
    draft: str = "",
    problem: str | None = None,
) -> Response[str]:
    values = {"page": page, "said": said, "draft": draft, "problem": problem}
    status = 200 if problem is None else 400
    return site.surface.page(request, caller, "media.html", values, status=status)


async def _record_view(site: Site, caller: Principal, file: int) -> None:
    """Record that the page was seen. The visitor has it by now, so a failure is only logged."""
    try:
        await site.actions.view(caller, file)
    except GroundswellError as error:
        structlog.get_logger().info("view not recorded", media_file_id=file, reason=error.code)
    except Exception:
        structlog.get_logger().exception("view not recorded", media_file_id=file)


def _one_of(periods: dict[str, Period], wanted: str) -> Period:
    if wanted not in periods:
        raise NotFound(f"There is no period of that name; there are {', '.join(periods)}.")
    return periods[wanted]


def _see(path: str, *cookies: Cookie) -> Redirect:
    """Answer a form by sending the browser to a page, so that reloading it repeats nothing."""
    return Redirect(path, status_code=303, cookies=list(cookies))
