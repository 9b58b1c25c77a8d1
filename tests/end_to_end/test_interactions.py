"""Votes, plays, downloads, views and comments, and the figures that follow from them."""

from __future__ import annotations

import asyncio

import pytest

from tests.end_to_end.service import NewAddress, Service
from tests.end_to_end.shapes import (
    COMMENT,
    RECORDED,
    STATS,
    assert_page,
    assert_problem,
    is_time,
)

VOTE = {"mediaFileId", "voteType", "upvotes", "downvotes"}


async def test_a_vote_is_cast_changed_read_and_taken_back(
    service: Service, new_address: NewAddress
) -> None:
    media = await service.register()
    path = f"/v1/media/{media}/vote"

    def status(vote_type: str | None, up: int, down: int) -> dict[str, object]:
        return {"mediaFileId": media, "voteType": vote_type, "upvotes": up, "downvotes": down}

    async with service.visitor(new_address()) as visitor:
        assert (await visitor.get(path)).json() == status(None, 0, 0)
        cast = await visitor.put(path, json={"voteType": "up"})
        assert (cast.status_code, cast.json()) == (200, status("up", 1, 0))
        repeated = await visitor.put(path, json={"voteType": "up"})
        assert (repeated.status_code, repeated.json()) == (200, status("up", 1, 0))
        changed = await visitor.put(path, json={"voteType": "down"})
        assert changed.json() == status("down", 0, 1)
        assert (await visitor.get(path)).json() == status("down", 0, 1)
        taken_back = await visitor.delete(path)
        assert (taken_back.status_code, taken_back.json()) == (200, status(None, 0, 0))
        nothing = await visitor.delete(path)
        assert (nothing.status_code, nothing.json()) == (200, status(None, 0, 0))


async def test_equal_votes_at_the_same_moment_are_one_vote(
    service: Service, new_address: NewAddress
) -> None:
    media = await service.register()
    async with service.visitor(new_address()) as visitor:
        answers = await asyncio.gather(
            *(visitor.put(f"/v1/media/{media}/vote", json={"voteType": "up"}) for _ in range(20))
        )
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.json()["upvotes"] for answer in answers} == {1}
    assert (await service.media(media))["upvotes"] == 1


async def test_opposite_votes_of_two_tabs_leave_the_last_one(
    service: Service, new_address: NewAddress
) -> None:
    media = await service.register()
    path = f"/v1/media/{media}/vote"
    async with service.visitor(new_address()) as visitor:
        answers = await asyncio.gather(
            *(visitor.put(path, json={"voteType": vote}) for vote in ("up", "down") * 10)
        )
        final = (await visitor.get(path)).json()
    assert all(one.json()["upvotes"] + one.json()["downvotes"] == 1 for one in answers)
    assert final["upvotes"] == (final["voteType"] == "up")
    assert final["downvotes"] == (final["voteType"] == "down")


@pytest.mark.parametrize(
    ("kind", "counter"),
    [("plays", "playCount"), ("downloads", "downloadCount"), ("views", "viewCount")],
)
async def test_what_is_recorded_is_answered_with_201_and_the_new_counters(
    service: Service, new_address: NewAddress, kind: str, counter: str
) -> None:
    media = await service.register()
    async with service.visitor(new_address()) as visitor:
        without_a_body = await visitor.post(f"/v1/media/{media}/{kind}")
        with_an_empty_one = await visitor.post(f"/v1/media/{media}/{kind}", json={})
    assert [without_a_body.status_code, with_an_empty_one.status_code] == [201, 201]
    first, second = without_a_body.json(), with_an_empty_one.json()
    assert set(first) == set(second) == RECORDED
    assert (first["mediaFileId"], first[counter], second[counter]) == (media, 1, 2)
    assert (first["qualified"], second["qualified"]) == (True, False)
    assert (await service.media(media))[counter] == 2


@pytest.mark.parametrize(
    ("duration", "seconds", "qualified"),
    [
        (200, 30, True),
        (200, 29, False),
        (200, 29.9, False),
        (40, 20, True),
        (40, 19, False),
        (None, None, True),
        (None, 0, False),
        (None, 24 * 3600, True),
    ],
)
async def test_a_play_qualifies_from_thirty_seconds_or_half_of_the_file(
    service: Service,
    new_address: NewAddress,
    duration: int | None,
    seconds: float | None,
    qualified: bool,
) -> None:
    media = await service.register(durationSeconds=duration)
    async with service.visitor(new_address()) as visitor:
        answer = await visitor.post(f"/v1/media/{media}/plays", json={"playDuration": seconds})
    told = answer.json()
    assert told["qualified"] is qualified
    assert (told["playCount"], told["qualifiedPlayCount"]) == (1, int(qualified))


async def test_comments_are_counted_and_listed_newest_first(
    service: Service, new_address: NewAddress
) -> None:
    media = await service.register()
    path = f"/v1/media/{media}/comments"
    async with service.visitor(new_address()) as visitor, await service.user("ada") as user:
        posted = await user.post(path, json={"body": "  First.  "})
        assert posted.status_code == 201
        assert set(posted.json()) == RECORDED | {"comment"}
        comment = posted.json()["comment"]
        assert set(comment) == COMMENT
        assert (comment["authorId"], comment["body"]) == ("ada", "First.")
        assert is_time(comment["createdAt"])
        for number in range(4):
            await visitor.post(path, json={"body": f"Comment {number}"})
        first = (await visitor.get(path, params={"limit": 3})).json()
        rest = (await visitor.get(path, params={"limit": 3, "cursor": first["nextCursor"]})).json()
    for page in (first, rest):
        assert_page(page, COMMENT)
    told = [(item["body"], item["authorId"]) for item in first["items"] + rest["items"]]
    assert told == [*((f"Comment {n}", None) for n in (3, 2, 1, 0)), ("First.", "ada")]
    assert rest["nextCursor"] is None
    assert (await service.media(media))["commentCount"] == 5


async def test_stats_say_everything_countable_with_plays_per_period(
    service: Service, new_address: NewAddress
) -> None:
    media = await service.register()
    path = f"/v1/media/{media}"
    one, other = new_address(), new_address()
    for address in (one, one, other):
        async with service.visitor(address) as visitor:
            await visitor.post(f"{path}/plays", json={"playDuration": 60})
    async with service.visitor(one) as visitor:
        await visitor.post(f"{path}/downloads")
        await visitor.post(f"{path}/views")
        await visitor.put(f"{path}/vote", json={"voteType": "down"})
        stats = (await visitor.get(f"{path}/stats")).json()
    assert set(stats) == STATS
    assert stats["plays"] == {"24h": 3, "7d": 3, "30d": 3, "all": 3}
    assert (stats["playCount"], stats["qualifiedPlayCount"], stats["uniqueListeners"]) == (3, 2, 2)
    assert (stats["downloadCount"], stats["viewCount"], stats["commentCount"]) == (1, 1, 0)
    assert (stats["upvotes"], stats["downvotes"]) == (0, 1)
    assert is_time(stats["asOf"])


@pytest.mark.parametrize(
    ("method", "rest", "body"),
    [
        ("GET", "", None),
        ("GET", "/vote", None),
        ("PUT", "/vote", {"voteType": "up"}),
        ("DELETE", "/vote", None),
        ("POST", "/plays", {}),
        ("POST", "/downloads", {}),
        ("POST", "/views", {}),
        ("POST", "/comments", {"body": "Hello"}),
        ("GET", "/comments", None),
        ("GET", "/stats", None),
    ],
)
async def test_an_unknown_file_is_not_found(
    service: Service, new_address: NewAddress, method: str, rest: str, body: object
) -> None:
    async with service.visitor(new_address()) as visitor:
        answer = await visitor.request(method, f"/v1/media/999999999{rest}", json=body)
    assert_problem(answer, 404, "media_not_found", "Media file not found")
