"""A referral program with people in it, on a real database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from groundswell.contract.events.base import Event
from groundswell.contract.events.intake import Identity, ReferralHints, UserRegistered
from groundswell.contract.terms import RewardRule
from groundswell.domains.intake.taking import TakeIn, intake_handler
from groundswell.domains.referrals import commands as wishes
from groundswell.domains.referrals.audit import audit_referrals
from groundswell.domains.referrals.discretion import Names
from groundswell.domains.referrals.handling import referral_handler
from groundswell.domains.referrals.projections import REFERRAL_PROJECTION
from groundswell.domains.referrals.queries import ReferralQueries
from groundswell.domains.referrals.reactions import referral_attribution
from groundswell.domains.referrals.review_queries import ReviewQueries
from groundswell.domains.referrals.rules import ProgramRules
from groundswell.domains.referrals.tokens import Carried, ReferralTokens
from groundswell.domains.referrals.views import CodeView, Followed, Redemption
from groundswell.log.reactions import Reactions
from groundswell.store.commands import Command
from tests.support.core import Core, ManualClock, running_core
from tests.support.replaying import unlike_the_log

SECRET = b"k" * 32
PROGRAM = "spring"
LANDING = "https://shop.example/welcome"
TERMS = (
    RewardRule(rule_id="thanks", role="referrer", kind="flat", currency="EUR", amount_minor=5000),
)

E_ = TypeVar("E_", bound=Event)


@dataclass
class World:
    core: Core
    queries: ReferralQueries
    reviews: ReviewQueries
    tokens: ReferralTokens
    read: int = 0
    made: int = 0

    @property
    def clock(self) -> ManualClock:
        return self.core.clock

    async def submit(self, command: Command) -> Any:
        return await self.core.submit(command)

    async def program(self, program_id: str = PROGRAM, **rules: Any) -> None:
        given = {"landing_url": LANDING, "rewards": TERMS, **rules}
        await self.submit(
            wishes.CreateProgram(
                at=self.clock(), program_id=program_id, name="Spring", rules=ProgramRules(**given)
            )
        )

    async def change(self, program_id: str = PROGRAM, **more: Any) -> Any:
        changes = {"changes": {}, "rules": {}, **more}
        return await self.submit(
            wishes.ChangeProgram(at=self.clock(), program_id=program_id, **changes)
        )

    async def code(self, user: str, program_id: str = PROGRAM, **more: Any) -> CodeView:
        view: CodeView = await self.submit(
            wishes.MakeCode(at=self.clock(), program_id=program_id, user_id=user, **more)
        )
        return view

    def click_of(self, code: CodeView | str, who: str = "x", **more: Any) -> wishes.FollowLink:
        text = code if isinstance(code, str) else code.code
        given = {"identity": f"i-{who}", "address": f"a-{who}", "family": "Firefox", **more}
        return wishes.FollowLink(at=self.clock(), code=text, **given)

    async def click(self, code: CodeView | str, who: str = "x", **more: Any) -> Followed:
        followed: Followed = await self.submit(self.click_of(code, who, **more))
        return followed

    def cookie(self, followed: Followed) -> str:
        assert followed.visitor_id is not None
        assert followed.click_id is not None
        return self.tokens.cookie(Carried(followed.visitor_id, followed.click_id))

    async def redeem(
        self, code: CodeView | str, user: str, program_id: str = PROGRAM, **more: Any
    ) -> Redemption:
        text = code if isinstance(code, str) else code.code
        answer: Redemption = await self.submit(
            wishes.RedeemCode(
                at=self.clock(), program_id=program_id, code=text, user_id=user, **more
            )
        )
        return answer

    def registration(
        self, user: str, identity: Identity | None = None, **hints: Any
    ) -> UserRegistered:
        return UserRegistered(
            source="/users",
            source_id=f"registered-{user}",
            user_id=user,
            identity=identity or Identity(),
            referral=ReferralHints(**hints),
        )

    async def register(
        self, user: str, identity: Identity | None = None, at: int | None = None, **hints: Any
    ) -> None:
        await self.happened(self.registration(user, identity, **hints), at=at)

    async def happened(self, *events: Any, at: int | None = None) -> None:
        """The host reports these, and what follows from them is done."""
        when = self.clock() if at is None else at
        await self.submit(TakeIn(at=self.clock(), events=tuple((one, when) for one in events)))
        await self.react()

    async def react(self) -> None:
        reactions = Reactions("referrals", referral_attribution, self.core.writer.submit)
        events = await self.core.events(self.read)
        if events:
            await reactions.consume(events)
            self.read = events[-1].seq

    async def told(self, kind: type[E_]) -> list[E_]:
        return [one.event for one in await self.core.events() if isinstance(one.event, kind)]

    async def referrals(self) -> Sequence[tuple[Any, ...]]:
        """Who referred whom, and what became of it."""
        return await self.core.rows(
            "SELECT program_id, referee_id, referrer_id, state, conversions, touch_id "
            "FROM referrals ORDER BY program_id, referee_id"
        )

    async def assert_consistent(self) -> None:
        assert await audit_referrals(self.core.store) == []
        assert await unlike_the_log(self.core.store, REFERRAL_PROJECTION) == []


@asynccontextmanager
async def running_world(
    url: str, names: Names | None = None, **writing: Any
) -> AsyncIterator[World]:
    clock = ManualClock()
    tokens = ReferralTokens(SECRET)
    base = "https://go.example"
    handlers = (intake_handler(), referral_handler(SECRET, base, clock, names))
    async with running_core(url, clock, handlers=handlers, **writing) as core:
        yield World(
            core,
            ReferralQueries(core.store, clock, base, names),
            ReviewQueries(core.store, clock),
            tokens,
        )
