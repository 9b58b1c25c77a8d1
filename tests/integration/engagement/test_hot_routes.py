"""The busiest writes have two entrances; both must say the same."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from groundswell.app import running_service
from groundswell.settings import load

KEY = "gsk_two-entrances"
VOLATILE = {"x-request-id", "date", "set-cookie"}

CASES: list[tuple[str, str, dict[str, Any]]] = [
    ("PUT", "/v1/media/1/vote", {"json": {"voteType": "up"}}),
    ("PUT", "/v1/media/1/vote", {"json": {"voteType": "sideways"}}),
    ("PUT", "/v1/media/1/vote", {"json": {"voteType": "up", "more": 1}}),
    ("PUT", "/v1/media/1/vote", {"json": {}}),
    ("PUT", "/v1/media/1/vote", {"content": b"{", "headers": {"content-type": "application/json"}}),
    (
        "PUT",
        "/v1/media/1/vote",
        {"content": b'{"voteType":"\xff"}', "headers": {"content-type": "application/json"}},
    ),
    ("PUT", "/v1/media/404/vote", {"json": {"voteType": "down"}}),
    ("POST", "/v1/media/1/plays", {"json": {"playDuration": 40}}),
    ("POST", "/v1/media/1/plays", {"json": {"playDuration": -1}}),
    ("POST", "/v1/media/1/plays", {"json": {"playDuration": "40"}}),
    ("POST", "/v1/media/1/plays", {"json": {"occurredAt": "2001-01-01T00:00:00Z"}}),
    ("POST", "/v1/media/1/plays", {"json": {"occurredAt": "0001-01-01T00:00:00Z"}}),
    ("POST", "/v1/media/1/plays", {}),
    ("POST", "/v1/media/404/plays", {}),
    ("POST", "/v1/media/1/downloads", {}),
    ("POST", "/v1/media/1/downloads", {"json": {"playDuration": 1}}),
    ("POST", "/v1/media/1/views", {"json": {}}),
    ("POST", "/v1/media/1/views", {"json": []}),
    (
        "POST",
        "/v1/media/1/views",
        {"content": b"x" * 70_000, "headers": {"content-type": "application/json"}},
    ),
    ("POST", "/v1/media/1/plays", {"headers": {"authorization": "Bearer wrong"}}),
]


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    settings = load(
        {},
        overrides={
            "database_url": f"sqlite:///{tmp_path / 'two.db'}",
            "secret": "two entrances " * 4,
            "api_key": KEY,
            "rate_limits": "off",
        },
    )
    async with running_service(settings) as service:
        transport = httpx.ASGITransport(service.application)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://host.test") as client:
            for title in ("One", "Two"):
                await client.post(
                    "/v1/media",
                    json={"title": title},
                    headers={"authorization": f"Bearer {KEY}"},
                )
            yield client


def _same_origin(options: dict[str, Any]) -> dict[str, Any]:
    """The same request with an Origin, which sends it through the framework."""
    headers = {**options.get("headers", {}), "origin": "http://host.test"}
    return {**options, "headers": headers}


def _told(answer: httpx.Response) -> tuple[int, dict[str, str], Any]:
    headers = {
        name: value for name, value in answer.headers.items() if name not in {*VOLATILE, "vary"}
    }
    return answer.status_code, headers, answer.json()


@pytest.mark.parametrize(("method", "path", "options"), CASES)
async def test_both_entrances_give_the_same_answer(
    client: httpx.AsyncClient, method: str, path: str, options: dict[str, Any]
) -> None:
    direct = await client.request(method, path, **options)
    other = path.replace("/1/", "/2/")
    through = await client.request(method, other, **_same_origin(options))
    status, headers, body = _told(direct)
    other_status, other_headers, other_body = _told(through)
    if "mediaFileId" in body:
        other_body["mediaFileId"] = body["mediaFileId"]
    assert (status, headers, body) == (other_status, other_headers, other_body)
