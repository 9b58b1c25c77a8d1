"""The token routes, over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, cast

import httpx
import pytest
from litestar import Litestar, Request, Response
from litestar.di import Provide

from groundswell.access.addresses import TrustedProxies
from groundswell.access.authenticate import Authenticator
from groundswell.access.principal import Principal
from groundswell.access.routes import token_routes
from groundswell.contract.errors import GroundswellError
from tests.integration.access.conftest import BOOTSTRAP, Clock, Process

HOST = {"authorization": f"Bearer {BOOTSTRAP}"}
STATUS = {"invalid": 400, "unauthenticated": 401, "forbidden": 403}


def answer(_: Request[Any, Any, Any], error: GroundswellError) -> Response[str]:
    return Response(str(error), status_code=STATUS[error.kind])


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One database is enough: what is tested here does not depend on which."""
    return sqlite_url


@pytest.fixture
async def client(process: Process, clock: Clock) -> AsyncIterator[httpx.AsyncClient]:
    authenticator = Authenticator(process.keys, process.issuer, TrustedProxies())

    async def caller(request: Request[Any, Any, Any]) -> Principal:
        header = request.headers.get("authorization")
        return await authenticator.authenticate(header, "127.0.0.1", None, None, clock.now)

    app = Litestar(
        [token_routes(process.issuer, clock)],
        dependencies={"caller": Provide(caller)},
        exception_handlers={GroundswellError: answer},
    )
    transport = httpx.ASGITransport(cast(Any, app))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


async def test_the_life_of_a_session(client: httpx.AsyncClient) -> None:
    wanted = {"userId": "ada", "scopes": ["moderate"]}
    issued = await client.post("/v1/tokens", json=wanted, headers=HOST)
    assert issued.status_code == 201
    assert sorted(issued.json()) == ["accessToken", "expiresIn", "refreshToken"]
    assert issued.json()["expiresIn"] == 900
    old = {"refreshToken": issued.json()["refreshToken"]}
    renewed = await client.post("/v1/tokens/refresh", json=old)
    assert renewed.status_code == 201
    assert sorted(renewed.json()) == ["accessToken", "expiresIn", "refreshToken"]
    new = {"refreshToken": renewed.json()["refreshToken"]}
    revoked = await client.post("/v1/tokens/revoke", json=new)
    assert (revoked.status_code, revoked.content) == (204, b"")
    assert (await client.post("/v1/tokens/refresh", json=new)).status_code == 401
    unknown = {"refreshToken": "gsr_unknown"}
    assert (await client.post("/v1/tokens/revoke", json=unknown)).status_code == 204


async def test_only_the_host_issues_tokens(client: httpx.AsyncClient) -> None:
    assert (await client.post("/v1/tokens", json={"userId": "ada"})).status_code == 401
    issued = await client.post("/v1/tokens", json={"userId": "ada"}, headers=HOST)
    user = {"authorization": f"Bearer {issued.json()['accessToken']}"}
    refused = await client.post("/v1/tokens", json={"userId": "eve"}, headers=user)
    assert refused.status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"userId": "a.b"},
        {"userId": "a\n"},
        {"userId": ""},
        {"userId": 5},
        {"userId": None},
        {"userId": "ada", "admin": True},
        {"userId": "ada", "scopes": "moderate"},
        {"userId": "ada", "scopes": ["NOT A SCOPE"]},
        {"userId": "ada", "scopes": ["s"] * 33},
        [],
    ],
)
async def test_bodies_that_are_not_valid_are_refused(
    client: httpx.AsyncClient, body: object
) -> None:
    assert (await client.post("/v1/tokens", json=body, headers=HOST)).status_code == 400


@pytest.mark.parametrize("path", ["refresh", "revoke"])
@pytest.mark.parametrize(
    "body", [{}, {"refreshToken": ""}, {"refreshToken": 1}, {"refreshToken": "x", "more": 1}]
)
async def test_refresh_and_revoke_take_exactly_a_token(
    client: httpx.AsyncClient, path: str, body: object
) -> None:
    assert (await client.post(f"/v1/tokens/{path}", json=body)).status_code == 400
