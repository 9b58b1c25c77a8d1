"""An inbox in memory, as a door or a gateway uses it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from groundswell.contract.inbox import (
    Absence,
    Acknowledged,
    InboxMessage,
    PendingMessage,
    ReadEntry,
    ReadStates,
)
from groundswell.contract.times import SECOND
from groundswell.realtime.broker.base import Broker
from groundswell.realtime.inbox_events import message_publication


class Around(Protocol):
    """What is around an inbox: the newest place in the log, the time, the broker."""

    seq: int
    now: int
    broker: Broker


WAITS = (10, 30, 90)


class MemoryInbox:
    """One user's inbox, told again after 10, 30 and 90 seconds."""

    def __init__(self, world: Around) -> None:
        self.world = world
        self.messages: list[InboxMessage] = []
        self.attempts: dict[tuple[str, str], int] = {}
        self.again: dict[tuple[str, str], int | None] = {}
        self.acked: set[tuple[str, str]] = set()
        self.marked: list[tuple[Any, ...]] = []
        self.departures: list[tuple[str, int]] = []
        self.missed = Absence()

    async def file(self, count: int = 1) -> None:
        for _ in range(count):
            self.world.seq += 1
            message = InboxMessage(
                id=f"msg-{self.world.seq}",
                user_id="1",
                seq=len(self.messages) + 1,
                log_seq=self.world.seq,
                event_type="referral.reward.earned",
                data={"rewardId": "rw-88"},
                at=self.world.now,
                delivery="critical",
                policy="each",
            )
            self.messages.append(message)
            await self.world.broker.publish([message_publication(message)])

    async def connected(self, user_id: str, client_id: str) -> None:
        assert user_id == "1"
        for key in [key for key in self.attempts if key[0] == client_id]:
            del self.attempts[key]

    async def left(self, user_id: str, client_id: str, heard_at: int) -> None:
        assert user_id == "1"
        self.departures.append((client_id, heard_at))

    async def absence(self, user_id: str, client_id: str) -> Absence:
        assert user_id == "1"
        return self.missed

    async def pending(
        self, user_id: str, client_id: str, after: int = 0, limit: int = 300
    ) -> list[PendingMessage]:
        assert user_id == "1"
        found = [
            PendingMessage(
                message=one,
                attempts=self.attempts.get((client_id, one.id), 0),
                redeliver_at=self.again.get((client_id, one.id)),
            )
            for one in self.messages
            if one.seq > after and (client_id, one.id) not in self.acked
        ]
        return found[:limit]

    async def sent(
        self, user_id: str, client_id: str, ids: Sequence[str]
    ) -> Mapping[str, int | None]:
        for one in ids:
            key = (client_id, one)
            attempt = self.attempts.get(key, 0)
            self.attempts[key] = attempt + 1
            wait = WAITS[attempt] if attempt < len(WAITS) else None
            self.again[key] = None if wait is None else self.world.now + wait * SECOND
        return {one: self.again[client_id, one] for one in ids}

    async def ack(
        self, user_id: str, client_id: str, *, up_to: int | None = None, ids: Sequence[str] = ()
    ) -> Acknowledged:
        assert user_id == "1"
        for one in self.messages:
            if one.id in ids or one.seq <= (up_to or 0):
                self.acked.add((client_id, one.id))
        return Acknowledged(acked_to=0, pending=len(await self.pending(user_id, client_id)))

    async def read(self, *args: Any, **more: Any) -> ReadStates:
        self.marked.append((*args, more))
        entry = ReadEntry(id="msg-1", seq=1, state=args[2], at="2026-03-15T14:31:10Z", by=args[1])
        return ReadStates(entries=[entry], unread=1, vv={"n1": 77})
