from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

Client = httpx.AsyncClient
VOTE = "/trpc/engagement.vote"


def told(path: str, code: str, number: int, status: int, problem: str) -> dict[str, Any]:
    return {
        "code": number,
        "data": {"code": code, "httpStatus": status, "problem": problem, "path": path},
    }


async def get(
    client: Client, paths: str, sent: Any = None, *, batch: bool = False
) -> httpx.Response:
    params = {"batch": "1"} if batch else {}
    if sent is not None:
        params["input"] = json.dumps(sent)
    return await client.get(f"/trpc/{paths}", params=params)


async def test_a_query_answers_with_its_data(client: Client) -> None:
    answer = await get(client, "engagement.getVoteStatus", {"mediaFileId": 5})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.json() == {
        "result": {"data": {"mediaFileId": 5, "voteType": "up", "by": "visitor"}}
    }


async def test_a_query_without_input_gets_none(client: Client) -> None:
    assert (await get(client, "engagement.getHot")).json() == {"result": {"data": ["hot"]}}


async def test_a_mutation_takes_its_input_from_the_body(client: Client) -> None:
    headers = {"authorization": "Bearer user"}
    answer = await client.post(VOTE, json={"mediaFileId": 5, "voteType": "down"}, headers=headers)
    assert answer.json()["result"]["data"] == {"mediaFileId": 5, "voteType": "down", "by": "user"}


@pytest.mark.parametrize(
    ("number", "code", "jsonrpc", "status", "problem", "message"),
    [
        (404, "NOT_FOUND", -32004, 404, "media_not_found", "Media file not found"),
        (
            429,
            "TOO_MANY_REQUESTS",
            -32029,
            429,
            "rate_limited",
            "Rate limit exceeded. Please try again in 7 seconds.",
        ),
        (500, "INTERNAL_SERVER_ERROR", -32603, 500, "internal", "Internal server error"),
    ],
)
async def test_errors_have_trpcs_shape(
    client: Client, number: int, code: str, jsonrpc: int, status: int, problem: str, message: str
) -> None:
    answer = await client.post(VOTE, json={"mediaFileId": number})
    error = answer.json()["error"]
    assert answer.status_code == status
    assert (error["message"], error["code"]) == (message, jsonrpc)
    data = {key: error["data"][key] for key in ("code", "httpStatus", "problem", "path")}
    assert data == {
        "code": code,
        "httpStatus": status,
        "problem": problem,
        "path": "engagement.vote",
    }
    assert "secret" not in answer.text


async def test_a_limited_call_says_when_to_try_again(client: Client) -> None:
    answer = await client.post(VOTE, json={"mediaFileId": 429})
    assert answer.headers["retry-after"] == "7"
    assert answer.json()["error"]["data"]["retryAfter"] == 7


async def test_an_unforeseen_error_is_logged(client: Client) -> None:
    with capture_logs() as logs:
        await client.post(VOTE, json={"mediaFileId": 500})
    assert "ZeroDivisionError" in [entry.get("error") for entry in logs]


@pytest.mark.parametrize(
    ("body", "code", "number"),
    [
        (b"{", "PARSE_ERROR", -32700),
        (b'{"mediaFileId":1,"voteType":"\xff"}', "PARSE_ERROR", -32700),
        (b"{}", "BAD_REQUEST", -32600),
        (b'{"mediaFileId":"5"}', "BAD_REQUEST", -32600),
        (b'{"mediaFileId":0}', "BAD_REQUEST", -32600),
        (b'{"mediaFileId":1,"extra":1}', "BAD_REQUEST", -32600),
        (b"", "BAD_REQUEST", -32600),
    ],
)
async def test_wrong_input_is_refused(client: Client, body: bytes, code: str, number: int) -> None:
    answer = await client.post(VOTE, content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert (error["data"]["code"], error["code"]) == (code, number)


async def test_a_wrong_field_is_named(client: Client) -> None:
    answer = await client.post(VOTE, json={"mediaFileId": 1, "voteType": "sideways"})
    assert answer.json()["error"]["data"]["errors"] == [
        {"field": "voteType", "message": "Invalid vote type: must be one of down, up"}
    ]


async def test_an_unknown_procedure_is_not_found(client: Client) -> None:
    answer = await get(client, "engagement.nothing")
    assert answer.status_code == 404
    assert answer.json()["error"]["message"] == 'No procedure found on path "engagement.nothing"'


@pytest.mark.parametrize(("method", "path"), [("GET", "vote"), ("POST", "getHot")])
async def test_a_procedure_wants_its_method(client: Client, method: str, path: str) -> None:
    answer = await client.request(method, f"/trpc/engagement.{path}")
    assert answer.status_code == 405
    assert answer.json()["error"]["code"] == -32005


async def test_a_body_of_another_type_is_refused(client: Client) -> None:
    answer = await client.post(VOTE, content=b"{}", headers={"content-type": "text/plain"})
    assert answer.status_code == 415
    assert answer.json()["error"]["data"]["code"] == "UNSUPPORTED_MEDIA_TYPE"


async def test_a_body_over_the_limit_is_refused(client: Client) -> None:
    answer = await client.post(VOTE, json={"mediaFileId": 1, "voteType": "x" * 2000})
    assert answer.status_code == 413
    assert answer.json()["error"]["data"]["code"] == "PAYLOAD_TOO_LARGE"


async def test_a_wrong_token_is_unauthorized(client: Client) -> None:
    answer = await client.get("/trpc/engagement.getHot", headers={"authorization": "Bearer no"})
    assert answer.status_code == 401
    assert answer.json()["error"]["data"]["code"] == "UNAUTHORIZED"


async def test_a_batch_answers_in_its_order(client: Client) -> None:
    paths = "engagement.getHot,engagement.getVoteStatus"
    answer = await get(client, paths, {"1": {"mediaFileId": 3}}, batch=True)
    assert answer.status_code == 200
    first, second = answer.json()
    assert first == {"result": {"data": ["hot"]}}
    assert second["result"]["data"]["mediaFileId"] == 3


async def test_in_a_batch_one_fails_alone(client: Client) -> None:
    paths = ",".join(["engagement.vote"] * 3)
    sent = {"0": {"mediaFileId": 1}, "1": {"mediaFileId": 404}, "2": {}}
    answer = await client.post(f"/trpc/{paths}?batch=1", json=sent)
    assert answer.status_code == 207
    outcomes = [entry.get("error", {}).get("data", {}).get("httpStatus") for entry in answer.json()]
    assert outcomes == [None, 404, 400]


async def test_a_batch_that_fails_alike_has_that_status(client: Client) -> None:
    answer = await get(client, "engagement.a,engagement.b", batch=True)
    assert answer.status_code == 404
    assert len(answer.json()) == 2


@pytest.mark.parametrize(("size", "status"), [(20, 200), (21, 400)])
async def test_a_batch_has_at_most_twenty_calls(client: Client, size: int, status: int) -> None:
    answer = await get(client, ",".join(["engagement.getHot"] * size), batch=True)
    assert answer.status_code == status


@pytest.mark.parametrize("sent", ["[]", "1", "{", '{"0":'])
async def test_the_inputs_of_a_batch_are_an_object(client: Client, sent: str) -> None:
    answer = await client.get("/trpc/engagement.getHot", params={"batch": "1", "input": sent})
    assert answer.status_code == 400
