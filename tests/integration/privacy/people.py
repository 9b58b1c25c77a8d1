"""A core with privacy on it, and ways to look for somebody in everything that is stored."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from groundswell.access.hashing import AddressHasher
from groundswell.access.limits import RateLimits, WindowsInMemory, parse_limits
from groundswell.access.principal import Principal
from groundswell.app.persons import ERASERS, exports_of
from groundswell.domains.engagement.wiring import engagement_handler
from groundswell.domains.engagement.withdrawing import withdraw
from groundswell.domains.inbox.wiring import inbox_handler
from groundswell.domains.privacy.handling import privacy_handler
from groundswell.domains.privacy.offering import PrivacyActions
from groundswell.domains.privacy.wishes import wishes_of
from tests.support.core import FEED_DAYS, Core, running_core

SECRET = b"s" * 32

_SQLITE_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table'"
_POSTGRES_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"


@dataclass
class People:
    """A core, and what people may do about their privacy in it."""

    core: Core
    actions: PrivacyActions
    hasher: AddressHasher

    def user(self, name: str) -> Principal:
        """A signed-in user."""
        return Principal("user", name, "203.0.113.7", None)

    async def wish(self, name: str, **changes: Any) -> None:
        """Change what a user wishes."""
        await self.actions.change(self.user(name), changes, None)

    async def feed(self) -> list[int]:
        """The ids in the feed."""
        return [item.id for item in (await self.core.queries.activity(100)).items]

    async def tables(self) -> list[str]:
        """The names of all tables there are."""
        return await tables(self.core)

    async def holding(self, marker: str) -> list[str]:
        """The tables in which a text is, in whatever column."""
        return await holding(self.core, marker)


async def tables(core: Core) -> list[str]:
    """The names of all tables of a database."""
    names = _SQLITE_TABLES if core.store.engine == "sqlite" else _POSTGRES_TABLES
    return [name for (name,) in await core.rows(names)]


async def holding(core: Core, marker: str) -> list[str]:
    """The rows of a database in which a text is, in whatever column of whatever table."""
    return [
        f"{table}: {row}"
        for table in await tables(core)
        for row in await core.rows(f"SELECT * FROM {table}")
        if marker in repr(row)
    ]


@asynccontextmanager
async def running_people(url: str) -> AsyncIterator[People]:
    """A core with privacy, on a database with the schema."""
    engagement = engagement_handler(feed_days=FEED_DAYS, discretions=wishes_of)
    handlers = (inbox_handler(), privacy_handler(ERASERS, withdraw))
    async with running_core(url, engagement=engagement, handlers=handlers) as core:
        hasher = AddressHasher(SECRET, clock=core.clock)
        limits = RateLimits(parse_limits("off"), WindowsInMemory)
        exports = exports_of(core.store, ())
        actions = PrivacyActions(
            core.store, core.submit, hasher, limits, core.clock, exports, ERASERS
        )
        yield People(core, actions, hasher)
