"""Reading inboxes."""

from __future__ import annotations

from functools import partial

import msgspec

from groundswell.contract.inbox import Absence, InboxDigest, InboxMessage, PendingMessage, Untold
from groundswell.contract.times import Clock, to_rfc3339
from groundswell.domains.inbox import preferences
from groundswell.domains.inbox.device_statements import FIND_DEVICE, FIND_HEARD
from groundswell.domains.inbox.periods import Periods
from groundswell.domains.inbox.push.statements import FIND_ENDPOINTS
from groundswell.domains.inbox.redelivery import redeliver_at
from groundswell.domains.inbox.statements import (
    FIND_TRIMMED,
    NEWEST,
    PAGE,
    PENDING,
    SUMMARY,
    UNREAD,
    UNTOLD,
)
from groundswell.domains.inbox.views import InboxPage, Item, PushEndpoint, SavedSubscriptions
from groundswell.store import Row, Store, Transaction

_BEYOND = 2**62


class InboxQueries:
    """What is in inboxes now.

    Args:
        store: the database.
        clock: the time.
        periods: how long messages are kept.
    """

    def __init__(self, store: Store, clock: Clock, periods: Periods | None = None) -> None:
        self._store = store
        self._clock = clock
        self._periods = periods or Periods()

    async def page(self, user_id: str, after: int, limit: int) -> InboxPage:
        """The messages that follow ``after``, in order."""
        now = self._clock()
        async with self._store.reading() as tx:
            rows = await tx.fetch(PAGE, user_id=user_id, after=after, limit=limit + 1, now=now)
            unread = await tx.fetch(UNREAD, user_id=user_id, now=now)
            digest = await self._digest(tx, user_id, after)
        items = [_item(row) for row in rows[:limit]]
        return InboxPage(
            items=items,
            next_cursor=str(items[-1].seq) if len(rows) > limit else None,
            as_of=to_rfc3339(now),
            unread=unread[0][0],
            digest=digest,
        )

    async def newest(self, user_id: str, limit: int) -> list[Item]:
        """The newest messages that were not dismissed, newest first."""
        rows = await self._store.fetch(NEWEST, user_id=user_id, limit=limit, now=self._clock())
        return [_item(row) for row in rows]

    async def digest(self, user_id: str, after: int = 0) -> InboxDigest | None:
        """What came after ``after`` and is kept in summary only."""
        async with self._store.reading() as tx:
            return await self._digest(tx, user_id, after)

    async def absence(self, user_id: str, client_id: str) -> Absence:
        """What a device missed since it last listened, and is not kept in full."""
        now = self._clock()
        horizon = now - self._periods.summary
        async with self._store.reading() as tx:
            device = await tx.fetch(FIND_DEVICE, user_id=user_id, client_id=client_id)
            ((heard,),) = await tx.fetch(FIND_HEARD, user_id=user_id, client_id=client_id)
            untold = partial(_untold, tx, user_id, device[0][0] if device else 0)
            trimmed = await tx.fetch(FIND_TRIMMED, user_id=user_id)
            return Absence(
                summed=await untold(max(heard, horizon), now),
                forgotten=await untold(heard, horizon),
                more=not heard and bool(trimmed) and trimmed[0][0] > 0,
            )

    async def pending(
        self, user_id: str, client_id: str, after: int = 0, limit: int = 300
    ) -> list[PendingMessage]:
        """The critical messages that a device has not acknowledged, in order.

        A device that is not registered yet waits for what no other device acknowledged.
        """
        async with self._store.reading() as tx:
            device = await tx.fetch(FIND_DEVICE, user_id=user_id, client_id=client_id)
            acked_to, joined = device[0] if device else (0, _BEYOND)
            rows = await tx.fetch(
                PENDING,
                user_id=user_id,
                client_id=client_id,
                after=max(after, acked_to),
                joined=joined,
                limit=limit,
                now=self._clock(),
            )
        return [_pending(row) for row in rows]

    async def subscriptions(self, user_id: str) -> SavedSubscriptions:
        """What the user saved; nothing if they never did."""
        rows = await self._store.fetch(preferences.FIND, user_id=user_id)
        if not rows:
            return SavedSubscriptions(subscriptions=[], updated_at=None)
        return preferences.saved(*rows[0])

    async def endpoints(self, user_id: str) -> list[PushEndpoint]:
        """Where the user's pushes go, oldest first."""
        rows = await self._store.fetch(FIND_ENDPOINTS, user_id=user_id)
        return [
            PushEndpoint(
                endpoint=endpoint,
                created_at=to_rfc3339(created_at),
                expires_at=None if expires_at is None else to_rfc3339(expires_at),
            )
            for endpoint, created_at, expires_at in rows
        ]

    async def _digest(self, tx: Transaction, user_id: str, after: int) -> InboxDigest | None:
        since = self._clock() - self._periods.summary
        rows = await tx.fetch(SUMMARY, user_id=user_id, after=after, since=since)
        if not rows:
            return None
        return InboxDigest(
            from_=to_rfc3339(min(row[4] for row in rows)),
            to=to_rfc3339(max(row[5] for row in rows)),
            from_seq=min(row[2] for row in rows),
            to_seq=max(row[3] for row in rows),
            count=sum(row[1] for row in rows),
            by_type={row[0]: row[1] for row in sorted(map(tuple, rows))},
        )


async def _untold(
    tx: Transaction, user_id: str, after: int, since: int, until: int
) -> Untold | None:
    """What is kept without its text of the messages filed between two instants."""
    rows = await tx.fetch(UNTOLD, user_id=user_id, after=after, since=since, until=until)
    if not rows:
        return None
    return Untold(
        by_type={row[0]: row[1] for row in sorted(map(tuple, rows))},
        from_at=min(row[4] for row in rows),
        to_at=max(row[5] for row in rows),
        from_seq=min(row[2] for row in rows),
        to_seq=max(row[3] for row in rows),
    )


def message_of(row: Row) -> InboxMessage:
    """The message of a row of ``MESSAGE_COLUMNS``."""
    user, seq, message, event_type, data, delivery, policy, at, expires_at, log_seq = row
    return InboxMessage(
        id=message,
        user_id=user,
        seq=seq,
        log_seq=log_seq,
        event_type=event_type,
        data=msgspec.json.decode(data),
        at=at,
        delivery=delivery,
        policy=policy,
        expires_at=expires_at,
    )


def _pending(row: Row) -> PendingMessage:
    *message, attempts, sent_at = row
    return PendingMessage(
        message=message_of(tuple(message)),
        attempts=attempts,
        redeliver_at=redeliver_at(attempts, sent_at),
    )


def _item(row: Row) -> Item:
    *columns, state = row
    message = message_of(tuple(columns))
    return Item(
        id=message.id,
        seq=message.seq,
        event_type=message.event_type,
        data=message.data,
        delivery=message.delivery,
        timestamp=to_rfc3339(message.at),
        expires_at=None if message.expires_at is None else to_rfc3339(message.expires_at),
        state=state,
    )
