"""The same attempt sent again is answered again and happens once."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from tests.end_to_end.service import NewAddress, Service
from tests.end_to_end.shapes import assert_problem

WRITES: list[tuple[str, str, Any, str]] = [
    ("POST", "/plays", {"playDuration": 45}, "playCount"),
    ("POST", "/downloads", None, "downloadCount"),
    ("POST", "/views", {}, "viewCount"),
    ("POST", "/comments", {"body": "Once"}, "commentCount"),
    ("PUT", "/vote", {"voteType": "up"}, "upvotes"),
]


@pytest.fixture
def key() -> dict[str, str]:
    return {"idempotency-key": str(uuid4())}


@pytest.mark.parametrize(("method", "rest", "body", "counter"), WRITES)
async def test_a_repeated_write_gets_the_first_answer(
    service: Service,
    new_address: NewAddress,
    key: dict[str, str],
    method: str,
    rest: str,
    body: Any,
    counter: str,
) -> None:
    media = await service.register()
    path = f"/v1/media/{media}{rest}"
    async with service.visitor(new_address()) as visitor:
        first = await visitor.request(method, path, json=body, headers=key)
        repeats = await asyncio.gather(
            *(visitor.request(method, path, json=body, headers=key) for _ in range(5))
        )
    assert {(one.status_code, one.text) for one in repeats} == {(first.status_code, first.text)}
    assert (await service.media(media))[counter] == 1


async def test_a_key_used_for_something_else_is_refused(
    service: Service, new_address: NewAddress, key: dict[str, str]
) -> None:
    media = await service.register()
    path = f"/v1/media/{media}"
    async with service.visitor(new_address()) as visitor:
        await visitor.put(f"{path}/vote", json={"voteType": "up"}, headers=key)
        for answer in (
            await visitor.put(f"{path}/vote", json={"voteType": "down"}, headers=key),
            await visitor.post(f"{path}/plays", headers=key),
        ):
            assert_problem(answer, 409, "idempotency_key_reused")
    file = await service.media(media)
    assert (file["upvotes"], file["downvotes"], file["playCount"]) == (1, 0, 0)


async def test_equal_keys_of_different_callers_do_not_meet(
    service: Service, new_address: NewAddress, key: dict[str, str]
) -> None:
    media = await service.register()
    path = f"/v1/media/{media}/plays"
    async with (
        service.visitor(new_address()) as one,
        service.visitor(new_address()) as other,
        await service.user("ada") as user,
        service.host() as host,
    ):
        counts = [
            (await caller.post(path, headers=key)).json()["playCount"]
            for caller in (one, other, user, host)
        ]
    assert counts == [1, 2, 3, 4]


async def test_registering_and_changing_repeat_too(service: Service, key: dict[str, str]) -> None:
    async with service.host() as host:
        made = [await host.post("/v1/media", json={"title": "Once"}, headers=key) for _ in range(2)]
        assert made[0].json() == made[1].json()
        path = f"/v1/media/{made[0].json()['mediaFileId']}"
        change = {"idempotency-key": str(uuid4())}
        told = [await host.patch(path, json={"title": "Twice"}, headers=change) for _ in range(2)]
        assert [one.json()["title"] for one in told] == ["Twice", "Twice"]
        ending = {"idempotency-key": str(uuid4())}
        ends = [(await host.delete(path, headers=ending)).status_code for _ in range(2)]
        assert ends == [204, 204]
        assert (await host.delete(path)).status_code == 404


async def test_a_refused_write_may_be_tried_again_under_its_key(
    service: Service, new_address: NewAddress, key: dict[str, str]
) -> None:
    media = await service.register(draft=True)
    path = f"/v1/media/{media}"
    async with service.visitor(new_address()) as visitor, service.host() as host:
        assert (await visitor.post(f"{path}/plays", headers=key)).status_code == 404
        await host.patch(path, json={"state": "published"})
        assert (await visitor.post(f"{path}/plays", headers=key)).status_code == 201


@pytest.mark.parametrize("sent", ["", "two words", "x" * 256, "ü"])
async def test_a_malformed_key_is_refused(
    service: Service, new_address: NewAddress, sent: str
) -> None:
    media = await service.register()
    async with service.visitor(new_address()) as visitor:
        headers = [(b"idempotency-key", sent.encode())]
        for method, rest, body, _ in WRITES:
            answer = await visitor.request(
                method, f"/v1/media/{media}{rest}", json=body, headers=headers
            )
            assert_problem(answer, 400, "validation_failed")
            assert answer.json()["errors"][0]["field"] == "Idempotency-Key"
    assert (await service.media(media))["playCount"] == 0
