"""Long polls and tickets over real sockets, behind a real server."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import httpx
import msgspec
import pytest
from litestar import Litestar
from litestar.di import Provide

from groundswell.http.openapi import complete, openapi_config
from groundswell.realtime.doors.polling import PollingDoor, polling_routes
from groundswell.realtime.doors.showing import CredentialsOf
from groundswell.realtime.doors.tickets import Viewers, ticket_routes
from groundswell.realtime.tickets import Tickets
from tests.integration.realtime.live_service import LiveService, _caller, live_service
from tests.unit.realtime.builders import publication

PAGE = "https://app.example"
SITE = {"origin": PAGE, "sec-fetch-site": "cross-site"}


@asynccontextmanager
async def polled(**options: Any) -> AsyncIterator[tuple[LiveService, httpx.AsyncClient]]:
    async with (
        live_service(**options) as service,
        httpx.AsyncClient(base_url=service.url, timeout=10) as client,
    ):
        yield service, client


async def register(client: httpx.AsyncClient, *topics: str, **more: Any) -> dict[str, Any]:
    headers = {"x-test-user": more.pop("user")} if "user" in more else {}
    body = {"topics": list(topics), **more}
    answer = await client.post("/v1/poll/register", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def poll(
    client: httpx.AsyncClient, cursor: str, wait_ms: int = 0, **headers: str
) -> dict[str, Any]:
    params = {"cursor": cursor, "waitMs": wait_ms}
    answer = await client.get("/v1/poll", params=params, headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return answer.json()


async def test_state_and_cursor_in_one_answer_and_then_what_follows() -> None:
    async with polled() as (service, client):
        await service.publish(publication(1), publication(2))
        begun = await register(client, "activity", "hot", "user.1.inbox", history=1)
        assert [one["type"] for one in begun["messages"]] == ["SNAPSHOT", "EVENT"]
        assert begun["messages"][1]["seq"] == 2
        assert begun["topics"]["user.1.inbox"]["error"]["name"] == "permission_denied"
        polling = asyncio.create_task(poll(client, begun["cursor"], 5_000))
        await service.until_connections(1)
        await service.publish(publication(3))
        told = await polling
        assert [one["seq"] for one in told["messages"]] == [3]
        assert told["nextPollMs"] == 0
        assert (await poll(client, told["cursor"]))["messages"] == []


async def test_an_event_is_the_same_bytes_as_on_the_stream() -> None:
    async with polled() as (service, client):
        begun = await register(client, "activity")
        await service.publish(publication(1))
        history = await service.broker.history("activity")
        answer = await client.get("/v1/poll", params={"cursor": begun["cursor"], "waitMs": 0})
        assert history.envelopes[0].event in answer.content


async def test_a_thousand_events_under_a_polling_client_all_arrive_once() -> None:
    async with polled() as (service, client):
        cursor, seqs = (await register(client, "activity"))["cursor"], list[int]()

        async def publishing() -> None:
            for seq in range(1, 1_001):
                await service.publish(publication(seq))
                if seq % 20 == 0:
                    await asyncio.sleep(0.005)

        task = asyncio.create_task(publishing())
        async with asyncio.timeout(20):
            while len(seqs) < 1_000:
                told = await poll(client, cursor, 1_000)
                cursor = told["cursor"]
                seqs += [one["seq"] for one in told["messages"]]
        await task
        assert seqs == list(range(1, 1_001))


async def test_a_client_that_goes_away_is_not_waited_for() -> None:
    async with polled() as (service, client):
        cursor = (await register(client, "activity"))["cursor"]
        with socket.create_connection(("127.0.0.1", service.port)) as raw:
            path = f"/v1/poll?cursor={cursor}&waitMs=20000"
            raw.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            await service.until_connections(1)
        await service.until_connections(0)


@pytest.mark.alone
async def test_a_stopping_server_answers_held_polls_at_once() -> None:
    async with polled() as (service, client):
        cursor = (await register(client, "activity"))["cursor"]
        polling = asyncio.create_task(poll(client, cursor, 20_000))
        await service.until_connections(1)
        began = time.perf_counter()
        await service.stop()
        told = await polling
        assert time.perf_counter() - began < 1
        assert 500 <= told["nextPollMs"] <= 10_500


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("", "cursor"),
        ("cursor=", "cursor"),
        ("cursor=nonsense", "cursor"),
        ("cursor=%00", "query"),
        ("cursor=WzFd", "cursor"),
        ("cursor=WzFd&waitMs=-1", "waitMs"),
        ("cursor=WzFd&waitMs=55001", "waitMs"),
        ("cursor=WzFd&waitMs=soon", "waitMs"),
        ("cursor=WzFd&hidden=perhaps", "hidden"),
    ],
)
async def test_what_cannot_be_polled_is_refused_with_a_problem(query: str, field: str) -> None:
    async with polled() as (_, client):
        answer = await client.get(f"/v1/poll?{query}")
        assert answer.status_code == 400
        assert answer.headers["content-type"] == "application/problem+json"
        assert [one["field"] for one in answer.json()["errors"]] == [field]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"topics": []},
        {"topics": "activity"},
        {"topics": ["activity"], "history": 101},
        {"topics": ["activity"], "history": -1},
        {"topics": ["activity"], "more": 1},
        {"topics": [f"media.{n}" for n in range(1, 130)]},
    ],
)
async def test_what_cannot_be_registered_is_refused_with_a_problem(body: dict[str, Any]) -> None:
    async with polled() as (_, client):
        answer = await client.post("/v1/poll/register", json=body)
        assert answer.status_code == 400
        assert answer.json()["code"] == "validation_failed"


async def test_private_topics_need_their_user() -> None:
    async with polled() as (service, client):
        cursor = (await register(client, "user.7.inbox", user="7"))["cursor"]
        await service.publish(publication(1, "user.7.inbox"))
        params = {"cursor": cursor, "waitMs": 0}
        assert (await client.get("/v1/poll", params=params)).status_code == 401
        theft = await poll(client, cursor, **{"x-test-user": "8"})
        assert [one["type"] for one in theft["messages"]] == ["UNSUBSCRIBED"]
        told = await poll(client, cursor, **{"x-test-user": "7"})
        assert [one["topic"] for one in told["messages"]] == ["user.7.inbox"]


async def ticket(client: httpx.AsyncClient, **headers: str) -> str:
    answer = await client.post("/v1/realtime/tickets", headers={"x-test-user": "7"} | headers)
    assert answer.status_code == 201
    made = answer.json()
    assert made["expiresInMs"] == 30_000
    return made["ticket"]


async def test_a_ticket_opens_one_stream() -> None:
    async with polled() as (service, client):
        path = f"/v1/stream?topics=user.7.inbox&ticket={await ticket(client)}"
        async with client.stream("GET", path) as response:
            assert response.status_code == 200
            await service.publish(publication(1, "user.7.inbox"))
            lines = response.aiter_lines()
            async with asyncio.timeout(5):
                event = next_event = ""
                while event != "event: EVENT":
                    event, next_event = next_event, await anext(lines)
            assert json.loads(next_event.removeprefix("data: "))["topic"] == "user.7.inbox"
        again = await client.get(path)
        assert (again.status_code, again.json()["code"]) == (401, "unauthenticated")


async def test_a_ticket_opens_one_poll() -> None:
    async with polled() as (service, client):
        cursor = (await register(client, "user.7.inbox", user="7"))["cursor"]
        await service.publish(publication(1, "user.7.inbox"))
        params = {"cursor": cursor, "waitMs": "0", "ticket": await ticket(client)}
        told = await client.get("/v1/poll", params=params)
        assert [one["topic"] for one in told.json()["messages"]] == ["user.7.inbox"]
        assert (await client.get("/v1/poll", params=params)).status_code == 401


@pytest.mark.parametrize(
    ("made", "shown", "status"),
    [
        (SITE, SITE, 200),
        (SITE, {"origin": "https://evil.example"}, 401),
        (SITE, {}, 401),
        ({}, {"origin": PAGE}, 401),
        ({}, {"sec-fetch-site": "same-origin"}, 200),
        ({}, {"sec-fetch-site": "cross-site"}, 401),
        ({"origin": "null", "sec-fetch-site": "cross-site"}, {"origin": PAGE}, 401),
    ],
)
async def test_a_ticket_is_bound_to_the_page_that_asked(
    made: dict[str, str], shown: dict[str, str], status: int
) -> None:
    async with polled() as (_, client):
        cursor = (await register(client, "user.7.inbox", user="7"))["cursor"]
        # A bearer token lets a foreign page write; here another header stands for it.
        made = made | {"authorization": "Bearer x"}
        params = {"cursor": cursor, "waitMs": "0", "ticket": await ticket(client, **made)}
        answer = await client.get("/v1/poll", params=params, headers=shown)
        assert answer.status_code == status


async def test_browsers_name_no_origin_on_their_own_host() -> None:
    async with polled() as (service, client):
        cursor = (await register(client, "user.7.inbox", user="7"))["cursor"]
        made = await ticket(client, origin=service.url, **{"sec-fetch-site": "same-origin"})
        params = {"cursor": cursor, "waitMs": "0", "ticket": made}
        headers = {"sec-fetch-site": "same-origin"}
        assert (await client.get("/v1/poll", params=params, headers=headers)).status_code == 200


async def test_only_users_get_tickets() -> None:
    async with polled() as (_, client):
        assert (await client.post("/v1/realtime/tickets")).status_code == 401


async def test_the_routes_can_be_described() -> None:
    """A type that no schema can be made of would fail only when the document is asked for."""
    viewers = Viewers(cast("CredentialsOf", None))
    app = Litestar(
        [
            *polling_routes(cast("PollingDoor", None), viewers),
            *ticket_routes(cast("Tickets", None), viewers),
        ],
        dependencies={"caller": Provide(_caller)},
        openapi_config=openapi_config("1"),
    )
    encoded = msgspec.json.encode(complete(app.openapi_schema.to_schema(), app))
    document = msgspec.json.decode(encoded)
    assert {"/v1/poll", "/v1/poll/register", "/v1/realtime/tickets"} <= document["paths"].keys()
