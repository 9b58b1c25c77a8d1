"""The HTTP face of suspicions: the review queue, decisions, and rules tried on the past."""

from __future__ import annotations

from typing import Annotated

from litestar import get, post
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody, PathParameter, QueryParameter

from groundswell.access.principal import Principal
from groundswell.contract.paging import Page
from groundswell.domains.referrals import bodies
from groundswell.domains.referrals.offering import ReferralActions
from groundswell.domains.referrals.review_queries import ReviewQueries
from groundswell.domains.referrals.views import CaseState, CaseView, Done, Trial
from groundswell.http.callers import require_host
from groundswell.http.openapi import HOST_ONLY
from groundswell.http.parameters import CursorText, Limit
from groundswell.store.commands import Idempotency

Id = Annotated[str, PathParameter(max_length=128, description="An id.")]
State = Annotated[CaseState, QueryParameter(description="Which cases.")]

Actions = NamedDependency[ReferralActions]
Reviews = NamedDependency[ReviewQueries]
Caller = NamedDependency[Principal]
Attempt = NamedDependency[Idempotency | None]


@get("/programs/{program_id:str}/fraud", summary="The review queue (host)", security=HOST_ONLY)
async def get_cases(
    program_id: Id,
    caller: Caller,
    reviews: Reviews,
    case_state: Annotated[
        CaseState, QueryParameter(query="state", description="Which cases.")
    ] = "open",
    limit: Limit = 20,
    cursor: CursorText = None,
) -> Page[CaseView]:
    """Grouped by referrer and rule, newest first, each with what fired."""
    require_host(caller)
    return await reviews.cases(program_id, case_state, limit, cursor)


@post(
    "/programs/{program_id:str}/fraud/dry-run",
    summary="Try rules on the past (host only)",
    status_code=200,
    security=HOST_ONLY,
)
async def post_dry_run(
    program_id: Id, data: JSONBody[bodies.TrialOf], caller: Caller, reviews: Reviews
) -> Trial:
    """What these rules would have flagged among the newest referrals. Nothing is changed."""
    require_host(caller)
    return await reviews.trial(program_id, data.rules, data.limit)


@post("/fraud/{case_id:str}/confirm", summary="Confirm (host)", status_code=200, security=HOST_ONLY)
async def post_confirm(
    case_id: Id,
    caller: Caller,
    actions: Actions,
    idempotency: Attempt,
    data: JSONBody[bodies.Decision | None] = None,
) -> Done:
    """It is fraud: the referrals of the case are rejected or reversed."""
    require_host(caller)
    return await actions.resolve(case_id, "confirmed", _note(data), idempotency)


@post("/fraud/{case_id:str}/dismiss", summary="Dismiss (host)", status_code=200, security=HOST_ONLY)
async def post_dismiss(
    case_id: Id,
    caller: Caller,
    actions: Actions,
    idempotency: Attempt,
    data: JSONBody[bodies.Decision | None] = None,
) -> Done:
    """It is none: rewards that waited for nothing else go on."""
    require_host(caller)
    return await actions.resolve(case_id, "dismissed", _note(data), idempotency)


@post(
    "/programs/{program_id:str}/referrers/{user_id:str}/suspend",
    summary="End a referrer's part (host only)",
    status_code=200,
    security=HOST_ONLY,
)
async def post_suspend(
    program_id: Id, user_id: Id, caller: Caller, actions: Actions, idempotency: Attempt
) -> Done:
    """Their links lead on without attribution, what is unpaid is not paid."""
    require_host(caller)
    return await actions.suspend(program_id, user_id, True, idempotency)


@post(
    "/programs/{program_id:str}/referrers/{user_id:str}/reinstate",
    summary="Let a referrer take part again (host only)",
    status_code=200,
    security=HOST_ONLY,
)
async def post_reinstate(
    program_id: Id, user_id: Id, caller: Caller, actions: Actions, idempotency: Attempt
) -> Done:
    """From now on."""
    require_host(caller)
    return await actions.suspend(program_id, user_id, False, idempotency)


def _note(said: bodies.Decision | None) -> str | None:
    return None if said is None else said.note


REVIEW: tuple[HTTPRouteHandler, ...] = (
    get_cases,
    post_dry_run,
    post_confirm,
    post_dismiss,
    post_suspend,
    post_reinstate,
)
