"""The HTTP face of testimonials."""

from __future__ import annotations

from typing import Annotated

from litestar import Router, delete, get, patch, post
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody, PathParameter, QueryParameter

from groundswell.access.principal import Principal
from groundswell.contract.events.testimonials import ReactionKind, TestimonialState
from groundswell.contract.paging import Page
from groundswell.domains.testimonials.bodies import Decided, Edit, NewReaction, NewTestimonial
from groundswell.domains.testimonials.offering import Testimonials
from groundswell.domains.testimonials.views import (
    OwnTestimonial,
    ReactionsView,
    TestimonialView,
)
from groundswell.http.openapi import HOST_ONLY, USER_ONLY
from groundswell.http.parameters import CursorText, Limit
from groundswell.store.commands import Idempotency

TestimonialId = Annotated[
    str,
    PathParameter(
        min_length=1, max_length=64, description="The testimonial's id, `testimonial-…`."
    ),
]
Kind = Annotated[ReactionKind, PathParameter(description="The kind of the reaction.")]
NO_NUL = r"^[^\x00]*$"

OfProject = Annotated[
    str,
    QueryParameter(
        name="projectId", max_length=128, pattern=NO_NUL, description="Only of this project."
    ),
]
AboutUser = Annotated[
    str,
    QueryParameter(
        name="subjectId", max_length=128, pattern=NO_NUL, description="Only about this user."
    ),
]
InState = Annotated[TestimonialState, QueryParameter(name="state", description="In which state.")]


@post("/testimonials", summary="Submit a testimonial", security=USER_ONLY)
async def post_testimonial(
    data: JSONBody[NewTestimonial],
    caller: NamedDependency[Principal],
    testimonials: NamedDependency[Testimonials],
    idempotency: NamedDependency[Idempotency | None],
) -> OwnTestimonial:
    """By who was asked about the project; with the consent to publish it. It is public when the
    host has published it."""
    return await testimonials.submit(caller, data, idempotency)


@get("/testimonials", summary="Published testimonials")
async def get_testimonials(
    testimonials: NamedDependency[Testimonials],
    limit: Limit = 20,
    cursor: CursorText = None,
    of_project: OfProject = "",
    about_user: AboutUser = "",
) -> Page[TestimonialView]:
    """Newest first."""
    return await testimonials.published(limit, cursor, of_project, about_user)


@get("/testimonials/queue", summary="Testimonials in a state (host only)", security=HOST_ONLY)
async def get_queue(
    caller: NamedDependency[Principal],
    testimonials: NamedDependency[Testimonials],
    in_state: InState = "submitted",
    limit: Limit = 20,
    cursor: CursorText = None,
) -> Page[OwnTestimonial]:
    """Who waits longest comes first."""
    return await testimonials.queue(caller, in_state, limit, cursor)


@get("/me/testimonials", summary="The caller's testimonials", security=USER_ONLY)
async def get_mine(
    caller: NamedDependency[Principal],
    testimonials: NamedDependency[Testimonials],
    limit: Limit = 20,
    cursor: CursorText = None,
) -> Page[OwnTestimonial]:
    """Those the caller is asked for, and those they wrote; newest first."""
    return await testimonials.mine(caller, limit, cursor)


@get("/testimonials/{testimonial_id:str}", summary="A testimonial")
async def get_testimonial(
    testimonial_id: TestimonialId,
    caller: NamedDependency[Principal],
    testimonials: NamedDependency[Testimonials],
) -> OwnTestimonial | TestimonialView:
    """A published one to anybody, others to their author and the host, who also see its state,
    its reason and the consents."""
    return await testimonials.show(caller, testimonial_id)


@patch("/testimonials/{testimonial_id:str}", summary="Edit a testimonial", security=USER_ONLY)
async def patch_testimonial(
    testimonial_id: TestimonialId,
    data: JSONBody[Edit],
    caller: NamedDependency[Principal],
    testimonials: NamedDependency[Testimonials],
    idempotency: NamedDependency[Idempotency | None],
) -> OwnTestimonial:
    """By its author. It is not public any more until it was reviewed again."""
    return await testimonials.edit(caller, testimonial_id, data, idempotency)


@post(
    "/testimonials/{testimonial_id:str}/withdraw",
    summary="Withdraw a testimonial",
    status_code=200,
    security=USER_ONLY,
)
async def post_withdraw(
    testimonial_id: TestimonialId,
    caller: NamedDependency[Principal],
    testimonials: NamedDependency[Testimonials],
    idempotency: NamedDependency[Idempotency | None],
) -> OwnTestimonial:
    """By its author, at any time: nobody reads it any more, and what was said is not kept."""
    return await testimonials.withdraw(caller, testimonial_id, idempotency)


@post(
    "/testimonials/{testimonial_id:str}/review",
    summary="Look at a testimonial (host only)",
    status_code=200,
    security=HOST_ONLY,
)
async def post_review(
    testimonial_id: TestimonialId,
    caller: NamedDependency[Principal],
    testimonials: NamedDependency[Testimonials],
    idempotency: NamedDependency[Idempotency | None],
) -> OwnTestimonial:
    """Take what was submitted, or hidden, into review."""
    return await testimonials.decide(caller, testimonial_id, "review", None, idempotency)


@post(
    "/testimonials/{testimonial_id:str}/publish",
    summary="Publish a testimonial (host only)",
    status_code=200,
    security=HOST_ONLY,
)
async def post_publish(
    testimonial_id: TestimonialId,
    caller: NamedDependency[Principal],
    testimonials: NamedDependency[Testimonials],
    idempotency: NamedDependency[Idempotency | None],
) -> OwnTestimonial:
    """Everybody may read it, and hears of it on `testimonials.recent`."""
    return await testimonials.decide(caller, testimonial_id, "publish", None, idempotency)


@post(
    "/testimonials/{testimonial_id:str}/reject",
    summary="Reject a testimonial (host only)",
    status_code=200,
    security=HOST_ONLY,
)
async def post_reject(
    testimonial_id: TestimonialId,
    data: JSONBody[Decided],
    caller: NamedDependency[Principal],
    testimonials: NamedDependency[Testimonials],
    idempotency: NamedDependency[Idempotency | None],
) -> OwnTestimonial:
    """The author is told why, and may edit it."""
    return await testimonials.decide(caller, testimonial_id, "reject", data.reason, idempotency)


@post(
    "/testimonials/{testimonial_id:str}/hide",
    summary="Hide a testimonial (host only)",
    status_code=200,
    security=HOST_ONLY,
)
async def post_hide(
    testimonial_id: TestimonialId,
    data: JSONBody[Decided],
    caller: NamedDependency[Principal],
    testimonials: NamedDependency[Testimonials],
    idempotency: NamedDependency[Idempotency | None],
) -> OwnTestimonial:
    """Take a published one from the public; it comes back through a review."""
    return await testimonials.decide(caller, testimonial_id, "hide", data.reason, idempotency)


@post(
    "/testimonials/{testimonial_id:str}/reactions",
    summary="React to a testimonial",
    status_code=200,
    security=USER_ONLY,
)
async def post_reaction(
    testimonial_id: TestimonialId,
    data: JSONBody[NewReaction],
    caller: NamedDependency[Principal],
    testimonials: NamedDependency[Testimonials],
    idempotency: NamedDependency[Idempotency | None],
) -> ReactionsView:
    """One per user and kind; the same again changes nothing."""
    return await testimonials.react(caller, testimonial_id, data.kind, idempotency, active=True)


@delete(
    "/testimonials/{testimonial_id:str}/reactions/{kind:str}",
    summary="Take a reaction back",
    status_code=200,
    security=USER_ONLY,
)
async def delete_reaction(
    testimonial_id: TestimonialId,
    kind: Kind,
    caller: NamedDependency[Principal],
    testimonials: NamedDependency[Testimonials],
) -> ReactionsView:
    """One that is not there changes nothing."""
    return await testimonials.react(caller, testimonial_id, kind, active=False)


def testimonial_router(testimonials: Testimonials) -> Router:
    """The routes under ``/v1``. ``caller`` and ``idempotency`` are provided by the application."""
    return Router(
        "/v1",
        route_handlers=[
            post_testimonial,
            get_testimonials,
            get_queue,
            get_mine,
            get_testimonial,
            patch_testimonial,
            post_withdraw,
            post_review,
            post_publish,
            post_reject,
            post_hide,
            post_reaction,
            delete_reaction,
        ],
        dependencies={"testimonials": Provide(lambda: testimonials, sync_to_thread=False)},
        tags=["Testimonials"],
    )
