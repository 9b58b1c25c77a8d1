from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx
import pytest
from litestar import Litestar, get
from litestar.params import FromPath
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from groundswell.http.failures import exception_handlers
from groundswell.ops.health import failing
from groundswell.ops.metrics import RequestMetrics, Statistics, make_registry
from groundswell.ops.routes import ops_routes


@get("/items/{number:str}")
async def item(number: FromPath[str]) -> str:
    return number


def serve(
    parts: Mapping[str, Statistics] | None = None, checks: Mapping[str, Any] | None = None
) -> httpx.AsyncClient:
    registry = make_registry(parts or {})
    app = Litestar(
        [item, *ops_routes(checks or {}, registry)],
        exception_handlers=exception_handlers(),
        openapi_config=None,
        logging_config=None,
    )
    transport = httpx.ASGITransport(RequestMetrics(app, registry))  # type: ignore[arg-type]
    return httpx.AsyncClient(transport=transport, base_url="http://service.test")


async def samples(client: httpx.AsyncClient) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    answer = await client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def labels(**values: str) -> frozenset[tuple[str, str]]:
    return frozenset(values.items())


async def test_requests_are_counted_by_template_method_and_status() -> None:
    async with serve() as client:
        for number in range(3):
            await client.get(f"/items/{number}")
        await client.get("/nothing")
        await client.request("BREW", "/items/1")
        found = await samples(client)
    name = "groundswell_http_requests_total"
    assert found[name, labels(method="GET", route="/items/{number}", status="200")] == 3
    assert found[name, labels(method="GET", route="unmatched", status="404")] == 1
    assert found[name, labels(method="OTHER", route="unmatched", status="405")] == 1
    timed = labels(method="GET", route="/items/{number}")
    assert found["groundswell_http_request_seconds_count", timed] == 3


async def test_parts_are_asked_when_metrics_are() -> None:
    asked = []

    def writer() -> Mapping[str, float]:
        asked.append(1)
        return {
            "queue_depth": 3,
            "commands_total": 10,
            "commit_seconds_sum": 0.5,
            "commit_seconds_count": 4,
            "reader-count": 2,
            'lag{consumer="delivery"}': 7,
            'lag{consumer="rollups"}': 0,
        }

    async with serve({"writer": writer}) as client:
        assert not asked
        found = await samples(client)
    assert found["groundswell_writer_queue_depth", labels()] == 3
    assert found["groundswell_writer_commands_total", labels()] == 10
    assert found["groundswell_writer_commit_seconds_sum", labels()] == 0.5
    assert found["groundswell_writer_commit_seconds_count", labels()] == 4
    assert found["groundswell_writer_reader_count", labels()] == 2
    assert found["groundswell_writer_lag", labels(consumer="delivery")] == 7
    assert found["groundswell_writer_lag", labels(consumer="rollups")] == 0
    assert found["groundswell_statistics_failed", labels(part="writer")] == 0


async def test_a_part_that_cannot_answer_hides_no_other() -> None:
    def broken() -> Mapping[str, float]:
        raise RuntimeError("down")

    parts: dict[str, Statistics] = {
        "broken": broken,
        "odd": lambda: {"Not A Name": 1.0},
        "hub": lambda: {"connections": 2},
    }
    async with serve(parts) as client:
        found = await samples(client)
    assert found["groundswell_hub_connections", labels()] == 2
    assert found["groundswell_statistics_failed", labels(part="broken")] == 1
    assert found["groundswell_statistics_failed", labels(part="odd")] == 1


def test_registries_are_independent() -> None:
    async def app(*_: Any) -> None: ...

    first, second = CollectorRegistry(), CollectorRegistry()
    RequestMetrics(app, first)
    RequestMetrics(app, second)


async def works() -> None: ...


async def fails() -> None:
    raise ConnectionError("no database at 10.0.0.5")


@pytest.fixture
async def hanging() -> AsyncIterator[Any]:
    import asyncio

    released = asyncio.Event()
    yield released.wait
    released.set()


async def test_the_process_is_alive_whatever_its_parts_say() -> None:
    async with serve(checks={"database": fails}) as client:
        assert (await client.get("/healthz")).json() == {"status": "ok"}


async def test_ready_means_that_every_check_passes() -> None:
    async with serve(checks={"database": works, "log": works}) as client:
        answer = await client.get("/readyz")
        assert (answer.status_code, answer.json()) == (200, {"status": "ready"})


async def test_not_ready_names_what_fails_and_not_why() -> None:
    async with serve(checks={"database": fails, "log": works, "broker": fails}) as client:
        answer = await client.get("/readyz")
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"] == "Not ready: database, broker."
    assert answer.json()["code"] == "not_ready"
    assert "10.0.0.5" not in answer.text


async def test_a_check_that_hangs_fails(hanging: Any) -> None:
    assert await failing({"slow": hanging, "quick": works}, seconds=0.01) == ["slow"]


async def test_buckets_with_a_sum_and_a_count_are_one_histogram() -> None:
    part = {
        'seconds_bucket{le="0.5"}': 3.0,
        'seconds_bucket{le="+Inf"}': 4.0,
        "seconds_count": 4.0,
        "seconds_sum": 2.5,
        "waiting": 1.0,
    }
    async with serve({"delivery": lambda: part}) as client:
        text = (await client.get("/metrics")).text
        found = await samples(client)
    assert "# TYPE groundswell_delivery_seconds histogram" in text
    assert found["groundswell_delivery_seconds_bucket", labels(le="0.5")] == 3
    assert found["groundswell_delivery_seconds_bucket", labels(le="+Inf")] == 4
    assert found["groundswell_delivery_seconds_count", labels()] == 4
    assert found["groundswell_delivery_seconds_sum", labels()] == 2.5
    assert found["groundswell_delivery_waiting", labels()] == 1


async def test_a_label_may_have_braces_in_it() -> None:
    part = {'held{pattern="media.{id}",door="sse"}': 2.0}
    async with serve({"subscriptions": lambda: part}) as client:
        found = await samples(client)
    key = ("groundswell_subscriptions_held", labels(pattern="media.{id}", door="sse"))
    assert found[key] == 2


async def test_a_name_that_is_none_is_told_as_a_part_that_failed() -> None:
    async with serve({"live": lambda: {'held{pattern="x': 2.0}}) as client:
        found = await samples(client)
    assert found["groundswell_statistics_failed", labels(part="live")] == 1
