"""Registering, changing, hiding and deleting files, and reading them."""

from __future__ import annotations

import pytest

from tests.end_to_end.service import NewAddress, Service
from tests.end_to_end.shapes import COUNTERS, MEDIA, assert_page, assert_problem, is_time

NOT_FOUND = "Media file not found"


async def test_a_registered_file_is_answered_whole_with_201(service: Service) -> None:
    body = {
        "title": "So What",
        "artist": "Miles Davis",
        "ownerId": "miles",
        "durationSeconds": 562,
        "url": "https://example.com/so-what.flac",
        "publishedAt": "2026-03-01T12:00:00+01:00",
    }
    async with service.host() as host:
        answer = await host.post("/v1/media", json=body)
        assert answer.status_code == 201
        file = answer.json()
        assert set(file) == MEDIA
        assert type(file["mediaFileId"]) is int
        published = {"publishedAt": "2026-03-01T11:00:00.000Z"}
        assert file == file | body | published
        assert is_time(file["createdAt"])
        assert {file[name] for name in COUNTERS} == {0}
        assert file["state"] == "published"
        again = await host.get(f"/v1/media/{file['mediaFileId']}")
    assert again.json() == file


async def test_a_title_is_all_a_file_needs(service: Service) -> None:
    async with service.host() as host:
        file = (await host.post("/v1/media", json={"title": "Nardis"})).json()
    names = ("artist", "ownerId", "durationSeconds", "url", "lastHotnessUpdate")
    assert [file[name] for name in names] == [None] * 5


async def test_the_same_source_and_external_id_answer_with_the_same_file(service: Service) -> None:
    body = {"title": "Nardis", "source": "catalogue", "externalId": "track-17"}
    async with service.host() as host:
        first = await host.post("/v1/media", json=body)
        second = await host.post("/v1/media", json=body | {"title": "Another"})
    assert first.json()["mediaFileId"] == second.json()["mediaFileId"]
    assert second.json()["title"] == "Nardis"


async def test_a_wanted_id_is_given_once_and_leaves_ids_for_others(service: Service) -> None:
    greatest = 2**53 - 1
    async with service.host() as host:
        body = {"title": "Nardis", "mediaFileId": greatest}
        assert (await host.post("/v1/media", json=body)).json()["mediaFileId"] == greatest
        assert_problem(await host.post("/v1/media", json=body), 409, "media_exists")
        # JavaScript could not tell greater ones apart.
        refused = await host.post("/v1/media", json=body | {"mediaFileId": greatest + 1})
        assert_problem(refused, 400, "validation_failed")
    made = [await service.register("Nardis") for _ in range(2)]
    assert made == sorted(set(made))
    assert max(made) < greatest


async def test_a_change_leaves_out_what_stays_and_null_clears(service: Service) -> None:
    media = await service.register("Nardis", artist="Bill Evans", durationSeconds=300)
    async with service.host() as host:
        answer = await host.patch(
            f"/v1/media/{media}", json={"title": "Nardis (live)", "artist": None}
        )
    assert answer.status_code == 200
    assert set(answer.json()) == MEDIA
    read = await service.media(media)
    assert (read["title"], read["artist"], read["durationSeconds"]) == ("Nardis (live)", None, 300)


async def test_a_hidden_file_is_unknown_until_it_is_shown_again(
    service: Service, new_address: NewAddress
) -> None:
    media = await service.register("Nardis")
    path = f"/v1/media/{media}"
    async with service.host() as host, service.visitor(new_address()) as visitor:
        await visitor.post(f"{path}/plays")
        hidden = await host.patch(path, json={"state": "hidden"})
        assert hidden.json()["state"] == "hidden"
        assert_problem(await visitor.get(path), 404, "media_not_found", NOT_FOUND)
        refused = await visitor.put(f"{path}/vote", json={"voteType": "up"})
        assert_problem(refused, 404, "media_not_found", NOT_FOUND)
        activity = (await visitor.get("/v1/activity", params={"limit": 50})).json()
        assert media not in {item["mediaFileId"] for item in activity["items"]}
        assert (await host.get(path)).json()["playCount"] == 1
        await host.patch(path, json={"state": "published"})
        assert (await visitor.get(path)).json()["playCount"] == 1
        activity = (await visitor.get("/v1/activity", params={"limit": 50})).json()
        assert media in {item["mediaFileId"] for item in activity["items"]}


async def test_a_draft_is_published_later(service: Service, new_address: NewAddress) -> None:
    media = await service.register("Nardis", draft=True)
    async with service.host() as host, service.visitor(new_address()) as visitor:
        assert (await visitor.get(f"/v1/media/{media}")).status_code == 404
        assert (await visitor.post(f"/v1/media/{media}/plays")).status_code == 404
        shown = await host.patch(f"/v1/media/{media}", json={"state": "published"})
        assert is_time(shown.json()["publishedAt"])
        assert (await visitor.get(f"/v1/media/{media}")).status_code == 200


async def test_a_deleted_file_leaves_everything_at_once_and_for_good(
    service: Service, new_address: NewAddress
) -> None:
    media = await service.register("Nardis")
    path = f"/v1/media/{media}"
    async with service.host() as host, service.visitor(new_address()) as visitor:
        await visitor.post(f"{path}/comments", json={"body": "Soon gone"})
        await visitor.put(f"{path}/vote", json={"voteType": "up"})
        deleted = await host.delete(path)
        assert (deleted.status_code, deleted.content) == (204, b"")
        for answer in (
            await visitor.get(path),
            await host.get(path),
            await visitor.get(f"{path}/stats"),
            await visitor.get(f"{path}/comments"),
            await visitor.get(f"{path}/vote"),
            await visitor.delete(f"{path}/vote"),
            await visitor.post(f"{path}/plays"),
            await host.patch(path, json={"state": "published"}),
            await host.delete(path),
        ):
            assert_problem(answer, 404, "media_not_found", NOT_FOUND)
        feed = (await visitor.get("/v1/activity", params={"limit": 50})).json()["items"]
        listed = (await visitor.get("/v1/media", params={"limit": 50})).json()["items"]
    assert media not in {item["mediaFileId"] for item in feed + listed}


async def test_pages_of_files_are_newest_first_without_loss_or_repeat(
    service: Service, new_address: NewAddress
) -> None:
    made = [await service.register(f"Take {number}") for number in range(7)]
    seen: list[int] = []
    parameters = {"limit": "3"}
    async with service.visitor(new_address()) as visitor:
        while len(seen) < 9:
            answer = await visitor.get("/v1/media", params=parameters)
            page = answer.json()
            assert_page(page, MEDIA)
            seen += [item["mediaFileId"] for item in page["items"]]
            if page["nextCursor"] is None:
                break
            parameters["cursor"] = page["nextCursor"]
    assert seen[:7] == made[::-1]
    assert len(set(seen)) == len(seen)


@pytest.mark.parametrize("method", ["post", "patch", "delete"])
async def test_only_the_host_may_care_for_files(
    service: Service, new_address: NewAddress, method: str
) -> None:
    media = await service.register("Nardis")
    path = "/v1/media" if method == "post" else f"/v1/media/{media}"
    body = {} if method == "delete" else {"json": {"title": "Mine"}}
    async with service.visitor(new_address()) as visitor, await service.user("ada") as user:
        refused = await getattr(visitor, method)(path, **body)
        assert_problem(refused, 401, "unauthenticated")
        assert refused.headers["www-authenticate"] == "Bearer"
        assert_problem(await getattr(user, method)(path, **body), 403, "forbidden")
    assert (await service.media(media))["title"] == "Nardis"


async def test_votes_that_look_wrong_are_for_the_host_to_review(service: Service) -> None:
    async with service.host() as host, service.visitor("203.0.113.77") as visitor:
        page = await host.get("/v1/votes/cases")
        assert (page.status_code, page.json()["nextCursor"]) == (200, None)
        assert (await host.get("/v1/votes/cases?state=confirmed")).status_code == 200
        assert (await host.get("/v1/votes/cases?state=lost")).status_code == 400
        missing = await host.post("/v1/votes/cases/case-none/release", json={})
        assert (missing.status_code, missing.json()["code"]) == (404, "vote_case_not_found")
        assert (await visitor.get("/v1/votes/cases")).status_code in (401, 403)
        assert (await visitor.post("/v1/votes/cases/x/confirm", json={})).status_code in (401, 403)
