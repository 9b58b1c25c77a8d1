"""The HTTP face of referral programs: programs, codes, claims, one's own referrals."""

from __future__ import annotations

from typing import Annotated

from litestar import Router, delete, get, patch, post
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody, PathParameter

from groundswell.access.principal import Principal
from groundswell.contract.paging import Page
from groundswell.domains.referrals import bodies
from groundswell.domains.referrals.list_routes import LISTS
from groundswell.domains.referrals.offering import ReferralActions
from groundswell.domains.referrals.program_lists import ProgramLists
from groundswell.domains.referrals.queries import ReferralQueries
from groundswell.domains.referrals.review_queries import ReviewQueries
from groundswell.domains.referrals.review_routes import REVIEW
from groundswell.domains.referrals.views import (
    AttributionView,
    CodeView,
    ConversionView,
    Done,
    MyReferrals,
    ProgramClicks,
    ProgramView,
    Redemption,
    Touched,
)
from groundswell.http.callers import require_host, require_user
from groundswell.http.openapi import HOST_ONLY, USER_ONLY
from groundswell.http.parameters import CursorText, Limit
from groundswell.store.commands import Idempotency

Id = Annotated[str, PathParameter(max_length=128, description="An id.")]

Actions = NamedDependency[ReferralActions]
Queries = NamedDependency[ReferralQueries]
Caller = NamedDependency[Principal]
Attempt = NamedDependency[Idempotency | None]


@post("/programs", summary="Make a referral program (host only)", security=HOST_ONLY)
async def post_program(
    data: JSONBody[bodies.NewProgram], caller: Caller, actions: Actions, idempotency: Attempt
) -> ProgramView:
    """Rules, stages, windows, limits and rewards: version 1 of them."""
    require_host(caller)
    return await actions.create_program(data, idempotency)


@get("/programs", summary="All referral programs (host only)", security=HOST_ONLY)
async def get_programs(
    caller: Caller, queries: Queries, limit: Limit = 20, cursor: CursorText = None
) -> Page[ProgramView]:
    """Newest first."""
    require_host(caller)
    return await queries.programs(limit, cursor)


@get("/programs/{program_id:str}", summary="A referral program (host only)", security=HOST_ONLY)
async def get_program(program_id: Id, caller: Caller, queries: Queries) -> ProgramView:
    """With its newest rules."""
    require_host(caller)
    return await queries.program(program_id)


@patch("/programs/{program_id:str}", summary="Change a program (host only)", security=HOST_ONLY)
async def patch_program(
    program_id: Id,
    data: JSONBody[bodies.ProgramChanges],
    caller: Caller,
    actions: Actions,
    idempotency: Attempt,
) -> ProgramView:
    """A new version. Referrals keep the rules they were attributed under."""
    require_host(caller)
    return await actions.change_program(program_id, data, idempotency)


@get("/programs/{program_id:str}/clicks", summary="A program's clicks (host)", security=HOST_ONLY)
async def get_clicks(program_id: Id, caller: Caller, queries: Queries) -> ProgramClicks:
    """All, those of people, and why the others do not count."""
    require_host(caller)
    return await queries.clicks(program_id)


@post("/programs/{program_id:str}/codes", summary="A user's code and link", security=USER_ONLY)
async def post_code(
    program_id: Id,
    caller: Caller,
    actions: Actions,
    idempotency: Attempt,
    data: JSONBody[bodies.NewCode | None] = None,
) -> CodeView:
    """The code the user has in this program, or a new one. Only the host may set limits."""
    return await actions.make_code(program_id, data or bodies.NewCode(), caller, idempotency)


@delete(
    "/programs/{program_id:str}/codes/{code_id:str}",
    summary="Take a code back",
    status_code=200,
    security=USER_ONLY,
)
async def delete_code(
    program_id: Id, code_id: Id, caller: Caller, actions: Actions, idempotency: Attempt
) -> CodeView:
    """Its link answers 410; clicks made before still count."""
    return await actions.revoke_code(program_id, code_id, caller, idempotency)


@post("/programs/{program_id:str}/redemptions", summary="Redeem a code", security=USER_ONLY)
async def post_redemption(
    program_id: Id,
    data: JSONBody[bodies.NewRedemption],
    caller: Caller,
    actions: Actions,
    idempotency: Attempt,
) -> Redemption:
    """A code somebody typed. The same claim again is answered with the same referral."""
    return await actions.redeem(program_id, data, caller, idempotency)


@post("/programs/{program_id:str}/touches", summary="Report a click (host)", security=HOST_ONLY)
async def post_touch(
    program_id: Id,
    data: JSONBody[bodies.NewTouch],
    caller: Caller,
    actions: Actions,
    idempotency: Attempt,
) -> Touched:
    """A click counted elsewhere. Within a day it may still change whose a registration is."""
    require_host(caller)
    return await actions.report_touch(program_id, data, idempotency)


@post("/programs/{program_id:str}/attributions", summary="Decide (host)", security=HOST_ONLY)
async def post_attribution(
    program_id: Id,
    data: JSONBody[bodies.NewReferrer],
    caller: Caller,
    actions: Actions,
    idempotency: Attempt,
) -> Redemption:
    """Who referred somebody, by hand: conversions go over to the new referrer."""
    require_host(caller)
    return await actions.set_referrer(program_id, data, idempotency)


@post(
    "/programs/{program_id:str}/conversions",
    summary="Report what a user did (host only)",
    status_code=202,
    security=HOST_ONLY,
)
async def post_conversion(
    program_id: Id,
    data: JSONBody[bodies.NewConversion],
    caller: Caller,
    actions: Actions,
    queries: Queries,
    idempotency: Attempt,
) -> Done:
    """Counted once per `externalEventId`, if a stage of the program is reached by its `type`."""
    require_host(caller)
    await queries.program(program_id)
    return await actions.report_conversion(program_id, data, idempotency)


@post(
    "/conversions/{conversion_id:str}/reverse",
    summary="Undo a conversion (host only)",
    status_code=200,
    security=HOST_ONLY,
)
async def post_reversal(
    conversion_id: Id,
    data: JSONBody[bodies.Reversal],
    caller: Caller,
    actions: Actions,
    idempotency: Attempt,
) -> ConversionView:
    """All of it, or with `refunded` the part of its amount that was paid back."""
    require_host(caller)
    return await actions.reverse(conversion_id, data, idempotency)


@get("/referrals/{referral_id:str}", summary="Why a referral is whose it is", security=HOST_ONLY)
async def get_referral(referral_id: Id, caller: Caller, queries: Queries) -> AttributionView:
    """Every touch that was considered, and why it lost (host only)."""
    require_host(caller)
    return await queries.attribution(referral_id)


@get("/me/referrals", summary="The caller's referrals", security=USER_ONLY)
async def get_my_referrals(
    caller: Caller, queries: Queries, limit: Limit = 20, cursor: CursorText = None
) -> MyReferrals:
    """Newest first, and all of them counted."""
    return await queries.mine(require_user(caller), limit, cursor)


def referral_router(
    actions: ReferralActions,
    queries: ReferralQueries,
    reviews: ReviewQueries,
    lists: ProgramLists,
) -> Router:
    """The routes under ``/v1``. ``caller`` and ``idempotency`` are provided by the application."""
    return Router(
        "/v1",
        route_handlers=[
            post_program,
            get_programs,
            get_program,
            patch_program,
            get_clicks,
            post_code,
            delete_code,
            post_redemption,
            post_touch,
            post_attribution,
            post_conversion,
            post_reversal,
            get_referral,
            get_my_referrals,
            *REVIEW,
            *LISTS,
        ],
        dependencies={
            "actions": Provide(lambda: actions, sync_to_thread=False),
            "queries": Provide(lambda: queries, sync_to_thread=False),
            "reviews": Provide(lambda: reviews, sync_to_thread=False),
            "lists": Provide(lambda: lists, sync_to_thread=False),
        },
        tags=["Referrals"],
    )
