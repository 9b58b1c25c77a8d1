"""Friends over HTTP and live, and what they see of each other."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any
from uuid import uuid4

from tests.end_to_end.listener import Listener
from tests.end_to_end.service import Service
from tests.end_to_end.speaking import Speaker, connect, enter, token_of
from tests.support.waiting import until


def somebody(name: str) -> str:
    return f"{name}-{uuid4().hex[:8]}"


async def befriend(service: Service, one: str, other: str) -> None:
    for user, friend in ((one, other), (other, one)):
        async with await service.user(user) as client:
            answer = await client.put(f"/v1/me/friends/{friend}")
            assert answer.status_code == 200, answer.text


async def friends(service: Service, user: str, **query: str) -> list[dict[str, Any]]:
    async with await service.user(user) as client:
        answer = await client.get("/v1/me/friends", params=query)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def happened(service: Service, event_type: str, **data: Any) -> None:
    event = {
        "specversion": "1.0",
        "id": uuid4().hex,
        "source": "/tests",
        "type": event_type,
        "data": data,
    }
    async with service.host() as host:
        answer = await host.post("/v1/events", json=event)
    assert answer.status_code == 202, answer.text


async def test_a_request_and_its_answer_are_told_live(service: Service) -> None:
    ann, bob = somebody("ann"), somebody("bob")
    async with connect(service) as socket:
        speaker = Speaker(socket)
        await enter(speaker, await token_of(service, bob), "phone-1")
        await speaker.say(type="SUBSCRIBE", topics=[f"user.{bob}.network"])
        await speaker.until(type="SUBSCRIBED")
        await befriend(service, ann, bob)
        asked = await speaker.until(type="EVENT")
        assert asked["data"]["eventType"] == "social.connection.requested"
        made = await speaker.until(type="EVENT")
        assert made["data"]["eventType"] == "social.connection.established"
        assert (made["data"]["userId"], made["data"]["friendId"]) == (bob, ann)
    assert [one["userId"] for one in await friends(service, ann)] == [bob]
    assert [one["userId"] for one in await friends(service, bob)] == [ann]
    service.audit()


async def test_friends_see_each_others_presence_until_a_block(service: Service) -> None:
    ann, bob = somebody("ann"), somebody("bob")
    await befriend(service, ann, bob)
    scope = f"presence.friends-{ann}"
    async with connect(service) as one, connect(service) as other:
        hers, his = Speaker(one), Speaker(other)
        await enter(hers, await token_of(service, ann), "phone-1")
        await enter(his, await token_of(service, bob), "phone-1")
        await hers.say(type="PRESENCE", topic=scope, op="enter")
        await hers.until(type="PRESENCE_STATE")
        await his.say(type="SUBSCRIBE", topics=[scope], options={"presence": True})
        seen = await his.until(type="PRESENCE_STATE", topic=scope)
        assert [member["userId"] for member in seen["members"]] == [ann]
        (listed,) = await friends(service, bob)
        assert listed["presence"] == "online"
        await hers.say(type="FLOW", state="background")
        change = await his.until(type="PRESENCE_DIFF", topic=scope)
        assert [(one["userId"], one["status"]) for one in change["updates"]] == [(ann, "away")]
        (listed,) = await friends(service, bob)
        assert listed["presence"] == "away"

        async with await service.user(ann) as client:
            assert (await client.put(f"/v1/me/blocks/{bob}")).status_code == 204
        # The change is not told: the topic ends in its place.
        await hers.say(type="PRESENCE", topic=scope, op="leave")
        while (message := await his.until(topic=scope))["type"] != "UNSUBSCRIBED":
            assert message["type"] == "PRESENCE_STATE", message
            assert [member["userId"] for member in message["members"]] == [ann], message
        await his.say(type="SUBSCRIBE", topics=[scope], options={"presence": True})
        refused = await his.until(type="SUBSCRIBED")
        assert refused["topics"][scope]["error"]["name"] == "permission_denied"
    assert await friends(service, bob) == []


def _has(stream: Listener, many: int) -> bool:
    return len(stream.reader.named("EVENT")) >= many


async def test_a_change_of_presence_is_an_event_at_every_live_door(service: Service) -> None:
    ann, bob = somebody("ann"), somebody("bob")
    await befriend(service, ann, bob)
    scope = f"presence.friends-{ann}"
    his = await token_of(service, bob)
    stream = Listener(service, f"/v1/stream?topics={scope}", Authorization=f"Bearer {his}")
    async with connect(service) as one, connect(service) as other, stream:
        speaker, hearer = Speaker(one), Speaker(other)
        await enter(speaker, await token_of(service, ann), "phone-1")
        await enter(hearer, his, "phone-1")
        await hearer.say(type="SUBSCRIBE", topics=[scope])
        await hearer.until(type="SUBSCRIBED")
        # Until it was looked at once, nothing is known to change.
        await asyncio.sleep(1)
        for many, (hides, status) in enumerate(((False, "online"), (True, "offline")), 1):
            await speaker.say(type="PRESENCE", topic=scope, op="enter", incognito=hides)
            changed = {"eventType": "social.presence.changed", "userId": ann, "status": status}
            event = await hearer.until(type="EVENT", topic=scope)
            assert event["data"] == {**changed, "timestamp": event["data"]["timestamp"]}
            await stream.until(partial(_has, stream, many))
            heard = stream.reader.named("EVENT")[-1].data
            assert heard["data"] == {**changed, "timestamp": heard["data"]["timestamp"]}
        await speaker.say(type="PRESENCE", topic=scope, op="leave")
        await speaker.until(type="PRESENCE_STATE")
        await asyncio.sleep(1)
        assert len(stream.reader.named("EVENT")) == 2, "who was invisible is not seen to go"


async def test_strangers_do_not_see_presence(service: Service) -> None:
    ann, mallory = somebody("ann"), somebody("mallory")
    async with connect(service) as socket:
        speaker = Speaker(socket)
        await enter(speaker, await token_of(service, mallory), "phone-1")
        scope = f"presence.friends-{ann}"
        await speaker.say(type="SUBSCRIBE", topics=[scope], options={"presence": True})
        refused = await speaker.until(type="SUBSCRIBED")
        assert refused["topics"][scope]["error"]["name"] == "permission_denied"
        await speaker.say(type="PRESENCE", topic=scope, op="list")
        await speaker.until(type="ERROR")


async def test_invisible_and_offline_are_byte_identical_to_others(service: Service) -> None:
    ann, bob = somebody("ann"), somebody("bob")
    await befriend(service, ann, bob)
    scope = f"presence.friends-{ann}"

    async def seen_by_bob() -> tuple[dict[str, Any], dict[str, Any]]:
        async with connect(service) as socket:
            speaker = Speaker(socket)
            await enter(speaker, await token_of(service, bob), "phone-1")
            await speaker.say(type="PRESENCE", topic=scope, op="list")
            state = await speaker.until(type="PRESENCE_STATE")
        (listed,) = await friends(service, bob)
        return state, listed

    offline = await seen_by_bob()
    async with connect(service) as socket:
        speaker = Speaker(socket)
        await enter(speaker, await token_of(service, ann), "phone-1")
        await speaker.say(type="PRESENCE", topic=scope, op="enter", incognito=True)
        await speaker.until(type="PRESENCE_STATE")
        assert await seen_by_bob() == offline


async def test_an_awarded_bid_suggests_people(service: Service) -> None:
    ann, bob = somebody("ann"), somebody("bob")
    await happened(
        service, "bid.awarded", bidId="b-1", bidderId=bob, projectId=somebody("p"), ownerId=ann
    )

    async def suggested() -> list[dict[str, Any]]:
        async with await service.user(ann) as client:
            return list((await client.get("/v1/me/people")).json()["items"])

    async def is_suggested() -> bool:
        return bool(await suggested())

    await until(is_suggested)
    (one,) = await suggested()
    assert (one["kind"], one["subjectId"], one["reason"]) == ("friend", bob, "worked_together")
    async with await service.user(bob) as client:
        wrong = await client.delete(f"/v1/me/people/{one['suggestionId']}")
        assert (wrong.status_code, wrong.json()["code"]) == (404, "suggestion_not_found")
    async with await service.user(ann) as client:
        assert (await client.delete(f"/v1/me/people/{one['suggestionId']}")).status_code == 204
    assert await suggested() == []


async def test_the_host_connects_people(service: Service) -> None:
    ann, bob = somebody("ann"), somebody("bob")
    await happened(service, "user.profile.updated", userId=ann, connected=[bob])

    async def are_friends() -> bool:
        return [one["via"] for one in await friends(service, bob)] == ["profile"]

    await until(are_friends)


async def test_what_cannot_be_done_is_refused_by_name(service: Service) -> None:
    ann, bob = somebody("ann"), somebody("bob")
    async with await service.user(ann) as client:
        oneself = await client.put(f"/v1/me/friends/{ann}")
        assert oneself.json()["errors"][0]["field"] == "userId"
        assert (await client.put("/v1/me/friends/not%20a%20user")).status_code == 400
        await client.put(f"/v1/me/blocks/{bob}")
        blocked = await client.put(f"/v1/me/friends/{bob}")
        assert (blocked.status_code, blocked.json()["code"]) == (409, "user_blocked")
        assert [one["userId"] for one in (await client.get("/v1/me/blocks")).json()["items"]] == [
            bob
        ]
    async with service.visitor("192.0.2.30") as visitor:
        assert (await visitor.get("/v1/me/friends")).status_code == 401
