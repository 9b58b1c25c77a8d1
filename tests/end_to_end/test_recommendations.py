"""Recommendations of a running service: live within seconds, explained, kept private, recounted."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

from tests.end_to_end.service import NewAddress, Service
from tests.end_to_end.shapes import assert_problem, is_time
from tests.support.waiting import until

SECONDS = 5.0


async def upvote(service: Service, user_id: str, *media: int) -> None:
    async with await service.user(user_id) as user:
        for one in media:
            answer = await user.put(f"/v1/media/{one}/vote", json={"voteType": "up"})
            assert answer.status_code == 200, answer.text


async def related(service: Service, media: int, **parameters: Any) -> list[dict[str, Any]]:
    """What is liked together with a file; popular ones are left out."""
    async with service.visitor("192.0.2.9") as visitor:
        answer = await visitor.get(f"/v1/media/{media}/related", params=parameters)
    assert answer.status_code == 200, answer.text
    page = answer.json()
    assert page["nextCursor"] is None and is_time(page["asOf"])
    return [one for one in page["items"] if one["reason"] == "together"]


async def until_related(service: Service, media: int, expected: list[int]) -> None:
    """What is liked is counted within seconds."""

    async def counted() -> bool:
        return [one["mediaFileId"] for one in await related(service, media)] == expected

    await until(counted, seconds=SECONDS)


async def recommended(service: Service, user_id: str, expected: list[int]) -> list[dict[str, Any]]:
    """What a user is recommended because of others, once it is what is expected."""
    items: list[dict[str, Any]] = []
    async with await service.user(user_id) as user, asyncio.timeout(SECONDS):
        while not items or [one["mediaFileId"] for one in items] != expected:
            answer = await user.get("/v1/me/recommendations", params={"explain": "true"})
            assert answer.status_code == 200, answer.text
            assert answer.headers["cache-control"] == "private, no-store"
            items = [one for one in answer.json()["items"] if one["reason"] == "together"]
            await asyncio.sleep(0.1)
    return items


async def test_what_people_like_together_is_related_within_seconds(service: Service) -> None:
    one, other = await service.register("One"), await service.register("Other")
    fans = [f"fan-{uuid4().hex}" for _ in range(3)]
    for fan in fans[:2]:
        await upvote(service, fan, one, other)
    await asyncio.sleep(1.5)
    assert await related(service, one) == []
    await upvote(service, fans[2], one, other)
    await until_related(service, one, [other])
    (item,) = await related(service, one, explain="true")
    (term,) = item["explain"]["terms"]
    assert term["people"] == 3 and term["mediaFileId"] == one
    assert item["because"] == [one] and item["title"] == "Other"
    assert abs(item["score"] - term["product"]) < 1e-9
    async with await service.user(fans[0]) as user:
        await user.delete(f"/v1/media/{other}/vote")
    await until_related(service, one, [])


async def test_visitors_who_listen_count_like_users(
    service: Service, new_address: NewAddress
) -> None:
    one, other = await service.register("Heard"), await service.register("Heard too")
    for _ in range(3):
        async with service.visitor(new_address()) as visitor:
            for media in (one, other):
                await visitor.post(f"/v1/media/{media}/plays", json={"playDuration": 120})
    await until_related(service, one, [other])


async def test_a_user_is_recommended_what_they_do_not_know(service: Service) -> None:
    liked, known, fresh, gone = [await service.register(f"Song {n}") for n in range(4)]
    for _ in range(3):
        await upvote(service, f"fan-{uuid4().hex}", liked, known, fresh, gone)
    me = f"me-{uuid4().hex}"
    await upvote(service, me, liked, known)
    await until_related(service, liked, [known, fresh, gone])
    async with service.host() as host:
        assert (await host.delete(f"/v1/media/{gone}")).status_code == 204
    items = await recommended(service, me, [fresh])
    assert sorted(items[0]["because"]) == sorted([liked, known])
    total = sum(term["product"] for term in items[0]["explain"]["terms"])
    assert abs(items[0]["score"] - total) < 1e-9


async def test_nobody_else_may_ask_and_unknown_files_have_none(service: Service) -> None:
    async with service.visitor("192.0.2.9") as visitor:
        assert_problem(await visitor.get("/v1/me/recommendations"), 401, "unauthenticated")
        assert_problem(await visitor.get("/v1/media/999999999/related"), 404, "media_not_found")
        assert_problem(await visitor.get("/v1/media/1/related?limit=51"), 400, "validation_failed")


async def test_what_is_popular_is_called_so(service: Service) -> None:
    lonely = await service.register("Lonely")
    async with service.visitor("192.0.2.9") as visitor:
        page = (await visitor.get(f"/v1/media/{lonely}/related")).json()
    assert all(one["reason"] == "popular" and one["score"] is None for one in page["items"])


async def test_who_is_erased_no_longer_counts(service: Service) -> None:
    one, other = await service.register("One"), await service.register("Other")
    fans = [f"fan-{uuid4().hex}" for _ in range(3)]
    for fan in fans:
        await upvote(service, fan, one, other)
    await until_related(service, one, [other])
    async with await service.user(fans[0]) as user:
        answer = await user.post("/v1/me/erase", json={"confirm": "erase"})
        assert answer.status_code in (200, 202), answer.text
    assert await related(service, one) == []


async def test_commands_recount_and_rebuild(service: Service) -> None:
    one, other = await service.register("One"), await service.register("Other")
    for _ in range(3):
        await upvote(service, f"fan-{uuid4().hex}", one, other)
    await until_related(service, one, [other])
    before = await related(service, one)
    replayed = await asyncio.to_thread(service.command, "replay")
    assert "liked together" in replayed.stdout
    assert replayed.returncode == 0, replayed.stderr
    assert await related(service, one) == before
    await asyncio.to_thread(service.audit)
