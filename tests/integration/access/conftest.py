"""Stores with the tables of access, on either database."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import Dialect
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from groundswell.access.api_keys import ApiKeys
from groundswell.access.issuer import TokenIssuer
from groundswell.access.refresh import RefreshTokens
from groundswell.access.revocations import Revocations
from groundswell.access.tables import api_keys, refresh_tokens, token_sessions
from groundswell.access.tokens import AccessTokens
from groundswell.contract.times import DAY
from groundswell.store import Statement, Store, open_store

BOOTSTRAP = "gsk_bootstrap-of-the-tests"
KEY = b"k" * 32
DIALECTS: dict[str, type[Dialect]] = {
    "sqlite": sqlite.dialect,
    "postgresql": postgresql.dialect,
}


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 20_000 * DAY

    def __call__(self) -> int:
        return self.now


class Process:
    """What one process of the service has of access; several may share a store."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self.refresh = RefreshTokens(store)
        self.revocations = Revocations(store, self.refresh, clock)
        self.issuer = TokenIssuer(AccessTokens(KEY), self.refresh, self.revocations)
        self.keys = ApiKeys(store, BOOTSTRAP)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    store = open_store(database_url)
    await store.open()
    dialect = DIALECTS[store.engine]()
    async with store.writing() as tx:
        for table in (api_keys, token_sessions, refresh_tokens):
            await tx.fetch(Statement(str(CreateTable(table).compile(dialect=dialect))))
            for index in table.indexes:
                await tx.fetch(Statement(str(CreateIndex(index).compile(dialect=dialect))))
    yield store
    await store.close()


@pytest.fixture
def process(store: Store, clock: Clock) -> Process:
    return Process(store, clock)


@pytest.fixture
def other_process(store: Store, clock: Clock) -> Process:
    return Process(store, clock)
