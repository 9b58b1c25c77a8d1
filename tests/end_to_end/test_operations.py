"""What those who run the service rely on: health, metrics, logs and headers."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.end_to_end.service import NewAddress, Service, StartService
from tests.end_to_end.shapes import assert_problem

ORIGIN = "https://app.example"
HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "strict-origin-when-cross-origin",
    "cross-origin-opener-policy": "same-origin",
}
SERIES = {
    "groundswell_http_requests_total",
    "groundswell_http_request_seconds_bucket",
    "groundswell_statistics_failed",
    "groundswell_writer_queue_depth",
    "groundswell_writer_commands_total",
    "groundswell_writer_commits_total",
    "groundswell_writer_refused_total",
    "groundswell_writer_failures_total",
    "groundswell_writer_isolated_batches_total",
    "groundswell_writer_batch_size_mean",
    "groundswell_writer_batch_size_max",
    "groundswell_writer_commit_seconds_p50",
    "groundswell_writer_commit_seconds_p99",
    "groundswell_log_consumer_lag",
    "groundswell_log_consumer_position",
    "groundswell_log_consumer_failures_total",
    "groundswell_sse_connections",
    "groundswell_connections_open",
    "groundswell_connections_opened_total",
    "groundswell_connections_attempted_total",
    "groundswell_connections_failed_total",
    "groundswell_deliveries_total",
    "groundswell_deliveries_dropped_total",
    "groundswell_deliveries_failed_total",
    "groundswell_delivery_latency_seconds_bucket",
    "groundswell_delivery_latency_seconds_sum",
    "groundswell_delivery_latency_seconds_count",
    "groundswell_resumes_total",
    "groundswell_consumers_lag",
    "groundswell_consumers_failures_total",
    "groundswell_inbox_backlog",
    "groundswell_inbox_oldest_waiting_seconds",
    "groundswell_writer_queue_capacity",
    "groundswell_health_loop_lag_seconds",
    "groundswell_hub_connections",
    "groundswell_hub_subscriptions",
    "groundswell_delivery_published_total",
    "groundswell_lists_computations",
    "groundswell_hotness_rounds",
}


async def samples(service: Service) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    async with service.client() as client:
        text = (await client.get("/metrics")).text
    return {
        (one.name, tuple(sorted(one.labels.items()))): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }


def log_lines(service: Service, start: int = 0) -> list[dict[str, Any]]:
    return [json.loads(line) for line in service.logs()[start:].splitlines()]


async def test_health_and_readiness_are_told(service: Service) -> None:
    async with service.client() as client:
        for path, status in (("/healthz", "ok"), ("/readyz", "ready")):
            answer = await client.get(path)
            assert (answer.status_code, answer.json()) == (200, {"status": status})


async def test_every_documented_series_is_collected(service: Service) -> None:
    found = await samples(service)
    assert {name for name, _ in found} >= SERIES
    assert {value for (name, _), value in found.items() if name.endswith("_failed")} == {0.0}


async def test_requests_and_writes_are_counted(service: Service, new_address: NewAddress) -> None:
    media, before = await service.register(), await samples(service)
    async with service.visitor(new_address()) as visitor:
        for _ in range(3):
            await visitor.post(f"/v1/media/{media}/plays")
        await visitor.get("/nowhere/at/all")
    after = await samples(service)

    def grown(name: str, **labels: str) -> float:
        key = (name, tuple(sorted(labels.items())))
        return after[key] - before.get(key, 0.0)

    route = "/v1/media/{media_file_id}/plays"
    requests = "groundswell_http_requests_total"
    assert grown(requests, method="POST", route=route, status="201") == 3
    assert grown(requests, method="GET", route="unmatched", status="404") == 1
    # What follows from plays is written by commands too, some later and together.
    assert 3 <= grown("groundswell_writer_commands_total") <= 6
    assert str(media) not in {value for _, labels in after for _, value in labels}


async def test_every_answer_has_an_id_that_leads_to_its_log_line(
    service: Service, new_address: NewAddress
) -> None:
    media, start, address = await service.register(), len(service.logs()), new_address()
    async with service.visitor(address) as visitor:
        made = await visitor.post(f"/v1/media/{media}/plays?secret=1")
        own = {"x-request-id": "my-request.1_A"}
        kept = await visitor.get(f"/v1/media/{media}", headers=own)
        unsafe = {"x-request-id": 'x"}\\evil'}
        replaced = await visitor.get("/nowhere", headers=unsafe)
    assert re.fullmatch("[0-9a-f]{16}", made.headers["x-request-id"])
    assert kept.headers["x-request-id"] == "my-request.1_A"
    assert "evil" not in replaced.headers["x-request-id"]
    lines = {line.get("request_id"): line for line in log_lines(service, start)}
    line = lines[made.headers["x-request-id"]]
    assert (line["event"], line["level"], line["method"]) == ("request", "info", "POST")
    assert (line["route"], line["status"]) == ("/v1/media/{media_file_id}/plays", 201)
    assert line["ms"] >= 0
    assert lines["my-request.1_A"]["status"] == 200
    assert lines[replaced.headers["x-request-id"]]["route"] == "unmatched"


async def test_the_log_knows_no_address_token_or_query(
    service: Service, new_address: NewAddress
) -> None:
    start, address = len(service.logs()), new_address()
    tokens, media = await service.tokens("ada"), await service.register("A hidden title")
    async with (
        service.visitor(address, **{"user-agent": "secret-agent"}) as visitor,
        service.bearer(tokens["accessToken"], address) as user,
    ):
        for caller in (visitor, user):
            await caller.put(f"/v1/media/{media}/vote?q=hidden-query", json={"voteType": "up"})
            await caller.post(f"/v1/media/{media}/comments", json={"body": "A hidden comment"})
        await visitor.get(f"/media/{media}")
        await visitor.post("/v1/tokens/refresh", json={"refreshToken": tokens["refreshToken"]})
        session = visitor.cookies["gs_session"]
    logged = service.logs()[start:]
    for secret in (
        address,
        session,
        tokens["accessToken"],
        tokens["refreshToken"],
        service.api_key,
        "hidden-query",
        "A hidden",
        "secret-agent",
    ):
        assert secret not in logged
    for line in log_lines(service, start):
        assert {"event", "level", "timestamp"} <= set(line)


async def test_every_answer_has_the_security_headers(
    service: Service, new_address: NewAddress
) -> None:
    media = await service.register()
    async with service.visitor(new_address()) as visitor:
        for answer in (
            await visitor.get("/"),
            await visitor.get(f"/media/{media}"),
            await visitor.get("/nowhere"),
            await visitor.get("/docs"),
            await visitor.get("/v1/media/0"),
            await visitor.put(f"/v1/media/{media}/vote", json={"voteType": "up"}),
            await visitor.put(f"/v1/media/{media}/vote", json={}),
            await visitor.get("/trpc/engagement.getHot"),
            await visitor.get("/healthz"),
        ):
            assert HEADERS.items() <= dict(answer.headers).items(), answer.request.url
            policy = answer.headers["content-security-policy"]
            assert "default-src 'self'" in policy
            assert "unsafe" not in policy
            assert "strict-transport-security" not in answer.headers
            assert "server" not in answer.headers


async def test_another_sites_page_may_not_write_and_gets_no_cors(
    service: Service, new_address: NewAddress
) -> None:
    path = f"/v1/media/{await service.register()}/vote"
    async with service.visitor(new_address()) as visitor:
        for headers in (
            {"origin": ORIGIN},
            {"origin": ORIGIN, "sec-fetch-site": "cross-site"},
            {"sec-fetch-site": "cross-site"},
            {"origin": "null"},
        ):
            refused = await visitor.put(path, json={"voteType": "up"}, headers=headers)
            assert_problem(refused, 403, "cross_site_request")
            assert "access-control-allow-origin" not in refused.headers
        own = {"origin": service.url, "sec-fetch-site": "same-origin"}
        assert (await visitor.put(path, json={"voteType": "up"}, headers=own)).status_code == 200


@pytest.fixture
def public(database_url: str, start_service: StartService) -> Iterator[Service]:
    yield start_service(
        database_url,
        GROUNDSWELL_ALLOWED_ORIGINS=f"{ORIGIN},https://other.example",
        GROUNDSWELL_PUBLIC_HTTPS="true",
        GROUNDSWELL_BODY_LIMIT="1000",
        GROUNDSWELL_SSE_CONNECTIONS="1",
        GROUNDSWELL_LOG_LEVEL="warning",
    )


async def test_the_settings_of_a_public_site_are_obeyed(public: Service) -> None:
    media = await public.register()
    path = f"/v1/media/{media}/vote"
    async with public.visitor("203.0.113.40", origin=ORIGIN) as page:
        preflight = await page.options(
            path,
            headers={
                "access-control-request-method": "PUT",
                "access-control-request-headers": "content-type,idempotency-key",
            },
        )
        assert preflight.status_code == 204
        assert preflight.headers["access-control-allow-origin"] == ORIGIN
        assert "PUT" in preflight.headers["access-control-allow-methods"]
        assert preflight.headers["access-control-allow-credentials"] == "true"
        vote = await page.put(path, json={"voteType": "up"})
        assert (vote.status_code, vote.json()["upvotes"]) == (200, 1)
        assert vote.headers["access-control-allow-origin"] == ORIGIN
        assert "Secure" in vote.headers["set-cookie"]
        assert vote.headers["strict-transport-security"].startswith("max-age=31536000")
        refused = await page.put(path, json={"voteType": "sideways"})
        assert refused.headers["access-control-allow-origin"] == ORIGIN
        page.headers["origin"] = "https://evil.example"
        assert_problem(await page.put(path, json={"voteType": "down"}), 403, "cross_site_request")
        read = await page.get(path)
        assert "access-control-allow-origin" not in read.headers
    async with public.visitor("203.0.113.40") as visitor:
        too_long = {"body": "x" * 1000}
        answer = await visitor.post(f"/v1/media/{media}/comments", json=too_long)
        assert_problem(answer, 413, "too_large")
        async with visitor.stream("GET", "/v1/activity/stream") as first:
            assert first.status_code == 200
            second = await visitor.get("/v1/activity/stream")
            assert_problem(second, 503, "unavailable")
            assert int(second.headers["retry-after"]) >= 1
    assert log_lines(public) == []


async def test_too_many_writes_at_once_are_told_to_come_back(
    sqlite_url: str, start_service: StartService
) -> None:
    service = start_service(sqlite_url, GROUNDSWELL_WRITE_QUEUE="5", GROUNDSWELL_WRITE_BATCH="1")
    media = await service.register()
    async with service.visitor("203.0.113.41") as visitor:
        answers = await asyncio.gather(
            *(visitor.post(f"/v1/media/{media}/plays") for _ in range(100))
        )
    accepted = [answer for answer in answers if answer.status_code == 201]
    refused = [answer for answer in answers if answer.status_code != 201]
    assert refused
    for answer in refused:
        assert_problem(answer, 503, "overloaded")
        assert int(answer.headers["retry-after"]) >= 1
    assert (await service.media(media))["playCount"] == len(accepted)
