"""The ranked lists with their terms, and the feed page by page."""

from __future__ import annotations

from math import floor
from typing import Any

import pytest

from tests.end_to_end.service import NewAddress, Service
from tests.end_to_end.shapes import ACTIVITY, RANKED, assert_page, assert_problem, is_time

LISTS = ("trending", "popular", "hot", "rising", "top-rated", "controversial")
PERIODS = ("24h", "7d", "30d", "all")


async def liked(service: Service, new_address: NewAddress, people: int, title: str) -> int:
    """A file that so many people played, downloaded and voted for."""
    media = await service.register(title)
    for number in range(people):
        async with service.visitor(new_address()) as visitor:
            await visitor.post(f"/v1/media/{media}/plays", json={"playDuration": 45})
            await visitor.post(f"/v1/media/{media}/downloads")
            await visitor.put(
                f"/v1/media/{media}/vote", json={"voteType": "up" if number % 4 else "down"}
            )
    return media


async def ranked(service: Service, name: str, **parameters: Any) -> dict[str, Any]:
    async with service.visitor("192.0.2.7") as visitor:
        answer = await visitor.get(f"/v1/{name}", params=parameters)
    assert answer.status_code == 200, answer.text
    page = dict(answer.json())
    assert_page(page, RANKED)
    return page


@pytest.mark.parametrize("name", LISTS)
async def test_what_more_people_engage_with_stands_higher_at_once(
    service: Service, new_address: NewAddress, name: str
) -> None:
    lesser = await liked(service, new_address, 4, "Lesser")
    greater = await liked(service, new_address, 8, "Greater")
    page = await ranked(service, name, limit=50)
    places = {item["mediaFileId"]: item["position"] for item in page["items"]}
    assert places[greater] < places[lesser]
    assert [item["position"] for item in page["items"]] == list(range(1, len(places) + 1))
    scores = [item["score"] for item in page["items"]]
    assert scores == sorted(scores, reverse=True)
    assert page["nextCursor"] is None
    assert all(item["explain"] is None for item in page["items"])


@pytest.mark.parametrize("name", LISTS)
async def test_each_list_explains_its_scores(
    service: Service, new_address: NewAddress, name: str
) -> None:
    media = await liked(service, new_address, 5, "Explained")
    page = await ranked(service, name, limit=50, explain="true")
    (item,) = [item for item in page["items"] if item["mediaFileId"] == media]
    told = item["explain"]
    assert told["formula"]
    assert told["terms"]
    for term in told["terms"]:
        assert set(term) == {"signal", "count", "weight", "product"}
        assert term["product"] == pytest.approx(term["count"] * term["weight"])
    if name == "hot":
        products = sum(term["product"] for term in told["terms"])
        assert told["unrounded"] == pytest.approx(products * told["decay"] * 100)
        assert item["score"] == floor(told["unrounded"] + 0.5)


@pytest.mark.parametrize("name", ["trending", "popular"])
async def test_every_period_has_its_list(
    service: Service, new_address: NewAddress, name: str
) -> None:
    media = await liked(service, new_address, 4, "Periodic")
    for period in PERIODS:
        page = await ranked(service, name, period=period, limit=50)
        assert media in {item["mediaFileId"] for item in page["items"]}
        assert len((await ranked(service, name, period=period, limit=1))["items"]) == 1


async def test_popular_tells_the_plays_of_the_period(
    service: Service, new_address: NewAddress
) -> None:
    media = await liked(service, new_address, 4, "Counted")
    page = await ranked(service, "popular", period="24h", limit=50)
    (item,) = [item for item in page["items"] if item["mediaFileId"] == media]
    assert item["periodPlayCount"] == 4


@pytest.mark.parametrize("name", LISTS)
async def test_a_limit_lies_between_1_and_50(service: Service, name: str) -> None:
    async with service.visitor("192.0.2.7") as visitor:
        for limit in ("0", "51", "-1", "abc", "1.5", "", "9" * 30):
            answer = await visitor.get(f"/v1/{name}", params={"limit": limit})
            assert_problem(answer, 400, "validation_failed")
            assert answer.json()["errors"][0]["field"] == "limit"


@pytest.mark.parametrize("path", ["/v1/activity", "/v1/media"])
async def test_the_edges_of_a_limit_are_allowed(service: Service, path: str) -> None:
    await service.register()
    async with service.visitor("192.0.2.7") as visitor:
        for limit in (1, 50):
            answer = await visitor.get(path, params={"limit": limit})
            assert answer.status_code == 200
            assert 1 <= len(answer.json()["items"]) <= limit
        for limit in (0, 51):
            refused = await visitor.get(path, params={"limit": limit})
            assert_problem(refused, 400, "validation_failed")


@pytest.mark.parametrize("period", ["1h", "24H", "", "all "])
async def test_an_unknown_period_is_refused(service: Service, period: str) -> None:
    async with service.visitor("192.0.2.7") as visitor:
        answer = await visitor.get("/v1/popular", params={"period": period})
    assert_problem(answer, 400, "validation_failed")
    assert answer.json()["errors"][0]["field"] == "period"


async def test_the_feed_is_paged_newest_first_without_loss_or_repeat(
    service: Service, new_address: NewAddress
) -> None:
    media = await service.register("Paged")
    for number in range(6):
        async with service.visitor(new_address()) as visitor:
            await visitor.post(f"/v1/media/{media}/plays")
            if number % 2:
                await visitor.put(f"/v1/media/{media}/vote", json={"voteType": "up"})
    seen: list[dict[str, Any]] = []
    parameters: dict[str, Any] = {"limit": 4}
    async with service.visitor(new_address()) as visitor:
        while len([item for item in seen if item["mediaFileId"] == media]) < 10:
            page = (await visitor.get("/v1/activity", params=parameters)).json()
            assert_page(page, ACTIVITY)
            seen += page["items"]
            # What arrives while one reads moves nothing.
            await visitor.post(f"/v1/media/{media}/plays")
            assert page["nextCursor"] is not None
            parameters["cursor"] = page["nextCursor"]
    assert [item["id"] for item in seen] == sorted({item["id"] for item in seen}, reverse=True)
    mine = [item for item in seen if item["mediaFileId"] == media]
    assert [item["type"] for item in mine] == [*("vote", "play", "play") * 3, "upload"]
    assert all(item["mediaTitle"] == "Paged" and is_time(item["timestamp"]) for item in mine)


async def test_the_feed_names_the_country_of_an_address(service: Service) -> None:
    media = await service.register("Located")
    async with service.visitor("129.240.2.40") as visitor:
        await visitor.post(f"/v1/media/{media}/plays")
        feed = (await visitor.get("/v1/activity")).json()["items"]
    (item,) = [item for item in feed if item["mediaFileId"] == media and item["type"] == "play"]
    assert item["location"] == "Norway"


@pytest.mark.parametrize("cursor", ["x", "!!!", "W10", "bnVsbA", "A" * 513, "%00"])
async def test_a_cursor_that_is_none_is_refused(service: Service, cursor: str) -> None:
    async with service.visitor("192.0.2.7") as visitor:
        for path in ("/v1/activity", "/v1/media"):
            answer = await visitor.get(path, params={"cursor": cursor})
            assert_problem(answer, 400, "validation_failed")
            assert answer.json()["errors"][0]["field"] == "cursor"
