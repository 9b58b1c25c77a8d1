"""What somebody's own page shows, asked of the parts that know it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
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
from groundswell.domains.rewards.views import Balances, ProgramProgress, RewardView

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

    async def balances(self, user_id: str) -> Balances:
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
    balances: Balances
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


_SENTENCES = {
    "testimonial.requested": "You are asked how it went",
    "testimonial.published": "Your testimonial is published",
    "testimonial.rejected": "Your testimonial is not published",
    "moderation.content.approved": "What you wrote is published",
    "moderation.content.rejected": "What you wrote is not published",
    "social.suggestion.created": "You may want to share",
    "social.share.created": "You shared something",
    "referral.reward.earned": "You earned a reward",
    "referral.reward.held": "A reward of yours is being looked at",
    "referral.reward.released": "A reward of yours goes on",
    "referral.reward.approved": "A reward of yours was approved",
    "referral.reward.paid": "A reward of yours was paid",
    "referral.reward.cancelled": "A reward of yours was cancelled",
    "referral.reward.reversed": "A reward of yours was taken back",
    "referral.reward.expired": "A reward of yours has expired",
    "referral.milestone.reached": "You reached a milestone",
    "referral.conversion.completed": "Somebody you referred took the step",
    "social.friend.joined": "A friend of yours is here now",
}


def sentence_of(message: Item) -> str:
    """What a message says: what its type means, and about what; or the host's own words."""
    known = _SENTENCES.get(message.event_type)
    title = _words(message.data, ("title",))
    if known is not None:
        return known if title is None else f"{known}: {title}"
    said = _words(message.data, ("title", "text", "message"))
    return said or message.event_type.replace(".", " ").replace("_", " ").capitalize()


def _words(data: Mapping[str, object], fields: Sequence[str]) -> str | None:
    found = (data.get(field) for field in fields)
    return next((one.strip() for one in found if isinstance(one, str) and one.strip()), None)


def money(amount: Decimal, currency: str) -> str:
    """``12.50 EUR``; the decimals are those of the currency."""
    return f"{amount:,} {currency}"
