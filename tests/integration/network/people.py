"""A core with the network, and short ways to say what people do.

What happens elsewhere is written into the log as the other slices would, and reaches the network by
its reactions only.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from groundswell.contract.events import Event
from groundswell.contract.events.intake import BidAwarded, UserProfileUpdated
from groundswell.contract.events.referrals import ConversionCompleted
from groundswell.domains.network.audit import audit_network
from groundswell.domains.network.commands import Befriend, Block, Unblock, Unfriend
from groundswell.domains.network.handling import network_handler
from groundswell.domains.network.presence import may_watch
from groundswell.domains.network.projections import NETWORK_PROJECTION
from groundswell.domains.network.queries import NetworkQueries
from groundswell.domains.network.reactions import react
from groundswell.domains.network.views import FriendView, Standing
from groundswell.log.reactions import Reactions
from tests.support.core import ManualClock, running_core
from tests.support.reacting import HAPPENING, ReactingSlice
from tests.support.replaying import unlike_the_log

_TABLES = ("connections", "blocks", "collaborations", "people_suggestions")


@dataclass(kw_only=True)
class People(ReactingSlice):
    """The network on a running core."""

    queries: NetworkQueries
    shown: dict[str, str] = field(default_factory=dict)
    happened: int = 0

    async def befriend(self, user: str, friend: str) -> FriendView:
        command = Befriend(at=self.clock.advance(1), user_id=user, friend_id=friend)
        answer: FriendView = await self.core.submit(command)
        return answer

    async def unfriend(self, user: str, friend: str) -> None:
        command = Unfriend(at=self.clock.advance(1), user_id=user, friend_id=friend)
        await self.core.submit(command)

    async def block(self, user: str, blocked: str) -> None:
        command = Block(at=self.clock.advance(1), user_id=user, blocked_id=blocked)
        await self.core.submit(command)

    async def unblock(self, user: str, blocked: str) -> None:
        command = Unblock(at=self.clock.advance(1), user_id=user, blocked_id=blocked)
        await self.core.submit(command)

    async def friends_for_good(self, one: str, other: str) -> None:
        """Both want it."""
        await self.befriend(one, other)
        await self.befriend(other, one)

    async def converted(self, referrer: str, user: str, **more: Any) -> None:
        """Somebody came through another, and the network has reacted."""
        event = ConversionCompleted(
            program_id="program-test",
            referrer_id=referrer,
            referral_id="ref-1",
            new_user_id=user,
            conversion_id="conversion-1",
            conversion_type="registration",
            occurrence=1,
            rule_version=1,
            reward_terms=(),
            converted_at=self.clock(),
            **more,
        )
        await self.happen(event)

    async def profile(
        self, user: str, connected: Sequence[str] = (), disconnected: Sequence[str] = ()
    ) -> None:
        """The host says whom a user knows, and the network has reacted."""
        event = UserProfileUpdated(
            source="/tests",
            source_id=str(self.happened),
            user_id=user,
            connected=tuple(connected),
            disconnected=tuple(disconnected),
        )
        await self.happen(event)

    async def awarded(self, owner: str, partner: str, project: str = "p-1") -> None:
        """A bid won, and the network has reacted."""
        event = BidAwarded(
            source="/tests",
            source_id=str(self.happened),
            user_id=partner,
            bid_id="bid-1",
            project_id=project,
            owner_id=owner,
        )
        await self.happen(event)

    async def happen(self, *events: Event) -> None:
        """These are in the log, and the network has reacted."""
        self.happened += len(events)
        await super().happen(*events)

    async def names(self, user: str, wanted: Standing = "established") -> list[str]:
        """Whom a user sees, in order of name."""
        page = await self.queries.friends(user, wanted, 50, None)
        return sorted(one.user_id for one in page.items)

    async def suggested(self, user: str) -> set[tuple[str, str, str]]:
        """Kind, person and reason of what is suggested to a user."""
        page = await self.queries.suggestions(user, 50, None)
        return {(one.kind, one.subject_id, one.reason) for one in page.items}

    async def may_watch(self, viewer: str | None, owner: str) -> bool:
        """Whether somebody may see whether another is present."""
        return await may_watch(self.core.store, f"friends-{owner}", viewer)

    async def told(self, *topics: str) -> list[Event]:
        """What was told on these topics, in order."""
        events = [one.event for one in await self.core.events()]
        return [one for one in events if set(topics) & set(one.topics())]

    async def types(self, user: str) -> list[str]:
        """What a user heard of people."""
        told = await self.told(f"user.{user}.network")
        return [one.event_type.removeprefix("social.") for one in told]

    async def assert_consistent(self) -> None:
        """The log and what is kept tell the same."""
        assert await audit_network(self.core.store, self.core.log) == []
        assert await unlike_the_log(self.core.store, NETWORK_PROJECTION) == []


@asynccontextmanager
async def running_network(url: str) -> AsyncIterator[People]:
    """The network on a database that has the schema."""
    clock = ManualClock()
    shown: dict[str, str] = {}

    async def present(users: Sequence[str]) -> Mapping[str, str]:
        return {user: shown[user] for user in users if user in shown}

    handlers = (network_handler(), HAPPENING)
    async with running_core(url, clock, handlers=handlers) as core:
        yield People(
            core=core,
            reactions=Reactions("network", react, core.writer.submit),
            tables=_TABLES,
            queries=NetworkQueries(core.store, clock, present),
            shown=shown,
        )
