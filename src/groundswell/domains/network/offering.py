"""What callers may do about people, the same for every door."""

from __future__ import annotations

from groundswell.access.hashing import AddressHasher
from groundswell.access.limits import RateLimits
from groundswell.access.principal import Principal, rate_key
from groundswell.contract.times import Clock
from groundswell.domains.network.commands import (
    Befriend,
    Block,
    DismissPerson,
    Unblock,
    Unfriend,
)
from groundswell.domains.network.queries import NetworkQueries
from groundswell.domains.network.views import FriendView
from groundswell.http.callers import require_user
from groundswell.log.reactions import Submit
from groundswell.store.commands import Command


class Network:
    """Befriending and blocking.

    Args:
        submit: the writer's.
        queries: reads who knows whom.
        hasher: makes names of addresses.
        limits: how often somebody may do something.
        clock: the time.
    """

    def __init__(
        self,
        submit: Submit,
        queries: NetworkQueries,
        hasher: AddressHasher,
        limits: RateLimits,
        clock: Clock,
    ) -> None:
        self._submit = submit
        self.queries = queries
        self._hasher = hasher
        self._limits = limits
        self._clock = clock

    async def befriend(self, caller: Principal, friend_id: str) -> FriendView:
        """Ask somebody to be a friend, or agree to it.

        Raises:
            Invalid: it is the caller.
            Conflict: the caller blocks them.
        """
        user = await self._who(caller)
        answer: FriendView = await self._submit(
            Befriend(at=self._clock(), user_id=user, friend_id=friend_id)
        )
        return answer

    async def unfriend(self, caller: Principal, friend_id: str) -> None:
        """End a friendship, or a request."""
        user = await self._who(caller)
        await self._submit(Unfriend(at=self._clock(), user_id=user, friend_id=friend_id))

    async def block(self, caller: Principal, blocked_id: str) -> None:
        """See nothing of somebody, nor be seen."""
        user = await self._who(caller)
        await self._submit(Block(at=self._clock(), user_id=user, blocked_id=blocked_id))

    async def unblock(self, caller: Principal, blocked_id: str) -> None:
        """See each other again."""
        user = await self._who(caller)
        await self._submit(Unblock(at=self._clock(), user_id=user, blocked_id=blocked_id))

    async def dismiss(self, caller: Principal, suggestion_id: str) -> None:
        """Show the caller this suggestion no more."""
        command: Command = DismissPerson(
            at=self._clock(), suggestion_id=suggestion_id, user_id=require_user(caller)
        )
        await self._submit(command)

    async def _who(self, caller: Principal) -> str:
        user = require_user(caller)
        await self._limits.hit("connection", rate_key(caller, self._hasher))
        return user
