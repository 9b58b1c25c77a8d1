"""``/ops/moderation``: what people wrote and somebody has to look at, for those who decide."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Literal, Protocol, get_args

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.enums import MediaType
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from groundswell.access.principal import Principal
from groundswell.contract.errors import Invalid
from groundswell.contract.events.testimonials import TestimonialState
from groundswell.contract.paging import Page
from groundswell.domains.moderation.commands import HeldItem
from groundswell.domains.testimonials.views import OwnTestimonial
from groundswell.web.desk import Desk, chosen
from groundswell.web.operators import PATH as OPERATIONS
from groundswell.web.surface import AnyRequest, page_router

PATH = "/ops/moderation"
SHOWN = 20
STATES = ("held", "approved", "rejected")
LONGEST_REASON = 500

ContentDecision = Literal["approve", "reject"]
TestimonialDecision = Literal["publish", "reject"]


class HeldContent(Protocol):
    """What the page asks of moderation."""

    async def queue(self, state: str, limit: int, cursor: str | None) -> Page[HeldItem]:
        """What is in a state, oldest first."""
        ...


class Reviewed(Protocol):
    """What the page asks of testimonials."""

    async def queue(
        self, state: TestimonialState, limit: int, cursor: str | None
    ) -> Page[OwnTestimonial]:
        """Those in a state; who waits longest comes first."""
        ...


class ContentReview(msgspec.Struct, frozen=True):
    """What is behind the page: two queues, and a decision for each."""

    content: HeldContent
    testimonials: Reviewed
    decide: Callable[[str, ContentDecision, str | None], Awaitable[object]]
    decide_testimonial: Callable[[str, TestimonialDecision, str | None], Awaitable[object]]


def moderation_pages(*, content_review: ContentReview, desk: Desk) -> Router:
    """The router of the page; one signs in at ``/ops``."""
    handlers = [moderation, decide_content, decide_testimonial]
    return page_router(PATH, handlers, desk.surface, content_review=content_review, desk=desk)


@get("/", media_type=MediaType.HTML)
async def moderation(
    request: AnyRequest,
    content_review: NamedDependency[ContentReview],
    desk: NamedDependency[Desk],
    caller: NamedDependency[Principal],
    status: FromQuery[str] = "held",
    after: FromQuery[str | None] = None,
) -> Response[Any]:
    """Content in one state, ``after`` a place in it, and the testimonials that wait."""
    if not desk.may_see(request, caller):
        return Redirect(OPERATIONS, status_code=303)
    if status not in STATES:
        raise Invalid.at("status", f"Must be one of {', '.join(STATES)}")
    waiting = content_review.testimonials
    values = {
        "held": await content_review.content.queue(status, SHOWN, after),
        "testimonials": [
            *(await waiting.queue("submitted", SHOWN, None)).items,
            *(await waiting.queue("in_review", SHOWN, None)).items,
        ],
        "status": status,
        "states": STATES,
        "longest_reason": LONGEST_REASON,
        "path": PATH,
    }
    return desk.surface.page(request, caller, "ops_moderation.html", values)


@post("/content/{item_id:str}")
async def decide_content(
    request: AnyRequest,
    content_review: NamedDependency[ContentReview],
    desk: NamedDependency[Desk],
    caller: NamedDependency[Principal],
    item_id: FromPath[str],
) -> Redirect:
    """Publish what is held, or not; its author is told, with the reason."""
    form = await desk.form(request, caller)
    decision = chosen(form, "decision", get_args(ContentDecision))
    await content_review.decide(item_id, decision, _reason(form))
    return Redirect(f"{PATH}#content", status_code=303)


@post("/testimonials/{testimonial_id:str}")
async def decide_testimonial(
    request: AnyRequest,
    content_review: NamedDependency[ContentReview],
    desk: NamedDependency[Desk],
    caller: NamedDependency[Principal],
    testimonial_id: FromPath[str],
) -> Redirect:
    """Publish a testimonial, or not."""
    form = await desk.form(request, caller)
    decision = chosen(form, "decision", get_args(TestimonialDecision))
    await content_review.decide_testimonial(testimonial_id, decision, _reason(form))
    return Redirect(f"{PATH}#testimonials", status_code=303)


def _reason(form: dict[str, str]) -> str | None:
    reason = form.get("reason", "").strip()
    if len(reason) > LONGEST_REASON or "\0" in reason:
        raise Invalid.at("reason", f"Must be at most {LONGEST_REASON} characters of text")
    return reason or None
