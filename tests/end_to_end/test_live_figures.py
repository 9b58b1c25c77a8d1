"""What operators are told of live delivery, on the real service: what happened is counted."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
import socketio
import websockets
from prometheus_client.parser import text_string_to_metric_families

from tests.end_to_end.service import NewAddress, Service, StartService
from tests.end_to_end.shapes import assert_problem
from tests.end_to_end.speaking import Speaker, connect, vote
from tests.services.redis import RedisServer
from tests.support.waiting import until

Count = Callable[..., Awaitable[float]]


@pytest.fixture
def running(sqlite_url: str, start_service: StartService) -> Service:
    return start_service(sqlite_url)


@pytest.fixture
def count(running: Service) -> Count:
    """The sum of the series of a name that have these labels."""

    async def count(name: str, **labels: str) -> float:
        async with running.client() as client:
            text = (await client.get("/metrics")).text
        samples = [one for family in text_string_to_metric_families(text) for one in family.samples]
        return sum(
            one.value
            for one in samples
            if one.name == f"groundswell_{name}" and labels.items() <= one.labels.items()
        )

    return count


async def overview(service: Service, what: str = "overview") -> dict[str, Any]:
    async with service.host() as host:
        answer = await host.get(f"/v1/ops/{what}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return dict(answer.json())


async def test_a_websocket_is_counted_from_its_coming_to_its_going(
    running: Service, count: Count
) -> None:
    media = await running.register()
    async with connect(running) as socket:
        speaker = Speaker(socket)
        await speaker.say(type="SUBSCRIBE", topics=[f"media.{media}", "hot"], clientId="one")
        await speaker.until(type="SUBSCRIBED")
        assert await count("connections_open", door="websocket") == 1
        assert await count("subscriptions_held", pattern="media.{id}") == 1
        assert await count("subscriptions_held", pattern="hot") == 1
        told = await count("deliveries_total", door="websocket")
        events = await count("delivery_latency_seconds_count")
        await vote(running, media, "up")
        await speaker.until(type="EVENT", topic=f"media.{media}")
        assert await count("deliveries_total", door="websocket") > told
        assert await count("delivery_latency_seconds_count") > events
        assert await count("delivery_latency_seconds_bucket", le="+Inf") > events
        assert await count("resumes_total", outcome="none") == 2

    async def gone() -> bool:
        return await count("connections_open", door="websocket") == 0

    await until(gone)
    assert await count("connections_opened_total", door="websocket") == 1
    assert await count("connections_closed_total", door="websocket", code="1000") == 1
    assert await count("connections_failed_total") == 0
    assert await count("subscriptions_held") == 0


async def test_every_door_has_figures_of_its_own(running: Service, count: Count) -> None:
    media = await running.register()
    client = socketio.AsyncClient(reconnection=False)
    await client.connect(running.url, auth={"clientId": "one"}, transports=["websocket"])
    async with running.client() as visitor:
        registered = await visitor.post("/v1/poll/register", json={"topics": [f"media.{media}"]})
        assert registered.status_code == 200
        async with visitor.stream("GET", f"/v1/stream?topics=media.{media}") as stream:
            lines = stream.aiter_lines()
            await anext(lines)
            await vote(running, media, "up")
            async for line in lines:
                if "engagement.vote.cast" in line:
                    break
            assert await count("connections_open", door="sse") == 1
            assert await count("deliveries_total", door="sse") >= 1
    assert await count("connections_open", door="socketio") == 1
    assert await count("connections_open", door="websocket") == 0
    assert await count("connections_opened_total", door="polling") == 1
    await client.disconnect()

    async def gone() -> bool:
        return await count("connections_open") == 0

    await until(gone)
    assert await count("connections_closed_total", door="sse") == 1
    assert await count("connections_closed_total", door="socketio") == 1


async def test_connections_that_fail_are_counted_by_reason_and_raise_an_alert(
    running: Service, count: Count
) -> None:
    url = running.url.replace("http", "ws")
    for _ in range(20):
        headers = {"authorization": "Bearer eyJhbGciOiJIUzI1NiJ9.e30.x"}
        async with websockets.connect(f"{url}/v1/realtime", additional_headers=headers) as socket:
            with pytest.raises(websockets.ConnectionClosed) as closed:
                await socket.recv()
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 4101
    with pytest.raises(websockets.InvalidStatus):
        await websockets.connect(f"{url}/v1/nowhere")
    async with running.client() as visitor:
        assert (await visitor.get("/v1/stream?topics=nothing")).status_code == 404

    async def counted() -> bool:
        return await count("connections_failed_total", door="websocket") == 21

    await until(counted)
    assert await count("connections_failed_total", reason="unauthenticated") == 20
    assert await count("connections_failed_total", door="websocket", reason="http_404") == 1
    assert await count("connections_failed_total", door="sse", reason="http_404") == 1
    assert await count("connections_attempted_total") == 22

    async def raised() -> bool:
        alerts = (await overview(running, "health"))["alerts"]
        states = {alert["name"]: alert["state"] for alert in alerts}
        others = {state for name, state in states.items() if name != "GroundswellConnectionsFail"}
        assert others <= {"ok"}
        return states.get("GroundswellConnectionsFail") == "pending"

    await until(raised)
    failures = (await overview(running))["connectionFailures"]
    assert {"name": "websocket unauthenticated", "total": 20, "recent": 20} in failures


async def test_the_health_of_redis_is_told_with_the_others(
    sqlite_url: str, start_service: StartService, own_redis: RedisServer
) -> None:
    service = start_service(sqlite_url, GROUNDSWELL_REDIS_URL=own_redis.url)
    parts: dict[str, dict[str, str]] = {}

    async def is_redis(status: str) -> bool:
        nonlocal parts
        parts = {one["part"]: one for one in (await overview(service, "health"))["parts"]}
        return "redis" in parts and parts["redis"]["status"] == status

    await until(lambda: is_redis("ok"))
    assert set(parts) == {
        "database",
        "writer",
        "delivery",
        "inbox",
        "gateway",
        "streams",
        "redis",
    }
    well_since = parts["redis"]["since"]
    await asyncio.to_thread(own_redis.kill)
    await until(lambda: is_redis("down"), seconds=20)
    assert parts["redis"]["since"] > well_since
    assert parts["database"]["status"] == "ok"
    assert (await overview(service, "health"))["status"] == "down"
    async with service.client() as client:
        assert (await client.get("/readyz")).status_code == 200


def assert_asked_to_sign_in(page: httpx.Response) -> None:
    """The page is a form for the key, and shows nothing else."""
    assert page.status_code == 200
    assert page.headers["cache-control"] == "private, no-store"
    assert 'action="/ops/sign-in"' in page.text
    assert "Connections" not in page.text


async def test_only_the_host_is_told(running: Service, new_address: NewAddress) -> None:
    user = await running.user("ada")
    async with running.visitor(new_address()) as visitor, user:
        for path in ("/v1/ops/health", "/v1/ops/overview"):
            assert_problem(await visitor.get(path), 401, "unauthenticated")
            assert_problem(await user.get(path), 403, "forbidden")
        assert_asked_to_sign_in(await visitor.get("/ops"))
        assert_asked_to_sign_in(await user.get("/ops"))
    async with running.host() as host:
        page = await host.get("/ops")
    assert page.status_code == 200
    assert page.headers["cache-control"] == "private, no-store"


async def test_a_browser_gets_in_by_the_key_and_by_its_own_form_alone(
    running: Service, new_address: NewAddress
) -> None:
    async with running.visitor(new_address()) as browser:
        page = await browser.get("/ops")
        token = page.text.split('name="form_token" value="')[1].split('"')[0]
        form = {"form_token": token, "key": running.api_key}
        refused = await browser.post("/ops/sign-in", data=form | {"form_token": "0" * 64})
        assert refused.status_code == 403
        wrong = await browser.post("/ops/sign-in", data=form | {"key": "gsk_wrong"})
        assert wrong.status_code == 401
        assert "gsk_wrong" not in wrong.text
        assert "gs_operator" not in browser.cookies
        right = await browser.post("/ops/sign-in", data=form)
        assert (right.status_code, right.headers["location"]) == (303, "/ops")
        (cookie,) = (one for one in right.headers.get_list("set-cookie") if "gs_operator" in one)
        for attribute in ("HttpOnly", "Path=/ops", "SameSite=strict", "Max-Age=3600"):
            assert attribute.lower() in cookie.lower()
        assert running.api_key not in cookie
        assert (await browser.get("/ops")).status_code == 200
        stolen = {"gs_operator": browser.cookies["gs_operator"]}
        async with running.client(cookies=stolen) as thief:
            assert_asked_to_sign_in(await thief.get("/ops"))
        await browser.post("/ops/sign-out", data={"form_token": token})
        assert_asked_to_sign_in(await browser.get("/ops"))
    assert running.api_key not in running.logs()
