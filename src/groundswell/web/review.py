"""``/ops/referrals``: programs, suspicions and rewards, for those who decide about them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Literal, Protocol, get_args

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.enums import MediaType
from litestar.exceptions import HTTPException
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from groundswell.access.principal import Principal
from groundswell.contract import times
from groundswell.contract.errors import Forbidden, GroundswellError, Invalid
from groundswell.contract.events.rewards import RewardStatus
from groundswell.contract.times import Clock
from groundswell.domains.referrals.views import CaseState, CaseView, ProgramView
from groundswell.domains.referrals.views import Page as ReferralPage
from groundswell.domains.rewards.views import Page as RewardPage
from groundswell.domains.rewards.views import RewardRecord
from groundswell.web.assets import Assets
from groundswell.web.csrf import FormTokens
from groundswell.web.errors import ErrorPages, theme_of
from groundswell.web.forms import TOKEN_FIELD, form_of
from groundswell.web.mine import money
from groundswell.web.operators import COOKIE, OperatorPasses
from groundswell.web.operators import PATH as OPERATIONS
from groundswell.web.site import STATIC
from groundswell.web.templates import Templates

AnyRequest = Request[Any, Any, Any]
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

_PRIVATE = {"cache-control": "private, no-store", "vary": "Cookie"}
_LARGEST_FORM = 4_096


class Programs(Protocol):
    """What the page asks of programs."""

    async def programs(self, limit: int, cursor: str | None) -> ReferralPage[ProgramView]:
        """All of them, newest first."""
        ...


class Suspicions(Protocol):
    """What the page asks of suspicions."""

    async def cases(
        self, program_id: str, state: CaseState, limit: int, cursor: str | None
    ) -> ReferralPage[CaseView]:
        """Those of a program, newest first."""
        ...


class Granted(Protocol):
    """What the page asks of rewards."""

    async def page(
        self, limit: int, cursor: str | None, **filters: str | None
    ) -> RewardPage[RewardRecord]:
        """Newest first."""
        ...


class Review(msgspec.Struct, frozen=True):
    """What is behind the page: questions, and the two decisions."""

    programs: Programs
    suspicions: Suspicions
    rewards: Granted
    decide: Callable[[str, Decision, str | None], Awaitable[object]]
    resolve: Callable[[str, Resolution, str | None], Awaitable[object]]


class ReviewSite(msgspec.Struct, frozen=True):
    """What the routes need."""

    review: Review
    templates: Templates
    tokens: FormTokens
    passes: OperatorPasses

    def may_see(self, request: AnyRequest, caller: Principal) -> bool:
        """Whether this is the host application, or somebody who showed its key."""
        shown = request.cookies.get(COOKIE)
        return caller.kind == "host" or self.passes.admits(caller.session_id, shown)


def review_router(
    *,
    review: Review,
    csrf_key: bytes,
    pass_key: bytes,
    notice: str | None = None,
    clock: Clock = times.now,
) -> Router:
    """The router of the page; the keys are those of ``/ops``, where one signs in."""
    templates = Templates(asset_url=Assets(STATIC).url, clock=clock, notice=notice)
    problems = ErrorPages(templates)
    passes = OperatorPasses(pass_key, clock)
    site = ReviewSite(review, templates, FormTokens(csrf_key), passes)
    return Router(
        path=PATH,
        route_handlers=[referrals, decide, resolve],
        dependencies={"review_site": Provide(lambda: site, sync_to_thread=False)},
        exception_handlers={
            GroundswellError: problems,
            HTTPException: problems,
            Exception: problems,
        },
        request_max_body_size=_LARGEST_FORM,
        include_in_schema=False,
    )


@get("/", media_type=MediaType.HTML)
async def referrals(
    request: AnyRequest,
    review_site: NamedDependency[ReviewSite],
    caller: NamedDependency[Principal],
    status: FromQuery[str] = "eligible",
    after: FromQuery[str | None] = None,
) -> Response[Any]:
    """Programs, open suspicions, and the rewards in one state, ``after`` a place among them."""
    if not review_site.may_see(request, caller):
        return Redirect(OPERATIONS, status_code=303)
    if status not in STATES:
        raise Invalid.at("status", f"Must be one of {', '.join(STATES)}")
    review = review_site.review
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
    }
    return _page(review_site, request, caller, values)


@post("/rewards/{reward_id:str}")
async def decide(
    request: AnyRequest,
    review_site: NamedDependency[ReviewSite],
    caller: NamedDependency[Principal],
    reward_id: FromPath[str],
) -> Redirect:
    """Approve, pay, hold, release or take back a reward, whole."""
    form = await _checked_form(request, review_site, caller)
    action = next((one for one in get_args(Decision) if one == form.get("action")), None)
    if action is None:
        raise Invalid.at("action", "Must be approve, pay, hold, release or reverse")
    await review_site.review.decide(reward_id, action, None)
    status = form.get("status", "")
    back = status if status in STATES else "eligible"
    return Redirect(f"{PATH}?status={back}#rewards", status_code=303)


@post("/cases/{case_id:str}")
async def resolve(
    request: AnyRequest,
    review_site: NamedDependency[ReviewSite],
    caller: NamedDependency[Principal],
    case_id: FromPath[str],
) -> Redirect:
    """Confirm or dismiss a suspicion."""
    form = await _checked_form(request, review_site, caller)
    said = next((one for one in get_args(Resolution) if one == form.get("resolution")), None)
    if said is None:
        raise Invalid.at("resolution", "Must be confirmed or dismissed")
    await review_site.review.resolve(case_id, said, None)
    return Redirect(f"{PATH}#cases", status_code=303)


async def _checked_form(request: AnyRequest, site: ReviewSite, caller: Principal) -> dict[str, str]:
    form = form_of(await request.body())
    site.tokens.check(caller.session_id, form.get(TOKEN_FIELD, ""))
    if not site.may_see(request, caller):
        raise Forbidden("You are not signed in any more. Please sign in again.")
    return dict(form)


def _page(
    site: ReviewSite, request: AnyRequest, caller: Principal, values: dict[str, Any]
) -> Response[str]:
    token = None if caller.session_id is None else site.tokens.token(caller.session_id)
    content = site.templates.render(
        "ops_referrals.html",
        theme=theme_of(request),
        form_token=token,
        values=values | {"path": PATH},
    )
    return Response(content, media_type=MediaType.HTML, headers=_PRIVATE)
