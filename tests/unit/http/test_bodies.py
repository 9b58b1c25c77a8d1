from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

Client = httpx.AsyncClient
JSON = {"content-type": "application/json"}
VOTE = "/media/1/vote"


@pytest.mark.parametrize(
    ("body", "field", "message"),
    [
        (b"{}", "voteType", "Missing required field"),
        (b"null", "body", "Expected object, got null"),
        (b"[]", "body", "Expected object, got array"),
        (b'"up"', "body", "Expected object, got string"),
        (b'{"voteType":"sideways"}', "voteType", "Invalid vote type: must be one of down, up"),
        (b'{"voteType":1}', "voteType", "Expected string, got integer"),
        (b'{"voteType":"up","extra":1}', "extra", "Unknown field"),
        (b'{"voteType":"up","playDuration":-1}', "playDuration", "Expected number >= 0.0"),
        (b'{"voteType":"up","playDuration":86401}', "playDuration", "Expected number <= 86400.0"),
        (b'{"voteType":"up","playDuration":1e999}', "playDuration", "Number out of range"),
        (
            b'{"voteType":"up","playDuration":"5"}',
            "playDuration",
            "Expected number or null, got string",
        ),
        (b'{"voteType":"up","mediaTitle":""}', "mediaTitle", "Expected string of length >= 1"),
        (b'{"voteType":"up","allTags":[1,"x"]}', "allTags[1]", "Expected integer, got string"),
        (
            b'{"voteType":"up","mediaTitle":"a\\u0000"}',
            "mediaTitle",
            "Must not contain the character U+0000",
        ),
    ],
)
async def test_a_wrong_field_is_named(
    client: Client, body: bytes, field: str, message: str
) -> None:
    answer = await client.put(VOTE, content=body, headers=JSON)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"] == [{"field": field, "message": message}]


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b'{"voteType":"up"} x',
        b'{"voteType":"up","playDuration":NaN}',
        b"\xff\xfe",
        b'{"voteType":"\xff"}',
        b'{"voteType":"up","mediaTitle":"\\ud800"}',
        b"{'voteType':'up'}",
    ],
)
async def test_what_is_no_json_is_malformed(client: Client, body: bytes) -> None:
    answer = await client.put(VOTE, content=body, headers=JSON)
    assert answer.status_code == 400
    assert answer.json()["code"] == "malformed_body"


async def test_deep_nesting_is_refused(client: Client) -> None:
    answer = await client.put(VOTE, content=b"[" * 1000, headers=JSON)
    assert answer.status_code == 400


async def test_a_backslash_before_u0000_is_plain_text(client: Client) -> None:
    body = b'{"voteType":"up","mediaTitle":"\\\\u0000"}'
    assert (await client.put(VOTE, content=body, headers=JSON)).status_code == 200


async def test_a_required_body_may_not_be_absent(client: Client) -> None:
    answer = await client.put(VOTE, headers=JSON)
    assert answer.status_code == 400
    assert answer.json()["errors"] == [{"field": "body", "message": "Missing required body"}]


async def test_an_optional_body_may_be_absent(client: Client) -> None:
    assert (await client.post("/media/1/plays")).json() == {"mediaFileId": 1, "sent": False}


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
async def test_a_body_that_is_not_declared_as_json_is_refused(client: Client, kind: str) -> None:
    answer = await client.put(VOTE, content=b'{"voteType":"up"}', headers={"content-type": kind})
    assert answer.status_code == 415
    assert answer.json()["code"] == "unsupported_media_type"


@pytest.mark.parametrize(
    "kind", ["application/json; charset=utf-8", "Application/JSON", "application/ld+json"]
)
async def test_json_by_any_of_its_names_is_accepted(client: Client, kind: str) -> None:
    answer = await client.put(VOTE, content=b'{"voteType":"up"}', headers={"content-type": kind})
    assert answer.status_code == 200


def padded(size: int) -> bytes:
    return b'{"voteType":"up"' + b" " * (size - 17) + b"}"


async def test_a_body_exactly_at_the_limit_is_accepted(client: Client) -> None:
    assert (await client.put(VOTE, content=padded(1024), headers=JSON)).status_code == 200


async def test_a_body_over_the_limit_is_refused(client: Client) -> None:
    answer = await client.put(VOTE, content=padded(1025), headers=JSON)
    assert answer.status_code == 413
    assert answer.json()["code"] == "too_large"
    assert answer.json()["detail"] == "Request bodies may have at most 1024 bytes."


async def test_a_chunked_body_over_the_limit_is_not_read_to_its_end(client: Client) -> None:
    sent = 0

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(100):
            sent += 1
            yield b" " * 256

    answer = await client.put(VOTE, content=chunks(), headers=JSON)
    assert answer.status_code == 413
    assert sent == 5


async def test_a_length_that_is_absurd_is_refused_before_reading(client: Client) -> None:
    headers = JSON | {"content-length": "9" * 5000}
    assert (await client.put(VOTE, content=b"{}", headers=headers)).status_code == 413
