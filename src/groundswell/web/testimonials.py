"""The page of testimonials: what people say in public, newest first."""

from __future__ import annotations

from typing import Protocol

import msgspec
from litestar import Response, Router, get
from litestar.di import NamedDependency
from litestar.enums import MediaType
from litestar.params import FromQuery

from groundswell.access.principal import Principal
from groundswell.contract import times
from groundswell.contract.paging import Page
from groundswell.contract.times import Clock
from groundswell.domains.testimonials.views import TestimonialView
from groundswell.web.surface import AnyRequest, Surface, page_router, surface_of

SHOWN = 20
REACTIONS = (
    ("like", "Likes"),
    ("love", "Loved"),
    ("helpful", "Helpful"),
    ("celebrate", "Celebrated"),
)
"""Each kind, and what is shown for it."""


class Published(Protocol):
    """What the page asks of the testimonials."""

    async def published(self, limit: int, cursor: str | None = None) -> Page[TestimonialView]:
        """What everybody may read, newest first; raises Invalid."""
        ...


class TestimonialSite(msgspec.Struct, frozen=True):
    """Everything the route needs."""

    published: Published
    surface: Surface


def testimonial_pages(
    *,
    published: Published,
    csrf_key: bytes,
    notice: str | None = None,
    clock: Clock = times.now,
) -> Router:
    """The router of the page. ``csrf_key`` is that of the other pages."""
    surface = surface_of(csrf_key, notice, clock)
    site = TestimonialSite(published, surface)
    return page_router("/testimonials", [testimonials], surface, testimonial_site=site)


@get("/", media_type=MediaType.HTML)
async def testimonials(
    request: AnyRequest,
    testimonial_site: NamedDependency[TestimonialSite],
    caller: NamedDependency[Principal],
    after: FromQuery[str | None] = None,
) -> Response[str]:
    """What is published, ``after`` a place in the list; live where it is the newest."""
    page = await testimonial_site.published.published(SHOWN, after)
    values = {"page": page, "live": after is None, "kinds": REACTIONS}
    return testimonial_site.surface.page(request, caller, "testimonials.html", values)
