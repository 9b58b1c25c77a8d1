"""All slices on one database, with their reactions, and people who do things in each of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from groundswell.access.limits import RateLimits
from groundswell.access.principal import Principal
from groundswell.app.core import Core, build_core
from groundswell.app.offers import offers_of
from groundswell.app.persons import ERASERS
from groundswell.app.projections import catch_up
from groundswell.contract import times
from groundswell.contract.errors import GroundswellError
from groundswell.contract.events.intake import ReferralHints, UserRegistered
from groundswell.contract.events.sharing import Engager
from groundswell.contract.terms import RewardRule
from groundswell.domains.engagement import commands as engagement
from groundswell.domains.intake.taking import TakeIn
from groundswell.domains.leaderboards.commands import ChooseVisibility, CreateBoard, PostScore
from groundswell.domains.network.commands import Befriend, Block, Unfriend
from groundswell.domains.privacy.offering import PrivacyActions
from groundswell.domains.referrals import commands as referrals
from groundswell.domains.referrals.rules import ProgramRules
from groundswell.domains.rewards.commands import DecideReward
from groundswell.domains.sharing import commands as sharing
from groundswell.settings import Settings
from groundswell.store import Statement
from groundswell.store.commands import Command

SECRET = "s" * 32
PROGRAM = "spring"
BOARDS = {"makers": "custom", "inviters": "referrals", "earners": "rewards", "sharers": "shares"}
TERMS = (
    RewardRule(rule_id="thanks", role="referrer", kind="flat", currency="EUR", amount_minor=500),
    RewardRule(
        rule_id="welcome", role="referee", kind="flat", currency="EUR", amount_minor=100,
        hold_days=0, needs_approval=True,
    ),
    RewardRule(
        rule_id="two", role="referrer", kind="milestone", currency="EUR", amount_minor=900,
        at_count=2, revoke_on_drop=True,
    ),
)  # fmt: skip


@dataclass
class Whole:
    """What people do, by name; a refusal is theirs to live with, and changes nothing."""

    core: Core
    numbers: Any = field(default_factory=lambda: count(1))
    media: int = 0
    codes: dict[str, str] = field(default_factory=dict)
    shares: list[str] = field(default_factory=list)

    async def do(self, command: Command) -> Any:
        """Execute a command; None if it is refused."""
        try:
            return await self.core.writer.submit(command)
        except GroundswellError:
            return None

    async def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What a query answers."""
        return [tuple(row) for row in await self.core.store.fetch(Statement(sql))]

    async def change(self, sql: str) -> None:
        """Tamper with what is kept."""
        async with self.core.store.writing() as tx:
            await tx.fetch(Statement(sql))

    async def settle(self) -> None:
        """Let everything be reacted to."""
        await catch_up(offers_of(self.core, RateLimits(())), self.core.log)

    async def begin(self) -> None:
        """A program, boards and a file."""
        at = times.now()
        rules = ProgramRules(landing_url="https://shop.example/welcome", rewards=TERMS)
        await self.do(
            referrals.CreateProgram(at=at, program_id=PROGRAM, name="Spring", rules=rules)
        )
        for board, metric in BOARDS.items():
            window: Any = "daily" if board == "makers" else "all_time"
            await self.do(
                CreateBoard(
                    at=at, board_id=board, name=board, metric=metric, window=window,
                    time_zone="Europe/Berlin",
                )
            )  # fmt: skip
        answer = await self.do(engagement.RegisterMedia(at=at, title="Harvest", owner_id="ann"))
        self.media = answer.media_file_id

    async def act(self, what: str, user: str, other: str) -> None:
        """One thing that somebody does, perhaps to another."""
        await getattr(self, f"_{what}")(user, other)

    async def _invite(self, user: str, other: str) -> None:
        if user not in self.codes:
            made = await self.do(
                referrals.MakeCode(at=times.now(), program_id=PROGRAM, user_id=user)
            )
            if made is not None:
                self.codes[user] = made.code

    async def _click(self, user: str, other: str) -> None:
        await self._invite(user, other)
        command = referrals.FollowLink(
            at=times.now(), code=self.codes[user], identity=f"i-{other}", address=f"a-{other}",
            family="Firefox", discard="bot" if other == "bob" else None,
        )  # fmt: skip
        await self.do(command)

    async def _register(self, user: str, other: str) -> None:
        await self._invite(other, user)
        name = f"{user}-{next(self.numbers)}"
        event = UserRegistered(
            source="/tests", source_id=name, user_id=name,
            referral=ReferralHints(code=self.codes[other]),
        )  # fmt: skip
        now = times.now()
        await self.do(TakeIn(at=now, events=((event, now),)))
        await self.settle()

    async def _undo(self, user: str, other: str) -> None:
        for (conversion,) in (await self.rows("SELECT conversion_id FROM referral_conversions"))[
            :1
        ]:
            await self.do(
                referrals.ReverseConversion(
                    at=times.now(), conversion_id=conversion, reason="refund"
                )
            )

    async def _decide(self, user: str, other: str) -> None:
        actions: Any = {"ann": "approve", "bob": "pay", "cid": "hold", "dan": "reverse"}
        for (reward,) in (await self.rows("SELECT reward_id FROM rewards ORDER BY reward_id"))[-2:]:
            await self.do(
                DecideReward(at=times.now(), reward_id=reward, action=actions[user], reason=other)
            )

    async def _score(self, user: str, other: str) -> None:
        await self.do(
            PostScore(
                at=times.now(), board_id="makers", event_id=f"e{next(self.numbers)}",
                user_id=user, points=len(other) * 30, occurred_at=times.now(),
            )
        )  # fmt: skip

    async def _reverse_score(self, user: str, other: str) -> None:
        found = await self.rows("SELECT event_key, user_id FROM board_events WHERE points > 0")
        for key, owner in found[:1]:
            await self.do(
                PostScore(
                    at=times.now(), board_id="makers", event_id=f"e{next(self.numbers)}",
                    user_id=owner, points=0, occurred_at=times.now(), reverses=key,
                )
            )  # fmt: skip

    async def _hide(self, user: str, other: str) -> None:
        await self.do(
            ChooseVisibility(
                at=times.now(), board_id="makers", user_id=user, visible=other == "bob"
            )
        )

    async def _share(self, user: str, other: str) -> None:
        share = f"share-{next(self.numbers):032x}"
        self.shares.append(share)
        await self.do(
            sharing.CreateShare(
                at=times.now(), share_id=share, user_id=user, content_type="media",
                content_id="7", platform="acme", share_format="link", visibility="public",
                metadata={"title": other}, pending=other == "bob",
            )
        )  # fmt: skip

    async def _follow(self, user: str, other: str) -> None:
        for share in self.shares[-1:]:
            await self.do(
                sharing.FollowLink(
                    at=times.now(), share_id=share, visitor=user,
                    discard_reason="bot" if other == "bob" else None,
                )
            )  # fmt: skip

    async def _engage(self, user: str, other: str) -> None:
        told = sharing.Engagement(
            reference=self.shares[0] if self.shares else "share-unknown",
            platform_event_id=f"{user}-{other}", engagement_type="like",
            engager=Engager(id=user), at=times.now(),
        )  # fmt: skip
        await self.do(
            sharing.RecordEngagements(at=times.now(), platform="acme", engagements=(told,))
        )

    async def _unshare(self, user: str, other: str) -> None:
        for share in self.shares[-1:]:
            await self.do(sharing.DeleteShare(at=times.now(), share_id=share, user_id=user))

    async def _befriend(self, user: str, other: str) -> None:
        await self.do(Befriend(at=times.now(), user_id=user, friend_id=other))

    async def _unfriend(self, user: str, other: str) -> None:
        await self.do(Unfriend(at=times.now(), user_id=user, friend_id=other))

    async def _block(self, user: str, other: str) -> None:
        await self.do(Block(at=times.now(), user_id=user, blocked_id=other))

    async def _play(self, user: str, other: str) -> None:
        by = engagement.Actor(
            actor=f"user:{user}", voter=f"user:{user}", user_id=user, session_id=None,
            location=None, ip_hash=None,
        )  # fmt: skip
        at = times.now()
        await self.do(
            engagement.RecordPlay(
                at=at, by=by, media_file_id=self.media, play_duration=60, occurred_at=at
            )
        )
        vote: Any = "up" if other == "bob" else "down"
        await self.do(engagement.CastVote(at=at, by=by, media_file_id=self.media, vote_type=vote))

    async def _leave(self, user: str, other: str) -> None:
        limits = RateLimits(())
        actions = PrivacyActions(
            self.core.store, self.core.writer.submit, self.core.hasher, limits, times.now, {},
            ERASERS,
        )  # fmt: skip
        await actions.erase(Principal("user", user, "203.0.113.7", None))
        self.codes.pop(user, None)


ACTS = tuple(
    name.removeprefix("_")
    for name in vars(Whole)
    if name.startswith("_") and not name.startswith("__")
)
"""All that people can do."""


@asynccontextmanager
async def running_whole(url: str) -> AsyncIterator[Whole]:
    """All slices on a database that has the schema, with nothing in it."""
    core = build_core(Settings(database_url=url, secret=SECRET))
    await core.store.open()
    writing = asyncio.create_task(core.writer.run())
    try:
        whole = Whole(core)
        await whole.begin()
        yield whole
    finally:
        core.writer.close()
        await writing
        await core.store.close()
