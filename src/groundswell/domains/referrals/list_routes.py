"""The HTTP face of what the host looks through: referrals, conversions, codes of a program."""

from __future__ import annotations

from typing import Annotated, Literal

from litestar import get
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import PathParameter, QueryParameter

from groundswell.access.principal import Principal
from groundswell.contract.paging import Page
from groundswell.domains.referrals.program_lists import ProgramLists
from groundswell.domains.referrals.views import (
    CodeView,
    ConversionView,
    ReferralRecord,
    ReferralState,
)
from groundswell.http.callers import require_host
from groundswell.http.openapi import HOST_ONLY
from groundswell.http.parameters import CursorText, Limit

_SOUND = r"^[^\x00]*$"

Id = Annotated[str, PathParameter(max_length=128, description="An id.")]
UserInQuery = Annotated[
    str | None,
    QueryParameter(
        name="userId", max_length=64, pattern=_SOUND, description="Only of this referred user."
    ),
]
OwnerInQuery = Annotated[
    str | None,
    QueryParameter(name="userId", max_length=64, pattern=_SOUND, description="Only this user's."),
]
ReferrerInQuery = Annotated[
    str | None,
    QueryParameter(
        name="referrerId", max_length=64, pattern=_SOUND, description="Only of this referrer."
    ),
]
EventInQuery = Annotated[
    str | None,
    QueryParameter(
        name="externalEventId",
        max_length=512,
        pattern=_SOUND,
        description="Only what was reported under this id; of an event, `source#id`.",
    ),
]
ReferralStateInQuery = Annotated[
    ReferralState | None, QueryParameter(name="state", description="Only in this state.")
]
ConversionStateInQuery = Annotated[
    Literal["completed", "reversed"] | None,
    QueryParameter(name="state", description="Only in this state."),
]
Lists = NamedDependency[ProgramLists]
Caller = NamedDependency[Principal]


@get(
    "/programs/{program_id:str}/referrals",
    summary="A program's referrals (host only)",
    security=HOST_ONLY,
)
async def get_referrals(
    program_id: Id,
    caller: Caller,
    lists: Lists,
    user_id: UserInQuery = None,
    referrer_id: ReferrerInQuery = None,
    referral_state: ReferralStateInQuery = None,
    limit: Limit = 20,
    cursor: CursorText = None,
) -> Page[ReferralRecord]:
    """Who was referred by whom, newest first. With `userId`, whose somebody is."""
    require_host(caller)
    return await lists.referrals(
        program_id,
        limit,
        cursor,
        user_id=user_id,
        referrer_id=referrer_id,
        state=referral_state,
    )


@get(
    "/programs/{program_id:str}/conversions",
    summary="A program's conversions (host only)",
    security=HOST_ONLY,
)
async def get_conversions(
    program_id: Id,
    caller: Caller,
    lists: Lists,
    user_id: UserInQuery = None,
    referrer_id: ReferrerInQuery = None,
    external_event_id: EventInQuery = None,
    conversion_state: ConversionStateInQuery = None,
    limit: Limit = 20,
    cursor: CursorText = None,
) -> Page[ConversionView]:
    """What was counted, newest first. With `externalEventId`, what became of an order of yours."""
    require_host(caller)
    return await lists.conversions(
        program_id,
        limit,
        cursor,
        user_id=user_id,
        referrer_id=referrer_id,
        external_event_id=external_event_id,
        state=conversion_state,
    )


@get("/programs/{program_id:str}/codes", summary="A program's codes (host)", security=HOST_ONLY)
async def get_codes(
    program_id: Id,
    caller: Caller,
    lists: Lists,
    user_id: OwnerInQuery = None,
    limit: Limit = 20,
    cursor: CursorText = None,
) -> Page[CodeView]:
    """With their clicks and uses, newest first."""
    require_host(caller)
    return await lists.codes(program_id, limit, cursor, user_id=user_id)


LISTS: tuple[HTTPRouteHandler, ...] = (get_referrals, get_conversions, get_codes)
