"""The page of testimonials: what people say in public, newest first."""

from __future__ import annotations

from typing import Any, Protocol

import msgspec
from litestar import Request, Response, Router, get
from litestar.di import NamedDependency, Provide
from litestar.enums import MediaType
from litestar.exceptions import HTTPException
from litestar.params import FromQuery

from groundswell.access.principal import Principal
from groundswell.contract import times
from groundswell.contract.errors import GroundswellError
from groundswell.contract.times import Clock
from groundswell.domains.testimonials.views import TestimonialPage
from groundswell.web.assets import Assets
from groundswell.web.csrf import FormTokens
from groundswell.web.errors import ErrorPages, theme_of
from groundswell.web.site import STATIC
from groundswell.web.templates import Templates

AnyRequest = Request[Any, Any, Any]

SHOWN = 20
REACTIONS = (
    ("like", "Likes"),
    ("love", "Loved"),
    ("helpful", "Helpful"),
    ("celebrate", "Celebrated"),
)
"""Each kind, and what is shown for it."""

_FRESH = {"cache-control": "private, no-cache", "vary": "Cookie"}


class Published(Protocol):
    """What the page asks of the testimonials."""

    async def published(self, limit: int, cursor: str | None = None) -> TestimonialPage:
        """What everybody may read, newest first; raises Invalid."""
        ...


class TestimonialSite(msgspec.Struct, frozen=True):
    """Everything the route needs."""

    published: Published
    templates: Templates
    tokens: FormTokens


def testimonial_pages(
    *,
    published: Published,
    csrf_key: bytes,
    notice: str | None = None,
    clock: Clock = times.now,
) -> Router:
    """The router of the page. ``csrf_key`` is that of the other pages."""
    templates = Templates(asset_url=Assets(STATIC).url, clock=clock, notice=notice)
    problems = ErrorPages(templates)
    site = TestimonialSite(published, templates, FormTokens(csrf_key))
    return Router(
        path="/testimonials",
        route_handlers=[testimonials],
        dependencies={"testimonial_site": Provide(lambda: site, sync_to_thread=False)},
        exception_handlers={
            GroundswellError: problems,
            HTTPException: problems,
            Exception: problems,
        },
        include_in_schema=False,
    )


@get("/", media_type=MediaType.HTML)
async def testimonials(
    request: AnyRequest,
    testimonial_site: NamedDependency[TestimonialSite],
    caller: NamedDependency[Principal],
    after: FromQuery[str | None] = None,
) -> Response[str]:
    """What is published, ``after`` a place in the list; live where it is the newest."""
    page = await testimonial_site.published.published(SHOWN, after)
    session = caller.session_id
    token = None if session is None else testimonial_site.tokens.token(session)
    content = testimonial_site.templates.render(
        "testimonials.html",
        theme=theme_of(request),
        form_token=token,
        values={
            "page": page,
            "live": after is None,
            "kinds": REACTIONS,
            "path": request.url.path,
        },
    )
    return Response(content, media_type=MediaType.HTML, headers=_FRESH)
