"""The inbox as a gateway uses it: ``InboxPort`` over the writer and the queries."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, Protocol

import msgspec

from groundswell.contract.inbox import (
    Absence,
    Acknowledged,
    PendingMessage,
    ReadState,
    ReadStates,
    SavedSubscription,
)
from groundswell.contract.times import Clock
from groundswell.domains.inbox.commands import (
    AcknowledgeMessages,
    ConnectDevice,
    LeaveDevice,
    MarkSent,
    SetReadState,
)
from groundswell.domains.inbox.queries import InboxQueries
from groundswell.store.commands import Command, Idempotency


class Submit(Protocol):
    """The writer's ``submit``."""

    def __call__(self, command: Command, idempotency: Idempotency | None = None) -> Awaitable[Any]:
        """Execute durably and answer."""
        ...


class Inbox:
    """Devices come, are sent messages, and answer.

    Args:
        submit: the writer's.
        queries: reads inboxes.
        clock: the time.
    """

    def __init__(
        self,
        submit: Submit,
        queries: InboxQueries,
        clock: Clock,
    ) -> None:
        self._submit = submit
        self._queries = queries
        self._clock = clock

    async def connected(self, user_id: str, client_id: str) -> None:
        """A device is here: it is registered, and its attempts are counted anew."""
        await self._submit(ConnectDevice(at=self._clock(), user_id=user_id, client_id=client_id))

    async def left(self, user_id: str, client_id: str, heard_at: int) -> None:
        """A device listens no longer; ``heard_at`` was its last sign of life."""
        await self._submit(
            LeaveDevice(at=self._clock(), user_id=user_id, client_id=client_id, heard_at=heard_at)
        )

    async def absence(self, user_id: str, client_id: str) -> Absence:
        """What a device missed since it last listened, and cannot be told in full any more."""
        return await self._queries.absence(user_id, client_id)

    async def pending(
        self, user_id: str, client_id: str, after: int = 0, limit: int = 300
    ) -> list[PendingMessage]:
        """The critical messages a device has not acknowledged, in order."""
        return await self._queries.pending(user_id, client_id, after, limit)

    async def sent(
        self, user_id: str, client_id: str, ids: Sequence[str]
    ) -> Mapping[str, int | None]:
        """These were sent to a device. By id: when to send it again, None for never."""
        if not ids:
            return {}
        command = MarkSent(at=self._clock(), user_id=user_id, client_id=client_id, ids=tuple(ids))
        answer: Mapping[str, int | None] = await self._submit(command)
        return answer

    async def ack(
        self, user_id: str, client_id: str, *, up_to: int | None = None, ids: Sequence[str] = ()
    ) -> Acknowledged:
        """A device took everything up to ``up_to`` (a ``seq``), or the messages of these ids."""
        command = AcknowledgeMessages(
            at=self._clock(), user_id=user_id, client_id=client_id, up_to=up_to, ids=tuple(ids)
        )
        answer: Acknowledged = await self._submit(command)
        return answer

    async def read(
        self,
        user_id: str,
        client_id: str | None,
        state: ReadState,
        *,
        ids: Sequence[str] = (),
        up_to: int | None = None,
        at: int | None = None,
        vv: Mapping[str, int] | None = None,
    ) -> ReadStates:
        """Set the state of messages on behalf of a device."""
        command = SetReadState(
            at=self._clock(),
            user_id=user_id,
            client_id=client_id,
            state=state,
            ids=tuple(ids),
            up_to=up_to,
            said_at=at,
            vv=None if vv is None else dict(vv),
        )
        answer: ReadStates = await self._submit(command)
        return answer

    async def saved(self, user_id: str) -> list[SavedSubscription]:
        """The subscriptions that the user saved."""
        found = await self._queries.subscriptions(user_id)
        return [
            SavedSubscription(topics=one.topics, options=msgspec.to_builtins(one.options))
            for one in found.subscriptions
        ]
