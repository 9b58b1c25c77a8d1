"""A core with inboxes, and short ways to say what happens in them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from groundswell.domains.inbox.audit import audit_inboxes
from groundswell.domains.inbox.commands import FileMessage, TrimInboxes
from groundswell.domains.inbox.port import Inbox
from groundswell.domains.inbox.queries import InboxQueries
from groundswell.domains.inbox.views import FiledMessage, Item, Trimmed
from groundswell.domains.inbox.wiring import inbox_handler
from tests.support.core import Core, ManualClock, running_core


@dataclass
class Inboxes:
    """Inboxes on a running core."""

    core: Core
    port: Inbox
    queries: InboxQueries

    @property
    def clock(self) -> ManualClock:
        return self.core.clock

    def message(self, user: str, number: int, **more: Any) -> FileMessage:
        """The command for the user's message of this number."""
        described = {
            "user_id": user,
            "event_id": f"msg-{user}-{number}",
            "event_type": "reward.earned",
            "data": {"number": number},
            **more,
        }
        return FileMessage(at=self.clock(), **described)

    async def file(self, user: str, *numbers: int, **more: Any) -> list[FiledMessage]:
        """File messages one after the other."""
        return [await self.core.submit(self.message(user, one, **more)) for one in numbers]

    async def items(self, user: str, after: int = 0) -> list[Item]:
        """All messages the user sees."""
        return (await self.queries.page(user, after, 500)).items

    async def pending(self, user: str, client: str) -> list[int]:
        """The numbers of what waits for a device."""
        return [one.message.seq for one in await self.port.pending(user, client)]

    async def trim(self) -> Trimmed:
        """One round of retention."""
        done: Trimmed = await self.core.submit(TrimInboxes(at=self.clock()))
        return done

    async def assert_consistent(self) -> None:
        """No number is missing, and the log tells of each message."""
        compared, differences = await audit_inboxes(self.core.store)
        assert not differences, [str(one) for one in differences]
        assert compared > 0


@asynccontextmanager
async def running_inboxes(url: str) -> AsyncIterator[Inboxes]:
    """Inboxes on a database that has the schema."""
    async with running_core(url, handlers=(inbox_handler(),)) as core:
        queries = InboxQueries(core.store, core.clock)
        yield Inboxes(core, Inbox(core.writer.submit, queries, core.clock), queries)
