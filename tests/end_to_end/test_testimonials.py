"""Testimonials over HTTP and live: from a completed project to the author who takes one back."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx

from tests.end_to_end.service import Service
from tests.end_to_end.speaking import Speaker, connect, enter, token_of
from tests.support.waiting import until

CONSENT = {"textVersion": "2026-01", "accepted": True}


async def completed(service: Service, project: str, owner: str, contractor: str) -> None:
    event = {
        "specversion": "1.0",
        "id": uuid4().hex,
        "source": "/projects",
        "type": "project.completed",
        "data": {
            "projectId": project,
            "ownerId": owner,
            "contractorId": contractor,
            "title": "New kitchen",
        },
    }
    async with service.host() as host:
        answer = await host.post("/v1/events", json=event)
    assert answer.status_code == 202, answer.text


async def asked(service: Service, author: str) -> None:
    async def is_asked() -> bool:
        async with await service.user(author) as client:
            return bool((await client.get("/v1/me/testimonials")).json()["items"])

    await until(is_asked)


async def say(service: Service, client: httpx.AsyncClient, author: str) -> dict[str, Any]:
    """A testimonial of somebody who was asked just now."""
    project = f"p-{uuid4().hex}"
    await completed(service, project, author, "bob")
    await asked(service, author)
    answer = await client.post(
        "/v1/testimonials",
        json={"projectId": project, "body": "A fine kitchen.", "consent": CONSENT, "rating": 5},
    )
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def decide(service: Service, one: str, decision: str, **body: Any) -> httpx.Response:
    async with service.host() as host:
        sent = body if decision in ("reject", "hide") else None
        return await host.post(f"/v1/testimonials/{one}/{decision}", json=sent)


async def public(service: Service) -> list[str]:
    async with service.visitor("192.0.2.20") as visitor:
        answer = await visitor.get("/v1/testimonials?limit=50")
    assert answer.status_code == 200, answer.text
    return [one["testimonialId"] for one in answer.json()["items"]]


async def test_from_a_completed_project_to_a_live_retraction(service: Service) -> None:
    author = f"ann-{uuid4().hex[:8]}"
    async with connect(service) as socket, await service.user(author) as ann:
        speaker = Speaker(socket)
        await enter(speaker, await token_of(service, author), "phone-1")
        topics = ["testimonials.recent", f"user.{author}.social"]
        await speaker.say(type="SUBSCRIBE", topics=topics)
        await speaker.until(type="SUBSCRIBED")

        project = f"p-{uuid4().hex}"
        await completed(service, project, author, "bob")
        request = await speaker.until(type="EVENT", topic=f"user.{author}.social")
        assert request["data"]["eventType"] == "testimonial.requested"
        assert request["data"]["title"] == "New kitchen"

        said = await ann.post(
            "/v1/testimonials",
            json={"projectId": project, "body": "A fine kitchen.", "consent": CONSENT},
        )
        one = said.json()["testimonialId"]
        assert (await decide(service, one, "publish")).json()["state"] == "published"
        shown = await speaker.until(type="EVENT", topic="testimonials.recent")
        assert shown["data"]["eventType"] == "testimonial.published"
        assert shown["data"].keys() == {
            *("eventType", "testimonialId", "projectId", "authorId", "state", "timestamp")
        }
        assert one in await public(service)

        async with await service.user("cid") as cid:
            reacted = await cid.post(f"/v1/testimonials/{one}/reactions", json={"kind": "love"})
            assert reacted.json()["reactions"] == {"love": 1}
        engaged = await speaker.until(type="EVENT", topic="testimonials.recent")
        assert (engaged["data"]["kind"], engaged["data"]["count"]) == ("love", 1)

        gone = await ann.post(f"/v1/testimonials/{one}/withdraw")
        assert gone.json()["state"] == "withdrawn"
        assert one not in await public(service)
        retracted = await speaker.until(type="EVENT", topic="testimonials.recent")
        assert retracted["data"]["eventType"] == "testimonial.withdrawn"
        assert retracted["data"]["testimonialId"] == one
    async with service.visitor("192.0.2.21") as visitor:
        assert (await visitor.get(f"/v1/testimonials/{one}")).status_code == 404
    service.audit()


async def test_the_request_waits_in_the_inbox(service: Service) -> None:
    author = f"ann-{uuid4().hex[:8]}"
    await completed(service, f"p-{uuid4().hex}", author, "bob")

    async def is_filed() -> bool:
        async with await service.user(author) as ann:
            items = (await ann.get("/v1/me/inbox")).json()["items"]
        return "testimonial.requested" in [one["eventType"] for one in items]

    await until(is_filed)


async def test_without_consent_nothing_is_stored(service: Service) -> None:
    author = f"ann-{uuid4().hex[:8]}"
    project = f"p-{uuid4().hex}"
    await completed(service, project, author, "bob")
    await asked(service, author)
    async with await service.user(author) as ann:
        answer = await ann.post(
            "/v1/testimonials",
            json={"projectId": project, "body": "Fine.", "consent": CONSENT | {"accepted": False}},
        )
        assert answer.status_code == 400, answer.text
        assert answer.json()["errors"][0]["field"] == "consent.accepted"
        (kept,) = (await ann.get("/v1/me/testimonials")).json()["items"]
        assert (kept["state"], kept["body"], kept["consents"]) == ("requested", None, [])


async def test_who_may_do_what(service: Service) -> None:
    author = f"ann-{uuid4().hex[:8]}"
    async with await service.user(author) as ann:
        one = (await say(service, ann, author))["testimonialId"]
        for decision in ("review", "publish"):
            assert (await ann.post(f"/v1/testimonials/{one}/{decision}")).status_code == 403
        assert (await ann.get("/v1/testimonials/queue")).status_code == 403
    async with await service.user("mallory") as mallory:
        assert (await mallory.get(f"/v1/testimonials/{one}")).status_code == 404
        assert (await mallory.post(f"/v1/testimonials/{one}/withdraw")).status_code == 404
        edit = await mallory.patch(f"/v1/testimonials/{one}", json={"body": "Terrible."})
        assert edit.status_code == 404
        refused = await mallory.post(
            "/v1/testimonials", json={"projectId": "p-?", "body": "Me!", "consent": CONSENT}
        )
        assert refused.json()["code"] == "testimonial_not_requested"
    async with service.visitor("192.0.2.22") as visitor:
        reaction = await visitor.post(f"/v1/testimonials/{one}/reactions", json={"kind": "like"})
        assert reaction.status_code == 401
    wrong = await decide(service, one, "hide")
    assert (wrong.status_code, wrong.json()["code"]) == (409, "illegal_transition")
    rejected = await decide(service, one, "reject", reason="Too short.")
    assert rejected.json()["reason"] == "Too short."


async def test_an_edit_is_reviewed_before_anybody_reads_it(service: Service) -> None:
    author = f"ann-{uuid4().hex[:8]}"
    async with await service.user(author) as ann:
        one = (await say(service, ann, author))["testimonialId"]
        await decide(service, one, "publish")
        assert (await ann.patch(f"/v1/testimonials/{one}", json={})).status_code == 400
        edited = await ann.patch(f"/v1/testimonials/{one}", json={"body": "Changed my mind."})
        assert edited.json()["state"] == "in_review"
        assert one not in await public(service)
    async with service.host() as host:
        queue = await host.get("/v1/testimonials/queue?state=in_review&limit=50")
    assert one in [each["testimonialId"] for each in queue.json()["items"]]


async def test_a_reaction_is_taken_back(service: Service) -> None:
    author = f"ann-{uuid4().hex[:8]}"
    async with await service.user(author) as ann:
        one = (await say(service, ann, author))["testimonialId"]
        await decide(service, one, "publish")
        for _ in range(2):
            reacted = await ann.post(f"/v1/testimonials/{one}/reactions", json={"kind": "like"})
            assert reacted.json()["reactions"] == {"like": 1}
        none = await ann.delete(f"/v1/testimonials/{one}/reactions/like")
        assert (none.status_code, none.json()["reactions"], none.json()["mine"]) == (200, {}, [])
        unknown = await ann.delete(f"/v1/testimonials/{one}/reactions/hate")
        assert unknown.status_code == 400


async def test_the_page_shows_what_is_published_and_escapes_it(service: Service) -> None:
    author = f"ann-{uuid4().hex[:8]}"
    words = f"<script>alert('{author}')</script>"
    async with await service.user(author) as ann, service.visitor("192.0.2.23") as visitor:
        one = (await say(service, ann, author))["testimonialId"]
        await ann.patch(f"/v1/testimonials/{one}", json={"body": words})
        assert author not in (await visitor.get("/testimonials")).text
        await decide(service, one, "publish")
        page = await visitor.get("/testimonials")
        assert page.status_code == 200
        assert words not in page.text
        assert f"&lt;script&gt;alert(&#39;{author}&#39;)" in page.text
        assert 'data-topics="testimonials.recent"' in page.text
        await ann.post(f"/v1/testimonials/{one}/withdraw")
        assert author not in (await visitor.get("/testimonials")).text
        assert (await visitor.get("/testimonials?after=nonsense")).status_code == 400
