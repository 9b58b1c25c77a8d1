"""What people write is looked at first, wherever they write it: a real service, a list of words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.end_to_end.service import Service, shared_service
from tests.end_to_end.speaking import Speaker, connect, enter, token_of
from tests.support.waiting import until

CONSENT = {"textVersion": "2026-01", "accepted": True}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def looked_at(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    place = tmp_path_factory.mktemp("moderation")
    (place / "words.txt").write_text("casino\n!buypills\n")
    yield from shared_service(
        request,
        place,
        request.param,
        GROUNDSWELL_MODERATION_WORDS=str(place / "words.txt"),
        GROUNDSWELL_RATE_LIMITS="off",
    )


def titled(title: str, **metadata: Any) -> dict[str, Any]:
    details = {"contentType": "project", "contentId": "7", "platform": "acme"}
    return {**details, "metadata": {"title": title, **metadata}}


async def decide(service: Service, item: str, decision: str) -> dict[str, Any]:
    async with service.host() as host:
        answer = await host.post(f"/v1/moderation/{item}/{decision}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def shares(client: httpx.AsyncClient) -> list[str]:
    items = (await client.get("/v1/me/shares")).json()["items"]
    return [str(one["metadata"]["title"]) for one in items]


async def report(service: Service, kind: str, **data: Any) -> None:
    event = {"specversion": "1.0", "id": uuid4().hex, "source": "/app", "type": kind, "data": data}
    async with service.host() as host:
        answer = await host.post("/v1/events", json=event)
    assert answer.status_code == 202, answer.text


async def test_a_held_share_is_told_to_nobody_and_made_once_when_it_is_approved(
    looked_at: Service,
) -> None:
    async with await looked_at.user("ann") as ann:
        key = {"idempotency-key": uuid4().hex}
        answers = [
            await ann.post("/v1/shares", json=titled("To the casino!"), headers=key)
            for _ in range(2)
        ]
        assert [one.status_code for one in answers] == [202, 202]
        held = answers[0].json()
        assert held == answers[1].json() == {"status": "held", "moderationId": held["moderationId"]}
        assert await shares(ann) == []
        async with connect(looked_at) as socket:
            speaker = Speaker(socket)
            await enter(speaker, await token_of(looked_at, "ann"), "phone-1")
            await speaker.say(type="SUBSCRIBE", topics=["user.ann.social"], ref="s")
            await speaker.until(ref="s")
            assert (await decide(looked_at, held["moderationId"], "approve"))["kind"] == "share"
            told = await speaker.until(type="EVENT", topic="user.ann.social")
        await decide(looked_at, held["moderationId"], "approve")
        assert await shares(ann) == ["To the casino!"]
        (shared,) = (await ann.get("/v1/me/shares")).json()["items"]
        assert told["data"]["shareId"] == shared["shareId"]


@pytest.mark.parametrize("metadata", [{"message": "buypills"}, {"tags": ["x", {"y": "BuyPills"}]}])
async def test_a_share_that_says_what_may_not_be_said_is_refused(
    looked_at: Service, metadata: dict[str, Any]
) -> None:
    async with await looked_at.user("rob") as rob:
        answer = await rob.post("/v1/shares", json=titled("Hello", **metadata))
        assert (answer.status_code, answer.json()["code"]) == (400, "content_rejected")
        assert await shares(rob) == []


async def test_where_a_share_leads_is_no_text(looked_at: Service) -> None:
    url = f"{looked_at.url}/media/1?from=casino"
    async with await looked_at.user("eve") as eve:
        answer = await eve.post("/v1/shares", json=titled("Hello", url=url))
    assert answer.status_code == 201, answer.text


async def test_a_testimonial_waits_for_its_own_review_or_is_refused(looked_at: Service) -> None:
    author = f"owner-{uuid4().hex[:8]}"
    project = {"projectId": f"p-{uuid4().hex}", "ownerId": author, "contractorId": "bob"}
    await report(looked_at, "project.completed", **project, title="Come to the casino")
    said = {"projectId": project["projectId"], "consent": CONSENT}
    async with await looked_at.user(author) as client:

        async def asked() -> bool:
            return bool((await client.get("/v1/me/testimonials")).json()["items"])

        await until(asked)
        for refused in ({"body": "Get buypills"}, {"body": "Fine", "displayName": "Buypills Inc"}):
            answer = await client.post("/v1/testimonials", json=said | refused)
            assert (answer.status_code, answer.json()["code"]) == (400, "content_rejected")
        answer = await client.post("/v1/testimonials", json=said | {"body": "Like a casino."})
        assert (answer.status_code, answer.json()["state"]) == (201, "submitted")
        # The title of the project was not fit to be shown, and is left out.
        assert answer.json()["projectTitle"] is None
        edited = await client.patch(
            f"/v1/testimonials/{answer.json()['testimonialId']}", json={"body": "buypills"}
        )
        assert edited.status_code == 400


async def test_what_somebody_present_says_of_themselves_is_refused_at_once(
    looked_at: Service,
) -> None:
    topic = "presence.friends-mia"
    async with connect(looked_at) as socket:
        speaker = Speaker(socket)
        await enter(speaker, await token_of(looked_at, "mia"), "phone-1")
        for mood in ("buypills", "at the casino"):
            await speaker.say(
                type="PRESENCE", topic=topic, op="enter", data={"mood": mood}, ref=mood
            )
            refused = await speaker.until(ref=mood)
            assert (refused["type"], refused["name"]) == ("ERROR", "bad_request")
        await speaker.say(type="PRESENCE", topic=topic, op="count", ref="none")
        assert (await speaker.until(ref="none"))["count"] == 0
        await speaker.say(
            type="PRESENCE", topic=topic, op="enter", data={"mood": "at home"}, ref="fine"
        )
        assert (await speaker.until(ref="fine"))["count"] == 1


async def test_an_announcement_is_refused_only_for_what_nobody_may_say(looked_at: Service) -> None:
    async with looked_at.host() as host:
        said = {"eventType": "news.told", "data": {"text": "A casino opens"}}
        assert (await host.post("/v1/announcements", json=said)).status_code == 201
        said["data"] = {"text": "buypills"}
        answer = await host.post("/v1/announcements", json=said)
    assert (answer.status_code, answer.json()["code"]) == (400, "content_rejected")
