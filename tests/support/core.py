"""The writing and reading core of the service on one database, with a clock that tests move."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from groundswell.contract.events import Event, LoggedEvent
from groundswell.domains.engagement.audit import audit_engagement
from groundswell.domains.engagement.commands import Actor, RegisterMedia
from groundswell.domains.engagement.lists import RankedLists
from groundswell.domains.engagement.projections import ENGAGEMENT_PROJECTION
from groundswell.domains.engagement.queries import EngagementQueries
from groundswell.domains.engagement.wiring import engagement_handler
from groundswell.log.journal import SqlJournal
from groundswell.log.reader import EventLog
from groundswell.store import Row, Statement, Store, open_store
from groundswell.store.commands import Command, Handler, Idempotency
from groundswell.store.writer import Writer
from tests.support.replaying import unlike_the_log

START = 1_760_000_400_000_123
FEED_DAYS = 30

_FILLED = (
    "vote_cases",
    *("media", "votes", "play_logs", "download_logs", "view_logs", "comments", "activity_feed"),
    *("media_hours", "recent_actors", "event_log", "consumer_positions", "idempotency_keys"),
)
_EMPTY = [Statement(f"DELETE FROM {table}") for table in _FILLED]
_REWIND = Statement("UPDATE log_head SET seq = 0 WHERE id = 1")


class ManualClock:
    """A clock that stands still until it is moved; microseconds."""

    def __init__(self, now: int = START) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now

    def advance(self, by: int) -> int:
        """Move it, and tell the new time."""
        self.now += by
        return self.now


@dataclass
class Core:
    """What a process of the service is made of, without its doors."""

    store: Store
    writer: Writer
    log: EventLog
    queries: EngagementQueries
    lists: RankedLists
    clock: ManualClock

    async def submit(self, command: Command, idempotency: Idempotency | None = None) -> Any:
        """Execute a command."""
        return await self.writer.submit(command, idempotency)

    async def together(self, *commands: Command) -> list[Any]:
        """Submit at the same time; a refusal is returned as a value."""
        waiting = (self.writer.submit(command) for command in commands)
        return await asyncio.gather(*waiting, return_exceptions=True)

    async def register(self, title: str = "Harvest", **details: Any) -> int:
        """Make a file known; its id."""
        media = await self.submit(RegisterMedia(title=title, at=self.clock(), **details))
        return int(media.media_file_id)

    async def rows(self, sql: str, **parameters: Any) -> list[Row]:
        """What a query answers, as tuples on either engine."""
        return [tuple(row) for row in await self.store.fetch(Statement(sql), **parameters)]

    async def events(self, after: int = 0) -> list[LoggedEvent]:
        """All events that follow."""
        return [event async for event in self.log.of(Event, after=after)]

    async def assert_consistent(self) -> None:
        """Counters, logs and events tell the same."""
        compared, differences = await audit_engagement(self.store)
        assert not differences, [str(one) for one in differences]
        assert compared > 0
        assert await unlike_the_log(self.store, ENGAGEMENT_PROJECTION) == []

    async def clear(self) -> None:
        """Back to an empty database with an empty log."""
        async with self.store.writing() as tx:
            for statement in _EMPTY:
                await tx.fetch(statement)
            await tx.fetch(_REWIND)
        self.lists.changed()


def connected(
    url: str,
    clock: ManualClock,
    *,
    engagement: Handler | None = None,
    handlers: Sequence[Handler] = (),
    **writing: Any,
) -> Core:
    """A core on the database; nothing is opened and nothing runs yet."""
    store = open_store(url, readers=2)
    # Computing takes no time by this timer, so no reader ever rests.
    lists = RankedLists(store, clock, timer=lambda: 0.0)
    writer = Writer(
        store,
        (engagement or engagement_handler(feed_days=FEED_DAYS), *handlers),
        SqlJournal(clock),
        clock=clock,
        **{"on_commit": lists.changed, **writing},
    )
    return Core(store, writer, EventLog(store), EngagementQueries(store, clock), lists, clock)


@asynccontextmanager
async def running_core(
    url: str,
    clock: ManualClock | None = None,
    *,
    handlers: Sequence[Handler] = (),
    **writing: Any,
) -> AsyncIterator[Core]:
    """A core whose writer works; on leaving, what waits is written and the store is closed."""
    core = connected(url, clock or ManualClock(), handlers=handlers, **writing)
    await core.store.open()
    working = asyncio.create_task(core.writer.run())
    try:
        yield core
    finally:
        core.writer.close()
        await working
        await core.store.close()


async def somebody_waits_for_a_lock(core: Core) -> bool:
    """Whether a PostgreSQL transaction waits for another one."""
    sql = "SELECT COUNT(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    return bool((await core.rows(sql))[0][0])


def visitor(name: str, **details: Any) -> Actor:
    """Somebody without an account."""
    return Actor(**{"actor": f"actor-{name}", "voter": f"voter-{name}", **details})


def user(name: str, **details: Any) -> Actor:
    """Somebody signed in."""
    key = f"user:{name}"
    return Actor(**{"actor": key, "voter": key, "user_id": name, **details})
