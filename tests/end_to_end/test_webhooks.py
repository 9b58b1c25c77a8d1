"""Events reach the host's own server over HTTP, whatever happens to this one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import httpx
import jsonschema_rs

from tests.end_to_end.service import Service, StartService
from tests.support.webhooks import running_receiver

HERE = {"GROUNDSWELL_WEBHOOK_NETWORKS": "127.0.0.0/8"}


async def until(true: Callable[[], bool], seconds: float = 40) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "not in time"
        await asyncio.sleep(0.05)


async def endpoint(host: httpx.AsyncClient, url: str, **more: Any) -> dict[str, Any]:
    answer = await host.post("/v1/webhook-endpoints", json={"url": url, **more})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def test_everything_committed_arrives_although_the_service_is_killed(
    database_url: str, start_service: StartService
) -> None:
    service = start_service(database_url, **HERE)
    async with running_receiver() as receiver:
        receiver.slow["/all"] = 0.4
        async with service.host() as host:
            made = await endpoint(host, f"{receiver.url}/all", events=["engagement.*"])
        expected: set[int] = set()

        def told() -> set[int]:
            return {one.event["data"]["mediaFileId"] for one in receiver.received}

        for round_ in range(2):
            async with service.host() as host:
                for number in range(60):
                    answer = await host.post("/v1/media", json={"title": f"{round_}.{number}"})
                    assert answer.status_code == 201
                    expected.add(answer.json()["mediaFileId"])
            before = 20 * round_
            await until(lambda least=before: len(told()) > least)
            await asyncio.to_thread(service.kill)
            assert expected - told(), "killed too late to prove anything"
            await asyncio.to_thread(service.start)

        await until(lambda: told() >= expected)
        assert told() == expected
        assert len(set(receiver.ids("/all"))) == len(expected)
        for one in receiver.received:
            assert one.signatures() == [one.expected(made["secret"])]
            assert one.headers["webhook-id"] == one.event["id"]
        async with service.host() as host:
            view = await host.get(f"/v1/webhook-endpoints/{made['endpointId']}")
            assert view.json()["failed"] == 0


async def test_a_ping_a_rotation_and_the_schema_of_what_is_sent(
    database_url: str, start_service: StartService
) -> None:
    service = start_service(database_url, **HERE)
    async with running_receiver() as receiver, service.host() as host:
        made = await endpoint(host, f"{receiver.url}/ping", events=["referral.reward.*"])
        path = f"/v1/webhook-endpoints/{made['endpointId']}"
        assert (await host.post(f"{path}/test")).status_code == 202
        await until(lambda: len(receiver.received) == 1)
        (ping,) = receiver.received
        assert ping.event["type"] == "webhook.endpoint.tested"
        rotated = await host.post(f"{path}/rotate", json={})
        assert rotated.status_code == 200, rotated.text
        assert rotated.json()["secret"] not in (None, made["secret"])
        assert "secret" in rotated.json()
        assert (await host.get(path)).json()["secret"] is None
        await host.post(f"{path}/test")
        await until(lambda: len(receiver.received) == 2)
        second = receiver.received[1]
        assert set(second.signatures()) == {
            second.expected(made["secret"]),
            second.expected(rotated.json()["secret"]),
        }
        figures = (await host.get("/metrics")).text
        assert "groundswell_webhooks_taken_total " in figures
        assert "groundswell_webhooks_endpoints_failed 0.0" in figures
        schema = await host.get(f"/v1/events/schemas/{ping.event['type']}")
        assert schema.json()["properties"]["type"] == {"const": ping.event["type"]}
        assert ping.event.keys() == schema.json()["properties"].keys()


async def test_what_is_sent_of_a_reward_is_written_as_everywhere_and_fits_its_schema(
    database_url: str, start_service: StartService
) -> None:
    service = start_service(database_url, **HERE)
    thanks = {
        **{"ruleId": "thanks", "role": "referrer", "kind": "flat"},
        **{"currency": "EUR", "amountMinor": 5000, "holdDays": 15},
    }
    rules = {"landingUrl": "https://shop.example/", "rewards": [thanks]}
    async with running_receiver() as receiver, service.host() as host:
        await endpoint(host, f"{receiver.url}/all", events=["referral.*", "user.*"])
        body = {"programId": "spring", "name": "Spring", "rules": rules}
        assert (await host.post("/v1/programs", json=body)).status_code == 201
        code = (await host.post("/v1/programs/spring/codes", json={"userId": "ada"})).json()
        event = {
            **{"specversion": "1.0", "id": "1", "source": "/users", "type": "user.registered"},
            "data": {"userId": "bob", "referral": {"code": code["code"]}},
        }
        assert (await host.post("/v1/events", json=event)).status_code == 202

        def types() -> set[str]:
            return {one.event["type"] for one in receiver.received}

        await until(lambda: "referral.reward.earned" in types())
        schemas = (await host.get("/v1/events/schemas")).json()
        for one in receiver.received:
            validator = jsonschema_rs.Draft202012Validator(schemas[one.event["type"]])
            assert [str(error) for error in validator.iter_errors(one.event)] == []
            assert one.event["data"]["timestamp"] == one.event["time"]
        data = {one.event["type"]: one.event["data"] for one in receiver.received}
        earned = data["referral.reward.earned"]
        assert (earned["amount"], earned["currency"], earned["reason"]) == ("50.00", "EUR", None)
        rewards = (await host.get("/v1/rewards", params={"programId": "spring"})).json()["items"]
        assert earned["eligibleDate"] == rewards[0]["eligibleDate"]
        assert data["referral.conversion.completed"]["amount"] is None


async def test_only_the_host_sees_endpoints_and_bad_ones_are_refused(service: Service) -> None:
    async with service.visitor("198.51.100.9") as visitor, await service.user("mia") as user:
        assert (await visitor.get("/v1/webhook-endpoints")).status_code == 401
        assert (await user.get("/v1/webhook-endpoints")).status_code == 403
    async with service.host() as host:
        for url in ("http://example.org/", "https://127.0.0.1/", "https://[::1]/", "ftp://x.org"):
            answer = await host.post("/v1/webhook-endpoints", json={"url": url})
            assert answer.status_code == 400, url
            assert answer.json()["errors"][0]["field"] == "url"
        answer = await host.post(
            "/v1/webhook-endpoints", json={"url": "https://example.org", "events": ["vote.*"]}
        )
        assert answer.json()["errors"][0]["field"] == "events[0]"
        assert (await host.get("/v1/webhook-endpoints/hook-0")).status_code == 404
        assert (await host.get("/v1/events/schemas/no.such")).status_code == 404
