"""Clients that reach the sample application in-process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from tests.unit.http.sample_app import FakeAuthenticator, build

Client = httpx.AsyncClient
MakeClient = Callable[..., Client]


@pytest.fixture
def authenticator() -> FakeAuthenticator:
    return FakeAuthenticator()


@pytest.fixture
async def make_client(authenticator: FakeAuthenticator) -> AsyncIterator[MakeClient]:
    """Clients of the application with other settings."""
    opened: list[Client] = []

    def make(scheme: str = "http", **settings: Any) -> Client:
        transport = httpx.ASGITransport(build(authenticator, **settings))
        opened.append(Client(transport=transport, base_url=f"{scheme}://service.test"))
        return opened[-1]

    yield make
    for client in opened:
        await client.aclose()


@pytest.fixture
def client(make_client: MakeClient) -> Client:
    return make_client()
