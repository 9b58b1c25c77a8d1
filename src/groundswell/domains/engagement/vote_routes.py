"""The review of votes that look wrong: for the host alone."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody, PathParameter, QueryParameter
from msgspec import Meta

from groundswell.access.principal import Principal
from groundswell.contract.paging import Page
from groundswell.contract.times import Clock
from groundswell.domains.engagement.quarantine import CaseState, DecidedState, DecideVotes, VoteCase
from groundswell.domains.engagement.vote_watch import VoteWatch
from groundswell.http.callers import require_host
from groundswell.http.decoding import VISIBLE
from groundswell.http.openapi import HOST_ONLY
from groundswell.http.parameters import CursorText, Limit
from groundswell.log.reactions import Submit
from groundswell.store.commands import Idempotency

CaseId = Annotated[
    str, PathParameter(min_length=1, max_length=64, description="The case's id, `case-…`.")
]

StateInQuery = Annotated[CaseState, QueryParameter(name="state")]


class Decision(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why it is decided so, for those who look later."""

    note: Annotated[str, Meta(max_length=500, pattern=VISIBLE)] | None = None


class VoteReview:
    """Deciding about votes.

    Args:
        submit: the writer's.
        clock: the time.
    """

    def __init__(self, submit: Submit, clock: Clock) -> None:
        self._submit = submit
        self._clock = clock

    async def decide(
        self, case_id: str, state: DecidedState, note: str | None, key: Idempotency | None
    ) -> VoteCase:
        """Give the votes their weight back when ``released``, else leave them without."""
        command = DecideVotes(at=self._clock(), case_id=case_id, state=state, note=note)
        answer: VoteCase = await self._submit(command, key)
        return answer


@get("/votes/cases", summary="Votes that look wrong (host only)", security=HOST_ONLY)
async def get_vote_cases(
    caller: NamedDependency[Principal],
    watch: NamedDependency[VoteWatch],
    case_state: StateInQuery = "open",
    limit: Limit = 20,
    cursor: CursorText = None,
) -> Page[VoteCase]:
    """They stand and are in the public counters, and weigh nothing in any list. Newest first."""
    require_host(caller)
    return await watch.cases(case_state, limit, cursor)


@post(
    "/votes/cases/{case_id:str}/release",
    summary="Give votes their weight back (host only)",
    status_code=200,
    security=HOST_ONLY,
)
async def post_release(
    case_id: CaseId,
    data: JSONBody[Decision],
    caller: NamedDependency[Principal],
    review: NamedDependency[VoteReview],
    idempotency: NamedDependency[Idempotency | None],
) -> VoteCase:
    """Also after they were confirmed: it was a mistake then."""
    require_host(caller)
    return await review.decide(case_id, "released", data.note, idempotency)


@post(
    "/votes/cases/{case_id:str}/confirm",
    summary="Leave votes without weight (host only)",
    status_code=200,
    security=HOST_ONLY,
)
async def post_confirm(
    case_id: CaseId,
    data: JSONBody[Decision],
    caller: NamedDependency[Principal],
    review: NamedDependency[VoteReview],
    idempotency: NamedDependency[Idempotency | None],
) -> VoteCase:
    """The case leaves the queue; the votes stay as they are."""
    require_host(caller)
    return await review.decide(case_id, "confirmed", data.note, idempotency)


def vote_router(watch: VoteWatch, review: VoteReview) -> Router:
    """The routes under ``/v1``. ``caller`` and ``idempotency`` are provided by the application."""
    return Router(
        "/v1",
        route_handlers=[get_vote_cases, post_release, post_confirm],
        dependencies={
            "watch": Provide(lambda: watch, sync_to_thread=False),
            "review": Provide(lambda: review, sync_to_thread=False),
        },
        tags=["Votes"],
    )
