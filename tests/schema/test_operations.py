"""What operators are told over HTTP is what the OpenAPI document says, read from a busy service."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from schemathesis import Case

from tests.end_to_end.service import Service, shared_service
from tests.end_to_end.speaking import Speaker, connect, vote
from tests.support.waiting import until


@pytest.fixture(scope="module", params=["sqlite"])
def service(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    yield from shared_service(request, tmp_path_factory.mktemp("schema"), request.param)


def case_of(service: Service, path: str) -> Case:
    schema = schemathesis.openapi.from_url(f"{service.url}/openapi.json")
    return schema[path]["GET"].Case()


@pytest.mark.parametrize("path", ["/v1/ops/health", "/v1/ops/overview"])
async def test_every_answer_fits_its_schema(service: Service, path: str) -> None:
    media = await service.register()
    host = {"Authorization": f"Bearer {service.api_key}"}
    async with connect(service) as socket:
        speaker = Speaker(socket)
        await speaker.say(type="SUBSCRIBE", topics=[f"media.{media}"], clientId="one")
        await vote(service, media, "up")

        async def seen() -> bool:
            async with service.host() as client:
                told: dict[str, Any] = (await client.get("/v1/ops/overview")).json()
            return bool(told.get("latency", {}).get("p95")) and bool(told["subscriptions"])

        await until(seen)
        assert case_of(service, path).call_and_validate(headers=host).status_code == 200


@pytest.mark.parametrize("path", ["/v1/ops/health", "/v1/ops/overview"])
def test_a_refusal_fits_its_schema(service: Service, path: str) -> None:
    case = case_of(service, path)
    answer = httpx.get(f"{service.url}{path}", trust_env=False)
    assert answer.status_code == 401
    case.validate_response(answer)
    security = case.operation.definition.raw["security"]
    assert security == [{"host": []}]


def test_every_write_that_may_be_sent_again_takes_an_idempotency_key(service: Service) -> None:
    document = httpx.get(f"{service.url}/openapi.json", trust_env=False).json()
    key = {"$ref": "#/components/parameters/IdempotencyKey"}
    parameter = document["components"]["parameters"]["IdempotencyKey"]
    assert (parameter["name"], parameter["in"]) == ("Idempotency-Key", "header")
    takes = {
        (method, path)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if key in operation.get("parameters", [])
    }
    assert {
        ("put", "/v1/media/{mediaFileId}/vote"),
        ("post", "/v1/shares"),
        ("post", "/v1/programs/{programId}/redemptions"),
        ("post", "/v1/rewards/{rewardId}/pay"),
        ("post", "/v1/testimonials/{testimonialId}/withdraw"),
    } <= takes
    assert not {one for one in takes if one[0] == "get"}
    page = httpx.get(f"{service.url}/docs", trust_env=False).text
    assert "Idempotency-Key" in page
