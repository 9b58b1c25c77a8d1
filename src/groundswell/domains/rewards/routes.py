"""The HTTP face of rewards."""

from __future__ import annotations

from typing import Annotated

from litestar import Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody, PathParameter, QueryParameter

from groundswell.access.principal import Principal
from groundswell.contract.events.rewards import RewardStatus
from groundswell.contract.paging import Page
from groundswell.domains.rewards.bodies import RewardCancellation, RewardDecision, RewardReversal
from groundswell.domains.rewards.offering import RewardActions
from groundswell.domains.rewards.views import (
    Balance,
    ChangedRewards,
    ConversionRewards,
    EntryView,
    ProgramProgress,
    RewardRecord,
    RewardView,
)
from groundswell.http.callers import require_host, require_user
from groundswell.http.openapi import HOST_ONLY, USER_ONLY
from groundswell.http.parameters import CursorText, Limit
from groundswell.store.commands import Idempotency

_SOUND = r"^[^\x00]*$"
"""What a database takes as a text."""

RewardId = Annotated[
    str, PathParameter(max_length=64, pattern=_SOUND, description="The reward's id.")
]
ConversionId = Annotated[
    str, PathParameter(max_length=64, pattern=_SOUND, description="The conversion's id.")
]
StatusInQuery = Annotated[
    RewardStatus | None, QueryParameter(description="Only rewards in this state.")
]
ProgramInQuery = Annotated[
    str | None,
    QueryParameter(
        name="programId", max_length=64, pattern=_SOUND, description="Only of this program."
    ),
]
UserInQuery = Annotated[
    str | None,
    QueryParameter(name="userId", max_length=64, pattern=_SOUND, description="Only this user's."),
]
ReferralInQuery = Annotated[
    str | None,
    QueryParameter(
        name="referralId", max_length=64, pattern=_SOUND, description="Only of this referral."
    ),
]
Caller = NamedDependency[Principal]
Actions = NamedDependency[RewardActions]
Attempt = NamedDependency[Idempotency | None]


@get("/rewards", summary="Rewards (host only)", security=HOST_ONLY)
async def get_rewards(
    caller: Caller,
    actions: Actions,
    status: StatusInQuery = None,
    program_id: ProgramInQuery = None,
    user_id: UserInQuery = None,
    referral_id: ReferralInQuery = None,
    limit: Limit = 20,
    cursor: CursorText = None,
) -> Page[RewardRecord]:
    """Newest first."""
    require_host(caller)
    return await actions.queries.page(
        limit,
        cursor,
        status=status,
        program_id=program_id,
        user_id=user_id,
        referral_id=referral_id,
    )


@get("/rewards/{reward_id:str}", summary="A reward (host only)", security=HOST_ONLY)
async def get_reward(reward_id: RewardId, caller: Caller, actions: Actions) -> RewardRecord:
    """With who referred whom, and who holds it."""
    require_host(caller)
    return await actions.queries.one(reward_id)


@get(
    "/rewards/{reward_id:str}/entries",
    summary="A reward's movements in the ledger (host only)",
    security=HOST_ONLY,
)
async def get_entries(
    reward_id: RewardId,
    caller: Caller,
    actions: Actions,
    limit: Limit = 20,
    cursor: CursorText = None,
) -> Page[EntryView]:
    """In order. Entries of one `seq` sum to nothing; `seq` is the event's place in the log."""
    require_host(caller)
    return await actions.queries.entries(reward_id, limit, cursor)


@get(
    "/conversions/{conversion_id:str}/rewards",
    summary="What a conversion led to (host only)",
    security=HOST_ONLY,
)
async def get_conversion_rewards(
    conversion_id: ConversionId, caller: Caller, actions: Actions
) -> ConversionRewards:
    """Rule by rule: the reward that was granted, or why none was."""
    require_host(caller)
    return await actions.queries.conversion(conversion_id)


@post(
    "/rewards/{reward_id:str}/approve",
    summary="Approve a reward (host only)",
    status_code=200,
    security=HOST_ONLY,
)
async def post_approve(
    reward_id: RewardId,
    caller: Caller,
    actions: Actions,
    idempotency: Attempt,
    data: JSONBody[RewardDecision | None] = None,
) -> RewardRecord:
    """Once its hold period is over. It can be paid then."""
    require_host(caller)
    return await actions.decide(reward_id, "approve", data, idempotency)


@post(
    "/rewards/{reward_id:str}/pay",
    summary="Record that a reward was paid (host only)",
    status_code=200,
    security=HOST_ONLY,
)
async def post_pay(
    reward_id: RewardId,
    caller: Caller,
    actions: Actions,
    idempotency: Attempt,
    data: JSONBody[RewardDecision | None] = None,
) -> RewardRecord:
    """After its approval. With an `Idempotency-Key` a repeat answers the same again."""
    require_host(caller)
    return await actions.decide(reward_id, "pay", data, idempotency)


@post(
    "/rewards/{reward_id:str}/hold",
    summary="Hold a reward (host only)",
    status_code=200,
    security=HOST_ONLY,
)
async def post_hold(
    reward_id: RewardId,
    caller: Caller,
    actions: Actions,
    idempotency: Attempt,
    data: JSONBody[RewardDecision | None] = None,
) -> RewardRecord:
    """Nothing happens to it until it is released; its hold period runs on."""
    require_host(caller)
    return await actions.decide(reward_id, "hold", data, idempotency)


@post(
    "/rewards/{reward_id:str}/release",
    summary="Release a held reward (host only)",
    status_code=200,
    security=HOST_ONLY,
)
async def post_release(
    reward_id: RewardId,
    caller: Caller,
    actions: Actions,
    idempotency: Attempt,
    data: JSONBody[RewardDecision | None] = None,
) -> RewardRecord:
    """It goes on in the state it was in, whoever held it."""
    require_host(caller)
    return await actions.decide(reward_id, "release", data, idempotency)


@post(
    "/rewards/{reward_id:str}/reverse",
    summary="Take a reward back (host only)",
    status_code=200,
    security=HOST_ONLY,
)
async def post_reverse(
    reward_id: RewardId,
    caller: Caller,
    actions: Actions,
    idempotency: Attempt,
    data: JSONBody[RewardReversal | None] = None,
) -> RewardRecord:
    """All of it, or an `amount`. Before it was paid it is cancelled (rejected if it was held);
    after that its owner owes it, and the balance may fall below zero."""
    require_host(caller)
    return await actions.decide(reward_id, "reverse", data, idempotency)


@post(
    "/rewards/cancellations",
    summary="End all unpaid rewards of a user (host only)",
    status_code=200,
    security=HOST_ONLY,
)
async def post_cancellation(
    data: JSONBody[RewardCancellation], caller: Caller, actions: Actions, idempotency: Attempt
) -> ChangedRewards:
    """For somebody who was banned or is gone. What was paid stays paid."""
    require_host(caller)
    return await actions.cancel(data, idempotency)


@get("/me/rewards", summary="The caller's rewards", security=USER_ONLY)
async def get_my_rewards(
    caller: Caller,
    actions: Actions,
    status: StatusInQuery = None,
    limit: Limit = 20,
    cursor: CursorText = None,
) -> Page[RewardView]:
    """Newest first, those for referring and those for having been referred."""
    return await actions.queries.of_user(require_user(caller), limit, cursor, status)


@get("/me/progress", summary="The caller's progress in programs", security=USER_ONLY)
async def get_my_progress(
    caller: Caller, actions: Actions, limit: Limit = 20, cursor: CursorText = None
) -> Page[ProgramProgress]:
    """For each program: the count, the tier it reached, and the next threshold."""
    return await actions.queries.progress(require_user(caller), limit, cursor)


@get("/me/balance", summary="What the caller has", security=USER_ONLY)
async def get_my_balance(
    caller: Caller, actions: Actions, limit: Limit = 20, cursor: CursorText = None
) -> Page[Balance]:
    """By currency: granted, held, payable and paid so far."""
    return await actions.queries.balances(require_user(caller), limit, cursor)


def reward_router(actions: RewardActions) -> Router:
    """The routes under ``/v1``. ``caller`` and ``idempotency`` are provided by the application."""
    return Router(
        "/v1",
        route_handlers=[
            get_rewards,
            get_reward,
            get_entries,
            get_conversion_rewards,
            post_approve,
            post_pay,
            post_hold,
            post_release,
            post_reverse,
            post_cancellation,
            get_my_rewards,
            get_my_progress,
            get_my_balance,
        ],
        dependencies={"actions": Provide(lambda: actions, sync_to_thread=False)},
        tags=["Rewards"],
    )
