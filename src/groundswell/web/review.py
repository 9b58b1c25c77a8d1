"""``/ops/referrals``: programs, suspicions and rewards, for those who decide about them."""

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
from groundswell.contract.events.rewards import RewardStatus
from groundswell.contract.paging import Page
from groundswell.domains.referrals.views import CaseState, CaseView, ProgramView
from groundswell.domains.rewards.views import RewardRecord
from groundswell.web.desk import Desk, chosen
from groundswell.web.mine import money
from groundswell.web.operators import PATH as OPERATIONS
from groundswell.web.surface import AnyRequest, page_router

Decision = Literal["approve", "pay", "hold", "release", "reverse"]
Resolution = Literal["confirmed", "dismissed"]

PATH = "/ops/referrals"
SHOWN = 20
STATES: tuple[RewardStatus, ...] = ("eligible", "approved", "held", "pending", "paid")
DECISIONS: dict[str, tuple[Decision, ...]] = {
    "pending": ("hold", "reverse"),
    "eligible": ("approve", "hold", "reverse"),
    "approved": ("pay", "hold", "reverse"),
    "held": ("release", "reverse"),
    "paid": ("reverse",),
}
"""What may be done with a reward in each state; the command itself decides in the end."""


class Programs(Protocol):
    """What the page asks of programs."""

    async def programs(self, limit: int, cursor: str | None) -> Page[ProgramView]:
        """All of them, newest first."""
        ...


class Suspicions(Protocol):
    """What the page asks of suspicions."""

    async def cases(
        self, program_id: str, state: CaseState, limit: int, cursor: str | None
    ) -> Page[CaseView]:
        """Those of a program, newest first."""
        ...


class Granted(Protocol):
    """What the page asks of rewards."""

    async def page(
        self, limit: int, cursor: str | None, **filters: str | None
    ) -> Page[RewardRecord]:
        """Newest first."""
        ...


class Review(msgspec.Struct, frozen=True):
    """What is behind the page: questions, and the two decisions."""

    programs: Programs
    suspicions: Suspicions
    rewards: Granted
    decide: Callable[[str, Decision, str | None], Awaitable[object]]
    resolve: Callable[[str, Resolution, str | None], Awaitable[object]]


def review_router(*, review: Review, desk: Desk) -> Router:
    """The router of the page; one signs in at ``/ops``."""
    handlers = [referrals, decide, resolve]
    return page_router(PATH, handlers, desk.surface, review=review, desk=desk)


@get("/", media_type=MediaType.HTML)
async def referrals(
    request: AnyRequest,
    review: NamedDependency[Review],
    desk: NamedDependency[Desk],
    caller: NamedDependency[Principal],
    status: FromQuery[str] = "eligible",
    after: FromQuery[str | None] = None,
) -> Response[Any]:
    """Programs, open suspicions, and the rewards in one state, ``after`` a place among them."""
    if not desk.may_see(request, caller):
        return Redirect(OPERATIONS, status_code=303)
    if status not in STATES:
        raise Invalid.at("status", f"Must be one of {', '.join(STATES)}")
    programs = (await review.programs.programs(SHOWN, None)).items
    cases = [await review.suspicions.cases(one.program_id, "open", SHOWN, None) for one in programs]
    values = {
        "programs": programs,
        "cases": [case for page in cases for case in page.items],
        "rewards": await review.rewards.page(SHOWN, after, status=status),
        "status": status,
        "states": STATES,
        "decisions": DECISIONS,
        "money": money,
        "path": PATH,
    }
    return desk.surface.page(request, caller, "ops_referrals.html", values)


@post("/rewards/{reward_id:str}")
async def decide(
    request: AnyRequest,
    review: NamedDependency[Review],
    desk: NamedDependency[Desk],
    caller: NamedDependency[Principal],
    reward_id: FromPath[str],
) -> Redirect:
    """Approve, pay, hold, release or take back a reward, whole."""
    form = await desk.form(request, caller)
    await review.decide(reward_id, chosen(form, "action", get_args(Decision)), None)
    status = form.get("status", "")
    back = status if status in STATES else "eligible"
    return Redirect(f"{PATH}?status={back}#rewards", status_code=303)


@post("/cases/{case_id:str}")
async def resolve(
    request: AnyRequest,
    review: NamedDependency[Review],
    desk: NamedDependency[Desk],
    caller: NamedDependency[Principal],
    case_id: FromPath[str],
) -> Redirect:
    """Confirm or dismiss a suspicion."""
    form = await desk.form(request, caller)
    await review.resolve(case_id, chosen(form, "resolution", get_args(Resolution)), None)
    return Redirect(f"{PATH}#cases", status_code=303)
