"""What callers may do with inboxes, the same for every door."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from groundswell.access.principal import Principal
from groundswell.contract.errors import Conflict
from groundswell.contract.times import Clock
from groundswell.domains.inbox.commands import (
    FileMessage,
    RemovePushEndpoints,
    SavePushEndpoint,
    SaveSubscriptions,
)
from groundswell.domains.inbox.port import Inbox, Submit
from groundswell.domains.inbox.push.endpoints import valid_endpoint, valid_keys
from groundswell.domains.inbox.queries import InboxQueries
from groundswell.domains.inbox.views import (
    FiledMessage,
    PushState,
    SavedSubscriptions,
    Subscription,
)
from groundswell.store.commands import Idempotency

Admit = Callable[[str, Principal], Awaitable[object]]
"""Raises if the caller may not subscribe to the topic."""

Limit = Callable[[Principal], Awaitable[None]]


class InboxActions:
    """Filing, reading, saving, registering.

    Args:
        submit: the writer's.
        inbox: acknowledgements and read states.
        queries: reads inboxes.
        admit: who may subscribe to what.
        clock: the time.
        push_key: the public key for push subscriptions; None if pushes are off.
        limit: counts one write of a caller, and raises RateLimited if it is one too many.
    """

    def __init__(
        self,
        submit: Submit,
        inbox: Inbox,
        queries: InboxQueries,
        admit: Admit,
        clock: Clock,
        push_key: str | None,
        limit: Limit,
    ) -> None:
        self._submit = submit
        self.inbox = inbox
        self.queries = queries
        self._admit = admit
        self._clock = clock
        self._push_key = push_key
        self.limit = limit

    async def file(
        self, command: FileMessage, idempotency: Idempotency | None = None
    ) -> FiledMessage:
        """File a message."""
        answer: FiledMessage = await self._submit(command, idempotency)
        return answer

    async def check_topics(self, subscriptions: Sequence[Subscription], caller: Principal) -> None:
        """Check that the caller may subscribe to all of it.

        Raises:
            Invalid, NotFound, Forbidden: the first topic that is none, or not theirs.
        """
        for subscription in subscriptions:
            for topic in subscription.topics:
                await self._admit(topic, caller)

    async def save(self, command: SaveSubscriptions) -> SavedSubscriptions:
        """Save subscriptions."""
        answer: SavedSubscriptions = await self._submit(command)
        return answer

    async def push_state(self, user_id: str) -> PushState:
        """The user's endpoints, and the key to make more."""
        return PushState(public_key=self._push_key, endpoints=await self.queries.endpoints(user_id))

    async def register_push(
        self, user_id: str, endpoint: str, p256dh: str, auth: str, expires_at: int | None
    ) -> None:
        """Push to a browser from now on.

        Raises:
            Conflict: ``push_is_off``.
            Invalid: the endpoint or its keys cannot be used.
        """
        if self._push_key is None:
            raise Conflict("push_is_off", "This service is not configured for web push.")
        valid_keys(p256dh, auth)
        command = SavePushEndpoint(
            at=self._clock(),
            user_id=user_id,
            endpoint=valid_endpoint(endpoint),
            p256dh=p256dh,
            auth=auth,
            expires_at=expires_at,
        )
        await self._submit(command)

    async def remove_push(self, user_id: str, endpoint: str | None) -> None:
        """Push no more."""
        await self._submit(
            RemovePushEndpoints(at=self._clock(), user_id=user_id, endpoint=endpoint)
        )
