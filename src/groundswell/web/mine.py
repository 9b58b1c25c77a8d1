"""What somebody's own page shows, asked of the parts that know it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Protocol

import msgspec

from groundswell.access.principal import Principal
from groundswell.contract.inbox import ReadState
from groundswell.contract.paging import Page
from groundswell.contract.privacy import VERBS
from groundswell.domains.inbox.views import Item
from groundswell.domains.privacy.views import PrivacySettings
from groundswell.domains.referrals.views import CodeView, MyReferrals
from groundswell.domains.rewards.views import Balance, ProgramProgress, RewardView

SHOWN = 10
"""Of referrals and rewards."""

MESSAGES = 20
AUDIENCES = ("everyone", "friends", "nobody")
SWITCHES = ("broadcast", "incognito", "private_rewards")


class Referrals(Protocol):
    """What the page asks of referrals."""

    async def codes(self, user_id: str) -> list[CodeView]:
        """Their codes, oldest first."""
        ...

    async def mine(self, user_id: str, limit: int, cursor: str | None) -> MyReferrals:
        """Whom they referred, newest first."""
        ...


class Rewards(Protocol):
    """What the page asks of rewards."""

    async def of_user(
        self, user_id: str, limit: int, cursor: str | None, status: str | None
    ) -> Page[RewardView]:
        """Theirs, newest first."""
        ...

    async def progress(self, user_id: str) -> Page[ProgramProgress]:
        """How far they have come."""
        ...

    async def balances(self, user_id: str) -> Page[Balance]:
        """What they have."""
        ...


class Messages(Protocol):
    """What the page asks of the inbox."""

    async def newest(self, user_id: str, limit: int) -> list[Item]:
        """What they have not dismissed, newest first."""
        ...


class PrivacyWishes(Protocol):
    """What the page does with privacy settings."""

    async def settings(self, caller: Principal) -> PrivacySettings:
        """As they are."""
        ...

    def change(
        self, caller: Principal, changes: dict[str, object], idempotency: None
    ) -> Awaitable[PrivacySettings]:
        """Change what is given."""
        ...


class Mine(msgspec.Struct, frozen=True):
    """The parts behind the page. ``mark`` sets the read state of one message, limited."""

    referrals: Referrals
    rewards: Rewards
    messages: Messages
    privacy: PrivacyWishes
    mark: Callable[[Principal, str, ReadState], Awaitable[None]]


class MyPage(msgspec.Struct, frozen=True):
    """Everything on the page."""

    user_id: str
    codes: list[CodeView]
    referrals: MyReferrals
    progress: list[ProgramProgress]
    rewards: list[RewardView]
    balances: Page[Balance]
    messages: list[Item]
    privacy: PrivacySettings

    @property
    def unread(self) -> int:
        """Of the messages shown."""
        return sum(1 for one in self.messages if one.state == "unread")

    def program(self, program_id: str) -> str:
        """A program's name, or its id where nothing is known of it yet."""
        names = {one.program_id: one.program_name for one in self.progress}
        return names.get(program_id) or program_id


async def page_of(mine: Mine, caller: Principal, user_id: str) -> MyPage:
    """The page of the user who is signed in."""
    return MyPage(
        user_id=user_id,
        codes=[one for one in await mine.referrals.codes(user_id) if one.state == "active"],
        referrals=await mine.referrals.mine(user_id, SHOWN, None),
        progress=(await mine.rewards.progress(user_id)).items,
        rewards=(await mine.rewards.of_user(user_id, SHOWN, None, None)).items,
        balances=await mine.rewards.balances(user_id),
        messages=await mine.messages.newest(user_id, MESSAGES),
        privacy=await mine.privacy.settings(caller),
    )


def changes_of(form: dict[str, str]) -> dict[str, object]:
    """What the privacy form says. A box that is not ticked is not in it, so all are set."""
    switches: dict[str, object] = {name: name in form for name in SWITCHES}
    audiences = {verb: form[verb] for verb in VERBS if form.get(verb) in AUDIENCES}
    attribution = {"attribution": form["attribution"]} if _named(form, "attribution") else {}
    return {**switches, "audiences": audiences, **attribution}


def _named(form: dict[str, str], field: str) -> bool:
    return form.get(field) in AUDIENCES


def money(amount: Decimal, currency: str) -> str:
    """``12.50 EUR``; the decimals are those of the currency."""
    return f"{amount:,} {currency}"
