"""What is told of a refused request, and what never is."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from groundswell.access.hashing import AddressHasher
from groundswell.contract.refusals import Refused
from groundswell.http.callers import Callers
from groundswell.http.refusals import Refusals
from tests.unit.http.conftest import MakeClient
from tests.unit.http.sample_app import FakeAuthenticator

NOW = 1_700_000_000_000_000
HASHER = AddressHasher(b"s" * 32)
PEER = "127.0.0.1"
HASH = HASHER.hash("log", PEER)


@pytest.fixture
def told() -> list[Refused]:
    return []


@pytest.fixture
def client(
    make_client: MakeClient, authenticator: FakeAuthenticator, told: list[Refused]
) -> httpx.AsyncClient:
    callers = Callers(authenticator, lambda: NOW)
    refusals = Refusals(told.append, callers.of, HASHER, lambda peer, _: PEER, lambda: NOW)
    return make_client(refusals=refusals)


def only(told: list[Refused]) -> Refused:
    (one,) = told
    return one


async def test_a_wrong_body_is_told_by_its_fields_and_not_by_its_values(
    client: httpx.AsyncClient, told: list[Refused]
) -> None:
    answer = await client.put(
        "/media/7/vote",
        json={"voteType": "a secret", "hush": 1},
        headers={"x-request-id": "of-mine"},
    )
    assert answer.status_code == 400
    assert only(told) == Refused(
        at=NOW,
        status=400,
        code="validation_failed",
        route="/media/{media_file_id}/vote",
        method="PUT",
        caller="visitor",
        caller_id=HASH,
        subject_kind="mediaFile",
        subject_id="7",
        request_id="of-mine",
        detail="voteType",
    )


async def test_whoever_sends_a_wrong_body_is_named(
    client: httpx.AsyncClient, told: list[Refused]
) -> None:
    for shown in ("user", "forged"):
        headers = {"authorization": f"Bearer {shown}"}
        answer = await client.put("/media/7/vote", json={}, headers=headers)
        assert answer.status_code == 400
    assert [(one.caller, one.caller_id) for one in told] == [("user", "u1"), ("unverified", HASH)]


@pytest.mark.parametrize(
    "body",
    [{"hush": 1, "voteType": "up"}, {"voteType": "up", "a secret": "\x00"}, {"voteType\x00": 1}],
)
async def test_words_of_the_caller_are_no_detail(
    client: httpx.AsyncClient, told: list[Refused], body: dict[str, Any]
) -> None:
    assert (await client.put("/media/7/vote", json=body)).status_code == 400
    assert only(told).detail in (None, "voteType")


@pytest.mark.parametrize(
    ("method", "path", "shown", "caller", "caller_id"),
    [
        ("GET", "/me", None, "visitor", HASH),
        ("GET", "/me", "Bearer forged", "unverified", HASH),
        ("GET", "/me", "Bearer host", "host", None),
        ("POST", "/host", "Bearer user", "user", "u1"),
    ],
)
async def test_whoever_may_not_is_named_whatever_they_asked_for(
    client: httpx.AsyncClient,
    told: list[Refused],
    method: str,
    path: str,
    shown: str | None,
    caller: str,
    caller_id: str | None,
) -> None:
    headers = {} if shown is None else {"authorization": shown}
    answer = await client.request(method, path, headers=headers)
    assert answer.status_code in (401, 403)
    one = only(told)
    assert (one.status, one.code) == (answer.status_code, answer.json()["code"])
    assert (one.method, one.route) == (method, path)
    assert (one.caller, one.caller_id) == (caller, caller_id)
    assert "forged" not in repr(one)


@pytest.mark.parametrize(
    "path", ["/errors/not-found", "/errors/conflict", "/errors/limited", "/lists?limit=x", "/none"]
)
async def test_what_was_only_looked_for_is_not_told(
    client: httpx.AsyncClient, told: list[Refused], path: str
) -> None:
    assert 400 <= (await client.get(path)).status_code < 500
    assert told == []


@pytest.mark.parametrize("path", ["/errors/bug", "/errors/database", "/errors/overloaded"])
async def test_what_is_our_own_fault_is_no_refusal(
    client: httpx.AsyncClient, told: list[Refused], path: str
) -> None:
    assert (await client.get(path)).status_code >= 500
    assert told == []


async def test_what_succeeds_is_not_told(client: httpx.AsyncClient, told: list[Refused]) -> None:
    assert (await client.put("/media/7/vote", json={"voteType": "up"})).status_code == 200
    assert told == []


async def test_before_any_route_is_known_it_is_told_as_well(
    client: httpx.AsyncClient, told: list[Refused]
) -> None:
    await client.post("/nothing/here")
    await client.put("/media/7%00/vote", json={})
    await client.put("/media/7/vote", json={}, headers={"origin": "https://evil.example"})
    await client.request("BREW", "/media/7/vote")
    assert [(one.code, one.method) for one in told] == [
        ("not_found", "POST"),
        ("validation_failed", "PUT"),
        ("cross_site_request", "PUT"),
        ("method_not_allowed", "OTHER"),
    ]
    assert {one.route for one in told[:3]} == {"unmatched"}


async def test_a_body_that_is_too_large_or_of_another_type_is_told(
    client: httpx.AsyncClient, told: list[Refused]
) -> None:
    as_json = {"content-type": "application/json"}
    await client.put("/media/7/vote", content=b" " * 1_000_000, headers=as_json)
    await client.put("/media/7/vote", content=b"{}", headers={"content-type": "text/plain"})
    assert [(one.status, one.code) for one in told] == [
        (413, "too_large"),
        (415, "unsupported_media_type"),
    ]


async def test_each_refused_call_of_a_batch_is_told(
    client: httpx.AsyncClient, told: list[Refused]
) -> None:
    calls = {str(number): {"mediaFileId": file} for number, file in enumerate((1, 404, 429, 500))}
    for call in calls.values():
        call["voteType"] = "up"  # type: ignore[assignment]
    answer = await client.post(
        "/trpc/" + ",".join(["engagement.vote"] * 4) + ",no.such?batch=1", json=calls
    )
    assert answer.status_code == 207
    assert [(one.status, one.code, one.route) for one in told] == [
        (404, "media_not_found", "/trpc/engagement.vote"),
        (429, "rate_limited", "/trpc/engagement.vote"),
        (404, "not_found", "/trpc/{paths}"),
    ]
    assert "no.such" not in repr(told)


async def test_a_long_id_is_cut(client: httpx.AsyncClient, told: list[Refused]) -> None:
    await client.put("/media/" + "9" * 5_000 + "/vote", json={"voteType": "up"})
    assert only(told).subject_id == "9" * 128
