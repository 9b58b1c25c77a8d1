"""How often is often enough: exactly at the limit, one over, and after waiting."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.end_to_end.service import NewAddress, Service, StartService, shared_service
from tests.end_to_end.shapes import assert_problem

SETTING = "play=3/2 seconds,download=4/hour,view=5/hour,comment=2/hour,inbox=2/hour"
"""Votes are limited as they are where nothing is set: 30 a minute."""

ACTIONS: list[tuple[str, str, Any, int, str]] = [
    ("PUT", "vote", {"voteType": "up"}, 30, "upvotes"),
    ("POST", "downloads", {}, 4, "downloadCount"),
    ("POST", "views", {}, 5, "viewCount"),
    ("POST", "comments", {"body": "Again"}, 2, "commentCount"),
]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def limited(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    directory = tmp_path_factory.mktemp("limited")
    yield from shared_service(request, directory, request.param, GROUNDSWELL_RATE_LIMITS=SETTING)


def assert_limited(answer: httpx.Response, longest: int) -> int:
    """Refused in the contract's words; the seconds to wait."""
    assert_problem(answer, 429, "rate_limited")
    said = re.fullmatch(
        r"Rate limit exceeded\. Please try again in (\d+) seconds\.", answer.json()["detail"]
    )
    assert said is not None, answer.json()["detail"]
    assert answer.headers["retry-after"] == said[1]
    assert 1 <= int(said[1]) <= longest
    return int(said[1])


@pytest.mark.parametrize(("method", "action", "body", "limit", "counter"), ACTIONS)
async def test_the_limit_itself_is_allowed_and_one_more_is_not(
    limited: Service,
    new_address: NewAddress,
    method: str,
    action: str,
    body: Any,
    limit: int,
    counter: str,
) -> None:
    files = [await limited.register() for _ in range(limit)]
    async with limited.visitor(new_address()) as visitor:
        for media in files:
            answer = await visitor.request(method, f"/v1/media/{media}/{action}", json=body)
            assert answer.status_code in {200, 201}, answer.text
        over = await visitor.request(method, f"/v1/media/{files[0]}/{action}", json=body)
        assert_limited(over, 60 if action == "vote" else 3600)
    assert [(await limited.media(media))[counter] for media in files] == [1] * limit


async def test_taking_a_vote_back_is_limited_as_voting_and_reading_is_not(
    limited: Service, new_address: NewAddress
) -> None:
    path = f"/v1/media/{await limited.register()}/vote"
    async with limited.visitor(new_address()) as visitor:
        for number in range(30):
            await visitor.put(path, json={"voteType": ("down", "up")[number % 2]})
        assert_limited(await visitor.delete(path), 60)
        assert (await visitor.get(path)).json()["voteType"] == "up"


async def test_an_address_and_a_user_are_limited_each_and_the_host_is_not(
    limited: Service, new_address: NewAddress
) -> None:
    path, address = f"/v1/media/{await limited.register()}/downloads", new_address()
    async with limited.visitor(address) as visitor:
        answers = [await visitor.post(path) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [201] * 4 + [429]
    async with limited.visitor(address) as with_a_new_cookie:
        assert_limited(await with_a_new_cookie.post(path), 3600)
    async with limited.visitor(new_address()) as another:
        assert (await another.post(path)).status_code == 201
    user_id = f"user-{uuid4().hex}"
    async with await limited.user(user_id, address) as user:
        assert [(await user.post(path)).status_code for _ in range(4)] == [201] * 4
        assert_limited(await user.post(path), 3600)
    async with await limited.user(user_id, new_address()) as elsewhere:
        assert_limited(await elsewhere.post(path), 3600)
    async with limited.host() as host:
        assert [(await host.post(path)).status_code for _ in range(6)] == [201] * 6


async def test_of_many_at_once_exactly_the_limit_is_accepted(
    limited: Service, new_address: NewAddress
) -> None:
    media = await limited.register()
    async with limited.visitor(new_address()) as visitor:
        answers = await asyncio.gather(
            *(visitor.post(f"/v1/media/{media}/views") for _ in range(20))
        )
    assert sorted(answer.status_code for answer in answers) == [201] * 5 + [429] * 15
    assert (await limited.media(media))["viewCount"] == 5


async def test_after_the_seconds_it_names_the_next_one_is_accepted(
    limited: Service, new_address: NewAddress
) -> None:
    path = f"/v1/media/{await limited.register()}/plays"
    async with limited.visitor(new_address()) as visitor:
        for _ in range(3):
            assert (await visitor.post(path)).status_code == 201
        await asyncio.sleep(assert_limited(await visitor.post(path), 2))
        assert (await visitor.post(path)).status_code == 201


async def test_the_page_says_the_limit_too(limited: Service, new_address: NewAddress) -> None:
    media = await limited.register()
    async with limited.visitor(new_address()) as visitor:
        page = (await visitor.get(f"/media/{media}")).text
        token = re.search(r'name="form_token" value="([^"]+)"', page)
        assert token is not None, page[:3000]
        form = {"form_token": token[1], "body": "Again"}
        for _ in range(2):
            assert (await visitor.post(f"/media/{media}/comments", data=form)).status_code == 303
        answer = await visitor.post(f"/media/{media}/comments", data=form)
    assert answer.status_code == 429
    assert "Rate limit exceeded. Please try again in" in answer.text
    assert (await limited.media(media))["commentCount"] == 2


async def test_what_a_user_writes_into_the_inbox_is_limited(limited: Service) -> None:
    async with await limited.user(f"user-{uuid4().hex}") as user:
        ack = {"clientId": "phone", "upTo": 0}
        for _ in range(2):
            assert (await user.post("/v1/me/inbox/ack", json=ack)).status_code == 200
        assert_limited(await user.post("/v1/me/inbox/ack", json=ack), 3600)
        assert (await user.get("/v1/me/inbox")).status_code == 200


async def test_one_limit_of_connections_holds_for_socket_io_too(
    sqlite_url: str, start_service: StartService
) -> None:
    service = start_service(sqlite_url, GROUNDSWELL_WEBSOCKET_CONNECTIONS="2")
    asks = {"EIO": "4", "transport": "polling"}
    async with service.client() as client:
        answers = [await client.get("/socket.io/", params=asks) for _ in range(3)]
    assert [one.status_code for one in answers] == [200, 200, 503]
    assert answers[-1].headers["retry-after"]
