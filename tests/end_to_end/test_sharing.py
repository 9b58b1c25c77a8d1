"""Sharing from end to end: a real service, a real WebSocket, real signatures."""

from __future__ import annotations

import asyncio
import hmac
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from standardwebhooks import Webhook

from tests.end_to_end.service import NewAddress, Service, shared_service
from tests.end_to_end.speaking import SOON, Speaker, connect, enter
from tests.services.server import Server

SECRET = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
BROWSER = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/131.0.0.0 Safari/537.36"
)
TARGET = "https://app.example/projects/7"
CONFIRMED_WITHIN = 0.5
EXAMPLES = Path(__file__).parents[1] / "js/node_modules/@octokit/webhooks-examples"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def sharing(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    yield from shared_service(
        request,
        tmp_path_factory.mktemp("sharing"),
        request.param,
        GROUNDSWELL_WEBHOOK_SECRETS=f"acme={SECRET},github=hush,facebook:meta=hush;typed",
        GROUNDSWELL_LINK_TARGETS="https://app.example",
        GROUNDSWELL_RATE_LIMITS="off",
    )


def new_share(**more: Any) -> dict[str, Any]:
    details = {"contentType": "project", "contentId": "7", "platform": "acme"}
    return {**details, "metadata": {"title": "A roof", "url": TARGET}, **more}


async def share(service: Service, user: str, **more: Any) -> dict[str, Any]:
    async with await service.user(user) as client:
        answer = await client.post("/v1/shares", json=new_share(**more))
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def shown(service: Service, share_id: str) -> dict[str, Any]:
    async with service.host() as host:
        return dict((await host.get(f"/v1/shares/{share_id}")).json())


def webhook(
    data: dict[str, Any], name: str | None = None, age: int = 0, secret: str = SECRET
) -> dict[str, Any]:
    """The arguments of a POST of a Standard Webhook."""
    body = json.dumps({"type": "share.engaged", "data": {"engagementType": "like", **data}})
    at = datetime.now(UTC) - timedelta(seconds=age)
    name = name or f"msg_{uuid4().hex}"
    headers = {
        "webhook-id": name,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(name, at, body),
        "content-type": "application/json",
    }
    return {"content": body, "headers": headers}


async def post(service: Service, call: dict[str, Any], platform: str = "acme") -> httpx.Response:
    async with service.visitor("203.0.113.9") as caller:
        return await caller.post(f"/v1/webhooks/{platform}", **call)


async def listening(speaker: Speaker, service: Server, user: str, *topics: str) -> None:
    assert isinstance(service, Service)
    await enter(speaker, (await service.tokens(user))["accessToken"], f"{user}-phone")
    await speaker.say(type="SUBSCRIBE", id="s", topics=[f"user.{user}.{one}" for one in topics])
    await speaker.until(type="SUBSCRIBED")


async def event(speaker: Speaker, event_type: str) -> dict[str, Any]:
    while True:
        message = await speaker.until(type="EVENT")
        if message["data"]["eventType"] == event_type:
            return dict(message["data"])


@pytest.mark.alone
async def test_sharing_is_confirmed_live_within_half_a_second_and_engagement_alerts_follow(
    sharing: Service,
) -> None:
    """The specification's scenario: share, confirmation, engagement, alert."""
    user = f"mia-{uuid4().hex}"
    async with connect(sharing) as socket, await sharing.user(user) as client:
        speaker = Speaker(socket)
        await listening(speaker, sharing, user, "social")
        delays = []
        for _ in range(20):
            started = time.perf_counter()
            answer = await client.post("/v1/shares", json=new_share())
            confirmed = await event(speaker, "social.share.created")
            delays.append(time.perf_counter() - started)
            assert confirmed["shareId"] == answer.json()["shareId"]
        assert max(delays) < CONFIRMED_WITHIN, delays
        assert confirmed.pop("timestamp").endswith("Z")
        assert confirmed == {
            "eventType": "social.share.created",
            "shareId": answer.json()["shareId"],
            "userId": user,
            "contentType": "project",
            "contentId": "7",
            "platform": "acme",
            "shareFormat": "link",
            "state": "published",
            "metadata": {"title": "A roof", "url": TARGET},
        }
        inbox = await filed(client, 20)
        assert {one["eventType"] for one in inbox} == {"social.share.created"}
        assert {one["delivery"] for one in inbox} == {"critical"}

        started = time.perf_counter()
        told = await post(
            sharing,
            webhook({"shareId": confirmed["shareId"], "engagerInfo": {"id": "b", "name": "Bob"}}),
        )
        assert (told.status_code, told.json()["accepted"]) == (202, 1)
        alert = await event(speaker, "social.share.engaged")
        assert time.perf_counter() - started < CONFIRMED_WITHIN
        assert alert["engagementType"] == "like"
        assert alert["engagerInfo"] == {"id": "b", "name": "Bob"}
        assert "timestamp" in alert


async def filed(client: httpx.AsyncClient, count: int) -> list[dict[str, Any]]:
    """What is in the inbox once so many messages are."""
    async with asyncio.timeout(SOON):
        while True:
            items = list((await client.get("/v1/me/inbox?limit=50")).json()["items"])
            if len(items) >= count:
                return items


async def test_a_pending_share_is_confirmed_when_the_host_says_so(sharing: Service) -> None:
    user = f"mia-{uuid4().hex}"
    async with connect(sharing) as socket, sharing.host() as host:
        speaker = Speaker(socket)
        await listening(speaker, sharing, user, "social")
        made = await share(sharing, user, pending=True)
        assert made["state"] == "pending"
        early = await post(sharing, webhook({"externalId": f"p-{user}"}))
        assert early.json()["parked"] == 1
        done = await host.post(
            f"/v1/shares/{made['shareId']}/published", json={"externalId": f"p-{user}"}
        )
        assert (done.status_code, done.json()["state"]) == (200, "published"), done.text
        assert done.json()["engagements"] == 1
        assert (await event(speaker, "social.share.published"))["shareId"] == made["shareId"]
        assert (await event(speaker, "social.share.engaged"))["engagements"] == 1
        other = await share(sharing, user, pending=True)
        failed = await host.post(f"/v1/shares/{other['shareId']}/failed", json={"reason": "no"})
        assert failed.json()["state"] == "failed"
        assert (await event(speaker, "social.share.failed"))["reason"] == "no"


@pytest.mark.parametrize(
    ("platform", "forge", "status", "code"),
    [
        ("acme", {"headers": {"webhook-signature": "v1,bm9uZQ=="}}, 401, "signature_invalid"),
        ("acme", {"headers": {"webhook-signature": ""}}, 401, "signature_invalid"),
        ("acme", {"content": "{}"}, 401, "signature_invalid"),
        ("acme", {"age": 600}, 400, "stale"),
        ("acme", {"age": -600}, 400, "stale"),
        ("acme", {"secret": "whsec_" + "QUJD" * 12}, 401, "signature_invalid"),
        ("github", {}, 401, "signature_invalid"),
        ("nobody", {}, 404, "unknown_platform"),
    ],
)
async def test_a_forged_or_stale_webhook_changes_nothing_and_leaves_a_trace(
    sharing: Service, platform: str, forge: dict[str, Any], status: int, code: str
) -> None:
    made = await share(sharing, "mia")
    signing = {name: value for name, value in forge.items() if name in ("age", "secret")}
    call = webhook({"shareId": made["shareId"]}, **signing)
    call["headers"] |= forge.get("headers", {})
    call["content"] = forge.get("content", call["content"])
    before = await refusals(sharing)
    answer = await post(sharing, call, platform)
    assert answer.status_code == status
    assert answer.json()["code"].endswith(code)
    assert (await shown(sharing, made["shareId"]))["engagements"] == 0
    assert await refusals(sharing) == before + 1
    trace = [line for line in sharing.logs().splitlines() if "webhook refused" in line][-1]
    assert json.loads(trace)["reason"] == answer.json()["code"]


async def refusals(service: Service) -> float:
    async with service.host() as host:
        lines = (await host.get("/metrics")).text.splitlines()
    name = "groundswell_sharing_webhooks_refused_total{"
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(name))


async def test_a_webhook_that_is_sent_again_is_known(sharing: Service) -> None:
    made = await share(sharing, "mia")
    call = webhook({"shareId": made["shareId"]})
    answers = [(await post(sharing, call)).json() for _ in range(3)]
    assert [one["accepted"] for one in answers] == [1, 0, 0]
    assert [one["repeated"] for one in answers] == [0, 1, 1]
    assert (await shown(sharing, made["shareId"]))["engagementTypes"] == {"like": 1}


async def test_webhooks_may_be_large_but_not_endless(sharing: Service) -> None:
    large = await post(sharing, webhook({"shareId": "share-x", "more": "x" * 200_000}))
    assert (large.status_code, large.json()["parked"]) == (202, 1)
    endless = await post(sharing, webhook({"shareId": "share-x", "more": "x" * 1_100_000}))
    assert endless.status_code == 413


async def test_a_deleted_share_discards_what_comes_later(sharing: Service) -> None:
    user = f"mia-{uuid4().hex}"
    made = await share(sharing, user)
    await post(sharing, webhook({"shareId": made["shareId"]}))
    async with await sharing.user(user) as client, await sharing.user("eve") as eve:
        assert (await eve.delete(f"/v1/shares/{made['shareId']}")).status_code == 404
        gone = await client.delete(f"/v1/shares/{made['shareId']}")
        assert (gone.status_code, gone.json()["state"]) == (200, "deleted")
        late = await post(sharing, webhook({"shareId": made["shareId"]}))
        assert (late.status_code, late.json()["discarded"]) == (202, 1)
        assert (await shown(sharing, made["shareId"]))["engagements"] == 1
        assert (await client.get("/v1/me/shares")).json()["items"] == []
    async with sharing.visitor("203.0.113.10", **{"user-agent": BROWSER}) as visitor:
        assert (await visitor.get(f"/s/{made['shareId']}")).status_code == 410
        assert (await visitor.get("/s/share-none")).status_code == 404


async def test_github_stars_a_shared_repository(sharing: Service) -> None:
    user = f"mia-{uuid4().hex}"
    made = await share(sharing, user, platform="github", pending=True)
    examples = json.loads((EXAMPLES / "api.github.com/index.json").read_bytes())
    star = next(one for one in examples if one["name"] == "star")["examples"][0]
    star["repository"]["html_url"] = page = f"https://github.com/octo/{user}"
    async with sharing.host() as host:
        await host.post(f"/v1/shares/{made['shareId']}/published", json={"externalId": page})
    body = json.dumps(star)
    signature = hmac.new(b"hush", body.encode(), "sha256").hexdigest()
    for delivery in ("1", "2"):
        headers = {
            "x-hub-signature-256": f"sha256={signature}",
            "x-github-event": "star",
            "x-github-delivery": delivery,
            "content-type": "application/json",
        }
        answer = await post(sharing, {"content": body, "headers": headers}, "github")
        assert answer.status_code == 202, answer.text
    assert (await shown(sharing, made["shareId"]))["engagementTypes"] == {"like": 1}


async def test_meta_asks_before_it_sends(sharing: Service) -> None:
    asked = {"hub.mode": "subscribe", "hub.challenge": "115", "hub.verify_token": "typed"}
    async with sharing.visitor("203.0.113.11") as visitor:
        answer = await visitor.get("/v1/webhooks/facebook", params=asked)
        assert (answer.status_code, answer.text) == (200, "115")
        assert answer.headers["content-type"].startswith("text/plain")
        wrong = await visitor.get(
            "/v1/webhooks/facebook", params={**asked, "hub.verify_token": "x"}
        )
        assert wrong.status_code == 404


async def test_a_link_leads_people_on_and_shows_crawlers_a_card(
    sharing: Service, new_address: NewAddress
) -> None:
    user = f"mia-{uuid4().hex}"
    made = await share(sharing, user)
    path = f"/s/{made['shareId']}"
    assert made["url"].endswith(path)
    address = new_address()
    async with sharing.visitor(address, **{"user-agent": BROWSER}) as person:
        for _ in range(2):
            there = await person.get(path)
            assert (there.status_code, there.headers["location"]) == (302, TARGET)
            assert there.headers["cache-control"] == "no-store"
        assert (await person.head(path)).status_code == 302
        await person.get(path, headers={"sec-purpose": "prefetch"})
    async with sharing.visitor(new_address(), **{"user-agent": "Twitterbot/1.0"}) as crawler:
        card = await crawler.get(path)
    assert card.status_code == 200
    assert '<meta property="og:title" content="A roof">' in card.text
    async with sharing.visitor(new_address(), **{"user-agent": BROWSER}) as other:
        await other.get(path)
    found = await shown(sharing, made["shareId"])
    assert (found["clicks"], found["views"]) == (2, 5)


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "//evil.example", "https://evil.example/", "https://app.example@e/"],
)
async def test_a_share_that_leads_elsewhere_is_refused(sharing: Service, url: str) -> None:
    async with await sharing.user("mia") as client:
        answer = await client.post("/v1/shares", json=new_share(metadata={"url": url}))
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "metadata.url"


async def test_who_may_see_and_make_shares(sharing: Service) -> None:
    public, private = await share(sharing, "mia"), await share(sharing, "mia", visibility="private")
    async with sharing.visitor("203.0.113.12") as visitor, sharing.host() as host:
        assert (await visitor.get(f"/v1/shares/{public['shareId']}")).status_code == 200
        assert (await visitor.get(f"/v1/shares/{private['shareId']}")).status_code == 404
        assert (await host.get(f"/v1/shares/{private['shareId']}")).status_code == 200
        assert (await visitor.post("/v1/shares", json=new_share())).status_code == 401
        assert (await host.post("/v1/shares", json=new_share())).status_code == 403
    async with await sharing.user("mia") as client:
        published = await client.post(f"/v1/shares/{public['shareId']}/published", json={})
        assert published.status_code == 403
        assert (await client.get(f"/v1/shares/{private['shareId']}")).status_code == 200


async def test_for_whom_a_share_is_may_be_said_in_its_metadata(sharing: Service) -> None:
    """The published form of the event has it there; who says so is not to be shown to all."""
    made = await share(sharing, "mia", metadata={"message": "Mine", "visibility": "private"})
    assert made["visibility"] == "private"
    assert await read_by(sharing, "mia", made["shareId"]) == 200
    assert await read_by(sharing, "bob", made["shareId"]) == 404
    async with await sharing.user("mia") as client:
        for more in (
            {"metadata": {"visibility": "hidden"}},
            {"metadata": {"visibility": ["private"]}},
            {"metadata": {"visibility": "private"}, "visibility": "public"},
        ):
            refused = await client.post("/v1/shares", json=new_share(**more))
            assert refused.status_code == 400, more
            assert refused.json()["errors"][0]["field"] == "metadata.visibility"


async def test_an_archive_has_shares_with_their_links(sharing: Service) -> None:
    user = f"mia-{uuid4().hex}"
    made = await share(sharing, user)
    async with await sharing.user(user) as client:
        archive = (await client.post("/v1/me/export")).json()["data"]["sharing"]
    assert [one["url"] for one in archive["shares"]] == [made["url"]]


async def read_by(service: Service, user: str, share_id: str) -> int:
    async with await service.user(user) as client:
        return (await client.get(f"/v1/shares/{share_id}")).status_code


async def test_a_share_for_friends_is_read_by_friends_as_long_as_they_are(
    sharing: Service,
) -> None:
    mia, bob, eve = (f"{name}-{uuid4().hex}" for name in ("mia", "bob", "eve"))
    made = (await share(sharing, mia, visibility="friends"))["shareId"]
    secret = (await share(sharing, mia, visibility="private"))["shareId"]
    async with (
        await sharing.user(mia) as ann,
        await sharing.user(bob) as friend,
        sharing.visitor("203.0.113.14") as visitor,
    ):
        await friend.put(f"/v1/me/friends/{mia}")
        assert await read_by(sharing, bob, made) == 404, "asked is not befriended"
        await ann.put(f"/v1/me/friends/{bob}")
        shown = await friend.get(f"/v1/shares/{made}")
        assert (shown.status_code, shown.json()["userId"]) == (200, mia)
        assert await read_by(sharing, bob, secret) == 404
        assert await read_by(sharing, eve, made) == 404
        assert (await visitor.get(f"/v1/shares/{made}")).status_code == 404

        assert (await friend.put(f"/v1/me/blocks/{mia}")).is_success
        assert await read_by(sharing, bob, made) == 404, "who blocks is no friend"
        await friend.delete(f"/v1/me/blocks/{mia}")
        assert await read_by(sharing, bob, made) == 404, "a block ends it"
        await friend.put(f"/v1/me/friends/{mia}")
        await ann.put(f"/v1/me/friends/{bob}")
        assert await read_by(sharing, bob, made) == 200
        await ann.delete(f"/v1/me/friends/{bob}")
        assert await read_by(sharing, bob, made) == 404


async def test_what_is_wished_of_shares_narrows_all_of_them_at_once_and_can_be_undone(
    sharing: Service,
) -> None:
    mia, bob, eve = (f"{name}-{uuid4().hex}" for name in ("mia", "bob", "eve"))
    made = (await share(sharing, mia))["shareId"]
    async with await sharing.user(mia) as ann, await sharing.user(bob) as friend:
        await friend.put(f"/v1/me/friends/{mia}")
        await ann.put(f"/v1/me/friends/{bob}")
        for wish, by_friend, by_others in (
            ({"visibility": {"share": "friends"}}, 200, 404),
            ({"visibility": {"share": "nobody"}}, 404, 404),
            ({"visibility": {"share": "everyone"}}, 200, 200),
            ({"broadcast": False}, 404, 404),
            ({"broadcast": True}, 200, 200),
        ):
            assert (await ann.patch("/v1/me/privacy", json=wish)).status_code == 200
            assert await read_by(sharing, bob, made) == by_friend, wish
            assert await read_by(sharing, eve, made) == by_others, wish
            assert await read_by(sharing, mia, made) == 200


async def test_a_share_for_friends_is_on_no_topic_but_its_sharers(sharing: Service) -> None:
    mia, bob = (f"{name}-{uuid4().hex}" for name in ("mia", "bob"))
    async with await sharing.user(mia) as ann, await sharing.user(bob) as friend:
        await friend.put(f"/v1/me/friends/{mia}")
        await ann.put(f"/v1/me/friends/{bob}")
        async with connect(sharing) as own, connect(sharing) as other:
            sharer, hearer = Speaker(own), Speaker(other)
            await listening(sharer, sharing, mia, "social")
            await listening(hearer, sharing, bob, "social", "network")
            public = ["activity", "hot", "trending.24h", "testimonials.recent"]
            await hearer.say(type="SUBSCRIBE", id="p", topics=public)
            await hearer.until(type="SUBSCRIBED")
            await share(sharing, mia, visibility="friends")
            await event(sharer, "social.share.created")
            # Delivery is in the order of the log: had the share been told, it were there by now.
            await share(sharing, bob, visibility="private")
            told = [dict(await hearer.until(type="EVENT"))]
            while told[-1]["data"]["eventType"] != "social.share.created":
                told.append(dict(await hearer.until(type="EVENT")))
            assert told[-1]["data"]["userId"] == bob, told


async def test_shares_that_were_queued_offline_are_made_once_over_the_gateway(
    sharing: Service,
) -> None:
    user = f"mia-{uuid4().hex}"
    async with connect(sharing) as socket:
        speaker = Speaker(socket)
        await listening(speaker, sharing, user, "social")
        ids = []
        for number in ("1", "2"):
            queued = {"key": "offline-1", "action": "share", "data": new_share()}
            await speaker.say(type="PUBLISH", ref=number, messages=[queued])
            results = (await speaker.until(type="RESULT", ref=number))["results"]
            assert results["offline-1"]["ok"], results
            ids.append(results["offline-1"]["id"])
        assert ids[0] == ids[1]
    async with await sharing.user(user) as client:
        assert len((await client.get("/v1/me/shares")).json()["items"]) == 1


async def test_the_same_idempotency_key_shares_once(sharing: Service) -> None:
    user = f"mia-{uuid4().hex}"
    async with await sharing.user(user) as client:
        answers = [
            await client.post("/v1/shares", json=new_share(), headers={"idempotency-key": "k"})
            for _ in range(2)
        ]
        assert answers[0].json() == answers[1].json()
        assert len((await client.get("/v1/me/shares")).json()["items"]) == 1


async def test_a_new_project_is_suggested_for_sharing_until_it_is_dismissed(
    sharing: Service,
) -> None:
    user = f"mia-{uuid4().hex}"
    report = {
        "specversion": "1.0",
        "source": "/projects",
        "type": "project.created",
        "data": {"projectId": f"roof-{user}", "ownerId": user, "title": "Roof"},
    }
    async with connect(sharing) as socket, await sharing.user(user) as client:
        speaker = Speaker(socket)
        await listening(speaker, sharing, user, "social")
        async with sharing.host() as host:
            for name in ("a", "b"):
                sent = await host.post("/v1/events", json={**report, "id": name + user})
                assert sent.status_code == 202
        told = await event(speaker, "social.suggestion.created")
        assert {"kind": "share_project", "reason": "project_created"}.items() <= told.items()
        (one,) = (await client.get("/v1/me/suggestions")).json()["items"]
        assert one["suggestionId"] == told["suggestionId"]
        path = f"/v1/me/suggestions/{one['suggestionId']}"
        async with await sharing.user("eve") as eve:
            assert (await eve.delete(path)).status_code == 404
        for _ in range(2):
            assert (await client.delete(path)).status_code == 204
        await event(speaker, "social.suggestion.dismissed")
        assert (await client.get("/v1/me/suggestions")).json()["items"] == []


async def test_a_message_about_a_share_engages_with_it(sharing: Service) -> None:
    user = f"mia-{uuid4().hex}"
    made = await share(sharing, user)
    report = {
        "specversion": "1.0",
        "source": "/messages",
        "id": user,
        "type": "message.sent.social",
        "data": {
            "messageId": "m",
            "senderId": "bob",
            "recipientIds": [user],
            "contextType": "share",
            "contextId": made["shareId"],
        },
    }
    async with connect(sharing) as socket, sharing.host() as host:
        speaker = Speaker(socket)
        await listening(speaker, sharing, user, "social")
        await host.post("/v1/events", json=report)
        alert = await event(speaker, "social.share.engaged")
    assert (alert["engagementType"], alert["engagerInfo"]) == ("message", {"id": "bob"})


def test_everything_adds_up_afterwards(sharing: Service) -> None:
    sharing.audit()
