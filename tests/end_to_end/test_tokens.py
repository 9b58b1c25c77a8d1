"""Sessions of users, from the first pair of tokens to the end of the family."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import jwt
import pytest

from tests.end_to_end.service import NewAddress, Service
from tests.end_to_end.shapes import TOKENS, assert_problem
from tests.services.server import SECRET


async def exchange(service: Service, refresh_token: str) -> httpx.Response:
    async with service.visitor("192.0.2.1") as anybody:
        return await anybody.post("/v1/tokens/refresh", json={"refreshToken": refresh_token})


async def works(service: Service, tokens: dict[str, Any]) -> bool:
    media = await service.register()
    async with service.bearer(tokens["accessToken"]) as user:
        answer = await user.put(f"/v1/media/{media}/vote", json={"voteType": "up"})
    if answer.status_code == 200:
        return True
    assert_problem(answer, 401, "unauthenticated")
    assert (await service.media(media))["upvotes"] == 0
    return False


async def test_the_host_gets_a_pair_of_tokens_for_a_user(service: Service) -> None:
    tokens = await service.tokens("ada", ("moderate",))
    assert set(tokens) == TOKENS
    assert tokens["expiresIn"] == 900
    claims = jwt.decode(tokens["accessToken"], options={"verify_signature": False})
    assert (claims["sub"], claims["aud"], claims["scopes"]) == ("ada", "groundswell", ["moderate"])
    assert claims["exp"] - claims["iat"] == 900
    assert await works(service, tokens)


async def test_nobody_else_gets_tokens(service: Service, new_address: NewAddress) -> None:
    async with service.visitor(new_address()) as visitor, await service.user("ada") as user:
        refused = await visitor.post("/v1/tokens", json={"userId": "ada"})
        assert_problem(refused, 401, "unauthenticated")
        assert_problem(await user.post("/v1/tokens", json={"userId": "bob"}), 403, "forbidden")


async def test_a_refresh_token_is_exchanged_for_the_next_pair(service: Service) -> None:
    first = await service.tokens("ada", ("moderate",))
    renewed = await exchange(service, first["refreshToken"])
    assert renewed.status_code == 201
    second = renewed.json()
    assert set(second) == TOKENS
    assert second["refreshToken"] != first["refreshToken"]
    claims = jwt.decode(second["accessToken"], options={"verify_signature": False})
    assert (claims["sub"], claims["scopes"]) == ("ada", ["moderate"])
    assert await works(service, first)
    assert await works(service, second)


async def test_using_a_refresh_token_twice_ends_the_whole_family(service: Service) -> None:
    first = await service.tokens("ada")
    other_session = await service.tokens("ada")
    second = (await exchange(service, first["refreshToken"])).json()
    third = (await exchange(service, second["refreshToken"])).json()
    assert_problem(await exchange(service, first["refreshToken"]), 401, "unauthenticated")
    assert_problem(await exchange(service, third["refreshToken"]), 401, "unauthenticated")
    for tokens in (first, second, third):
        assert not await works(service, tokens)
    assert await works(service, other_session)
    assert (await exchange(service, other_session["refreshToken"])).status_code == 201


async def test_of_two_uses_at_the_same_moment_at_most_one_succeeds(service: Service) -> None:
    first = await service.tokens("ada")
    answers = await asyncio.gather(*(exchange(service, first["refreshToken"]) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [201, 401, 401, 401, 401]
    (winner,) = [answer.json() for answer in answers if answer.status_code == 201]
    assert (await exchange(service, winner["refreshToken"])).status_code == 401


async def test_revoking_ends_the_session_and_is_no_error_twice(service: Service) -> None:
    tokens = await service.tokens("ada")
    body = {"refreshToken": tokens["refreshToken"]}
    async with service.visitor("192.0.2.1") as anybody:
        for _ in range(2):
            answer = await anybody.post("/v1/tokens/revoke", json=body)
            assert (answer.status_code, answer.content) == (204, b"")
        unknown = await anybody.post("/v1/tokens/revoke", json={"refreshToken": "gsr_unknown"})
    assert unknown.status_code == 204
    assert not await works(service, tokens)
    assert_problem(await exchange(service, tokens["refreshToken"]), 401, "unauthenticated")


def _forged(**claims: Any) -> str:
    return jwt.encode({"sub": "ada", "aud": "groundswell", "exp": 2**33} | claims, SECRET)


@pytest.mark.parametrize(
    "authorization",
    [
        "Bearer",
        "Basic YWRhOmxvdmVsYWNl",
        "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ.",
        f"Bearer {_forged()}",
        f"Bearer {_forged(exp=1)}",
        "Bearer gsk_0123456789abcdef0123456789abcdef0123456789a",
        "Bearer gsr_0123456789abcdef0123456789abcdef0123456789a",
        "Bearer " + "x" * 8000,
    ],
)
async def test_wrong_credentials_never_make_a_visitor(
    service: Service, new_address: NewAddress, authorization: str
) -> None:
    media = await service.register()
    async with service.visitor(new_address(), authorization=authorization) as caller:
        answer = await caller.put(f"/v1/media/{media}/vote", json={"voteType": "up"})
        assert_problem(answer, 401, "unauthenticated")
        assert_problem(
            await caller.post(f"/v1/media/{media}/comments", json={"body": "Hello"}),
            401,
            "unauthenticated",
        )
    file = await service.media(media)
    assert (file["upvotes"], file["commentCount"]) == (0, 0)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"userId": ""},
        {"userId": "a.b"},
        {"userId": "a" * 65},
        {"userId": 7},
        {"userId": "ada", "scopes": "moderate"},
        {"userId": "ada", "scopes": ["Moderate Everything"]},
        {"userId": "ada", "scopes": [f"s{n}" for n in range(33)]},
        {"userId": "ada", "admin": True},
    ],
)
async def test_tokens_for_an_impossible_user_are_refused(service: Service, body: object) -> None:
    async with service.host() as host:
        assert_problem(await host.post("/v1/tokens", json=body), 400, "validation_failed")
