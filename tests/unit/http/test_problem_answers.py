from __future__ import annotations

from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

Client = httpx.AsyncClient


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told: dict[str, Any] = answer.json()
    assert (told["status"], told["code"]) == (status, code)
    assert told["type"] == f"/docs#problem-{code}"
    assert told["title"]
    assert told["detail"]
    return told


@pytest.mark.parametrize(
    ("name", "status", "code", "detail"),
    [
        ("not-found", 404, "media_not_found", "Media file not found"),
        ("conflict", 409, "code_exhausted", "This code is used up."),
        ("limited", 429, "rate_limited", "Rate limit exceeded. Please try again in 7 seconds."),
        ("base", 500, "internal", "Internal server error"),
        ("bug", 500, "internal", "Internal server error"),
    ],
)
async def test_errors_become_problems(
    client: Client, name: str, status: int, code: str, detail: str
) -> None:
    answer = await client.get(f"/errors/{name}")
    told = problem(answer, status, code)
    assert told["detail"] == detail
    assert "secret" not in answer.text


@pytest.mark.parametrize(
    ("name", "seconds"), [("limited", "7"), ("overloaded", "1"), ("database", "2")]
)
async def test_an_answer_says_when_to_try_again(client: Client, name: str, seconds: str) -> None:
    answer = await client.get(f"/errors/{name}")
    assert answer.status_code in (429, 503)
    assert answer.headers["retry-after"] == seconds


async def test_an_unforeseen_error_is_logged_and_the_answer_carries_the_request_id(
    client: Client,
) -> None:
    with capture_logs() as logs:
        answer = await client.get("/errors/bug", headers={"x-request-id": "abc-1"})
    assert answer.headers["x-request-id"] == "abc-1"
    failed = [entry for entry in logs if entry["event"] == "request_failed"]
    assert [entry["error"] for entry in failed] == ["ZeroDivisionError"]


async def test_a_wrong_token_is_asked_for_a_bearer(client: Client) -> None:
    answer = await client.get("/whoami", headers={"authorization": "Bearer wrong"})
    problem(answer, 401, "unauthenticated")
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_an_unknown_address_is_not_found(client: Client) -> None:
    problem(await client.get("/nothing/here"), 404, "not_found")


async def test_a_wrong_method_is_told_the_right_ones(client: Client) -> None:
    answer = await client.delete("/lists")
    problem(answer, 405, "method_not_allowed")
    assert "GET" in answer.headers["allow"]


async def test_options_lists_all_methods_of_an_address(client: Client) -> None:
    answer = await client.options("/media/1/vote")
    assert answer.status_code == 204
    assert answer.headers["allow"] == "GET, OPTIONS, PUT"


@pytest.mark.parametrize(
    "number", ["abc", "0", "-1", "9223372036854775808", "9" * 5000, "1_0", "%2B5", "%20"]
)
async def test_a_path_needs_an_id_in_range(client: Client, number: str) -> None:
    answer = await client.put(f"/media/{number}/vote", json={"voteType": "up"})
    told = problem(answer, 400, "validation_failed")
    assert [error["field"] for error in told["errors"]] == ["mediaFileId"]


@pytest.mark.parametrize(
    ("address", "place"), [("/media/5%00/vote", "path"), ("/lists?a=%00", "query")]
)
async def test_an_address_holds_no_nul(client: Client, address: str, place: str) -> None:
    told = problem(await client.get(address), 400, "validation_failed")
    assert [error["field"] for error in told["errors"]] == [place]


async def test_the_biggest_id_is_accepted(client: Client) -> None:
    answer = await client.put(f"/media/{2**63 - 1}/vote", json={"voteType": "up"})
    assert answer.json()["mediaFileId"] == 2**63 - 1


@pytest.mark.parametrize(
    ("query", "field", "message"),
    [
        ("limit=0", "limit", "Expected integer >= 1"),
        ("limit=51", "limit", "Expected integer <= 50"),
        ("limit=ten", "limit", "Expected integer"),
        ("period=1y", "period", "Invalid period: must be one of 24h, 7d"),
        ("cursor=%25%25", "cursor", "Not a cursor of this list"),
        ("cursor=e30", "cursor", "Not a cursor of this list"),
        ("cursor=" + "x" * 600, "cursor", "Expected string of length <= 512"),
    ],
)
async def test_a_wrong_query_value_is_named(
    client: Client, query: str, field: str, message: str
) -> None:
    told = problem(await client.get(f"/lists?{query}"), 400, "validation_failed")
    assert told["errors"] == [{"field": field, "message": message}]
    assert told["detail"] == f"{field}: {message}"


@pytest.mark.parametrize("limit", [1, 50])
async def test_the_bounds_of_limit_are_accepted(client: Client, limit: int) -> None:
    assert (await client.get(f"/lists?limit={limit}")).json()["limit"] == limit


async def test_a_missing_query_parameter_is_named_without_repeating_the_query(
    client: Client,
) -> None:
    answer = await client.get("/needs?secret=hunter2")
    told = problem(answer, 400, "validation_failed")
    assert told["errors"] == [{"field": "topicName", "message": "Missing required parameter"}]
    assert "hunter2" not in answer.text


async def test_a_wrong_query_value_has_the_name_that_clients_know(client: Client) -> None:
    told = problem(await client.get("/needs?topicName=x"), 400, "validation_failed")
    assert told["errors"] == [{"field": "topicName", "message": "Expected integer"}]


@pytest.mark.parametrize("host", ["a b", "x/y", "{"])
async def test_a_malformed_host_is_refused_as_a_problem(client: Client, host: str) -> None:
    answer = await client.get("/lists", headers={"host": host})
    problem(answer, 400, "bad_request")
