"""What clients do at the gateway of the real service besides listening."""

from __future__ import annotations

import asyncio

import pytest
import websockets

from tests.end_to_end.speaking import Speaker, connect, enter, message, register, token_of
from tests.services.server import StartServer

DEVICE = ("batch", "ack", "readstate", "presence")


async def test_a_device_is_told_what_it_has_not_acknowledged_and_nothing_else(
    server: StartServer, database_url: str
) -> None:
    """Section 8: messages wait in the inbox of their user, for each device, until it has them."""
    running = await asyncio.to_thread(server, database_url)
    token = await token_of(running, "ada")
    inbox = "user.ada.inbox"
    first, second = [await message(running, "ada", "order.shipped", number=n) for n in (1, 2)]
    async with connect(running) as socket:
        speaker = Speaker(socket)
        await enter(speaker, token, "phone", DEVICE)
        await speaker.say(type="SUBSCRIBE", topics=[inbox])
        waiting = await speaker.until(type="BATCH", reason="inbox")
        assert [one["id"] for one in waiting["messages"]] == [first, second]
        assert all(one["delivery"] == "critical" for one in waiting["messages"])
        third = await message(running, "ada", "order.shipped", number=3)
        assert (await speaker.until(type="EVENT", topic=inbox))["id"] == third
        await speaker.say(type="ACK", ids=[first, second])
        await speaker.say(type="BYE")
        await socket.wait_closed()
    async with connect(running) as socket:
        speaker = Speaker(socket)
        await enter(speaker, token, "phone", DEVICE)
        await speaker.say(type="SUBSCRIBE", topics=[inbox])
        waiting = await speaker.until(type="BATCH", reason="inbox")
        assert [one["id"] for one in waiting["messages"]] == [third]


async def test_what_is_read_on_one_device_is_read_on_the_other(
    server: StartServer, database_url: str
) -> None:
    """Section 8: the state belongs to the user, and all devices hear of it."""
    running = await asyncio.to_thread(server, database_url)
    token, inbox = await token_of(running, "ada"), "user.ada.inbox"
    told = await message(running, "ada", "order.shipped", number=1)
    async with connect(running) as one, connect(running) as other:
        phone, laptop = Speaker(one), Speaker(other)
        for speaker, device in ((phone, "phone"), (laptop, "laptop")):
            await enter(speaker, token, device, DEVICE)
            await speaker.say(type="SUBSCRIBE", topics=[inbox])
            await speaker.until(type="BATCH", reason="inbox")
        await phone.say(type="READ", ids=[told], state="read", ref="r")
        state = await phone.until(type="READ_STATE", ref="r")
        assert [(entry["id"], entry["state"]) for entry in state["entries"]] == [(told, "read")]
        assert state["unread"] == {inbox: 0}
        while True:
            heard = await laptop.until(type="EVENT", topic=inbox)
            if heard["data"]["eventType"] == "inbox.read_state.changed":
                break
        assert heard["data"]["entries"][0]["id"] == told


async def test_a_report_counts_once_under_its_key(server: StartServer, database_url: str) -> None:
    """PUBLISH, section 3: a repeat is answered as the first time, and refusals stay single."""
    running = await asyncio.to_thread(server, database_url)
    media = await register(running)
    token = await token_of(running, "ada")
    play = {"key": "k-1", "action": "play", "data": {"mediaFileId": media, "playDuration": 30}}
    batch = [
        play,
        {"key": "k-2", "action": "comment", "data": {"mediaFileId": media, "body": "Fine."}},
        {"key": "k-3", "action": "vote", "data": {"mediaFileId": media, "voteType": "up"}},
        {"key": "k-4", "action": "rule-the-world", "data": {}},
        {"key": "k-5", "action": "play", "data": {"mediaFileId": 999_999_999}},
        {"key": "k-6", "action": "play", "data": {"mediaFileId": media, "extra": 1}},
    ]
    for _ in range(2):
        async with connect(running) as socket:
            speaker = Speaker(socket)
            await enter(speaker, token, "phone")
            await speaker.say(type="PUBLISH", ref="p", messages=batch)
            results = (await speaker.until(type="RESULT", ref="p"))["results"]
            assert [results[f"k-{n}"]["ok"] for n in range(1, 7)] == [True] * 3 + [False] * 3
            assert results["k-2"]["id"]
            assert results["k-4"]["error"]["name"] == "action_not_allowed"
    async with running.client() as client:
        file = (await client.get(f"/v1/media/{media}")).json()
        comments = (await client.get(f"/v1/media/{media}/comments")).json()["items"]
    assert (file["playCount"], file["upvotes"]) == (1, 1)
    assert [one["body"] for one in comments] == ["Fine."]


async def test_another_report_under_the_same_key_is_refused(
    server: StartServer, database_url: str
) -> None:
    running = await asyncio.to_thread(server, database_url)
    media = await register(running)
    token = await token_of(running, "ada")
    async with connect(running) as socket:
        speaker = Speaker(socket)
        await enter(speaker, token, "phone")
        for body, ok in (("One.", True), ("Two.", False)):
            report = {"key": "k", "action": "comment", "data": {"mediaFileId": media, "body": body}}
            await speaker.say(type="PUBLISH", ref=body, messages=[report])
            result = (await speaker.until(type="RESULT", ref=body))["results"]["k"]
            assert result["ok"] is ok
        assert result["error"]["name"] == "duplicate_key"


async def test_who_is_present_is_told_to_those_who_watch(
    server: StartServer, database_url: str
) -> None:
    """PRESENCE, section 3; who is incognito is seen by nobody, who says BYE leaves at once."""
    running = await asyncio.to_thread(server, database_url)
    scope = "presence.public-lobby"
    tokens = {user: await token_of(running, user) for user in ("ada", "bob", "eve")}
    async with connect(running) as one, connect(running) as other, connect(running) as third:
        ada, bob, eve = Speaker(one), Speaker(other), Speaker(third)
        for user, speaker in (("ada", ada), ("bob", bob), ("eve", eve)):
            await enter(speaker, tokens[user], f"{user}-phone", DEVICE)
        await ada.say(type="SUBSCRIBE", topics=[scope], options={"presence": True})
        assert (await ada.until(type="PRESENCE_STATE"))["members"] == []
        await eve.say(type="PRESENCE", topic=scope, op="enter", incognito=True, ref="e")
        await bob.say(type="PRESENCE", topic=scope, op="enter", data={"mood": "fine"}, ref="b")
        joined = await ada.until(type="PRESENCE_DIFF", topic=scope)
        assert [member["userId"] for member in joined["joins"]] == ["bob"]
        assert joined["joins"][0]["data"] == {"mood": "fine"}
        assert joined["count"] == 1
        await bob.say(type="BYE")
        assert (await ada.until(type="PRESENCE_DIFF", topic=scope))["leaves"] == ["bob"]


async def test_a_scope_is_open_to_those_whose_token_names_it(
    server: StartServer, database_url: str
) -> None:
    running = await asyncio.to_thread(server, database_url)
    scope = "presence.room-7"
    grant = {"topics": [scope], "actions": ["subscribe", "presence"]}
    named = await token_of(running, "ada", grants=[grant])
    for token, ok in ((named, True), (await token_of(running, "bob"), False)):
        async with connect(running) as socket:
            speaker = Speaker(socket)
            await enter(speaker, token, "phone", DEVICE)
            await speaker.say(type="SUBSCRIBE", topics=[scope])
            assert (await speaker.until(type="SUBSCRIBED"))["topics"][scope]["ok"] is ok


async def test_a_token_is_good_for_what_it_was_issued_for(
    server: StartServer, database_url: str
) -> None:
    """Section 2: topics outside of the grants are refused; another clientId closes with 4001."""
    running = await asyncio.to_thread(server, database_url)
    grant = {"topics": ["user.ada.inbox"], "actions": ["subscribe"]}
    token = await token_of(running, "ada", grants=[grant], clientId="phone")
    topics = ["user.ada.inbox", "user.ada.social", "activity"]
    async with connect(running) as socket:
        speaker = Speaker(socket)
        await enter(speaker, token, "phone", DEVICE)
        await speaker.say(type="SUBSCRIBE", topics=topics)
        results = (await speaker.until(type="SUBSCRIBED"))["topics"]
        assert [results[topic]["ok"] for topic in topics] == [True, False, False]
        await speaker.say(type="HISTORY", topic="user.ada.inbox", ref="h")
        assert (await speaker.until(type="ERROR", ref="h"))["name"] == "permission_denied"
    async with connect(running) as socket:
        speaker = Speaker(socket)
        await speaker.say(type="HELLO", protocol=1, token=token, clientId="laptop")
        assert (await speaker.until(type="ERROR"))["name"] == "subject_mismatch"
        with pytest.raises(websockets.ConnectionClosedError) as closed:
            await socket.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4001


async def test_an_announcement_is_heard_on_every_connection_without_asking(
    server: StartServer, database_url: str
) -> None:
    """Section 2: every connection is in system.broadcast."""
    running = await asyncio.to_thread(server, database_url)
    said = {"eventType": "system.maintenance", "data": {"minutes": 5}}
    host = {"authorization": f"Bearer {running.api_key}", "idempotency-key": "once"}
    async with connect(running) as one, connect(running) as other, running.client() as client:
        visitor, user = Speaker(one), Speaker(other)
        await visitor.say(type="HELLO", protocol=1)
        await visitor.until(type="WELCOME")
        await enter(user, await token_of(running, "ada"), "phone")
        assert (await client.post("/v1/announcements", json=said)).status_code == 401
        for _ in range(2):
            answer = await client.post("/v1/announcements", json=said, headers=host)
            assert answer.status_code == 201
        await client.post("/v1/announcements", json=said, headers=host | {"idempotency-key": "2"})
        for speaker in (visitor, user):
            heard = [await speaker.until(topic="system.broadcast") for _ in range(2)]
            assert [event["data"]["eventType"] for event in heard] == ["system.maintenance"] * 2
            assert heard[0]["seq"] == answer.json()["seq"]
            assert heard[1]["seq"] > heard[0]["seq"]
            assert heard[0]["data"]["minutes"] == 5


async def test_who_loses_all_sessions_is_disconnected_and_stays_out(
    server: StartServer, database_url: str
) -> None:
    """Section 6, 4005: the host ends what rests on a user's sign-ins."""
    running = await asyncio.to_thread(server, database_url)
    token, other = await token_of(running, "ada"), await token_of(running, "bob")
    host = {"authorization": f"Bearer {running.api_key}"}
    async with connect(running) as socket, connect(running) as innocent:
        await enter(Speaker(socket), token, "phone")
        await enter(Speaker(innocent), other, "phone")
        async with running.client() as client:
            body = {"userId": "ada"}
            refused = await client.post("/v1/tokens/revoke", json=body)
            assert refused.status_code == 401
            answer = await client.post("/v1/tokens/revoke", json=body, headers=host)
            assert answer.status_code == 204
        with pytest.raises(websockets.ConnectionClosed) as closed:
            async with asyncio.timeout(5):
                await socket.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4005
        await Speaker(innocent).say(type="PING", ref="p")
        await Speaker(innocent).until(type="PONG", ref="p")
    async with connect(running) as socket:
        speaker = Speaker(socket)
        await speaker.say(type="HELLO", protocol=1, token=token, clientId="phone")
        assert (await speaker.until(type="ERROR"))["name"] in ("unauthenticated", "revoked")


async def test_a_device_begins_what_its_user_saved(server: StartServer, database_url: str) -> None:
    """Subscription preferences are a part of the user's profile: no device has to know them."""
    running = await asyncio.to_thread(server, database_url)
    token = await token_of(running, "ada")
    media = await register(running)
    saved = [
        {"topics": ["user.ada.inbox"], "options": {"offlineDelivery": True, "priority": "high"}},
        {"topics": [f"media.{media}", "hot"], "options": {"snapshot": True}},
    ]
    async with running.client() as client:
        user = {"authorization": f"Bearer {token}"}
        body = {"subscriptions": saved}
        answer = await client.put("/v1/me/subscriptions", json=body, headers=user)
        assert answer.status_code == 200, answer.text
    filed = await message(running, "ada", "order.shipped", number=1)
    async with connect(running) as socket:
        speaker = Speaker(socket)
        await enter(speaker, token, "phone", ("batch", "snapshot"))
        await speaker.say(
            type="SUBSCRIBE", topics=["activity"], options={"saved": True, "history": 1}, ref="s"
        )
        begun = [await speaker.until(type="SUBSCRIBED", ref="s")]
        waiting = await speaker.until(type="BATCH", reason="inbox")
        assert [one["id"] for one in waiting["messages"]] == [filed]
        begun += [await speaker.until(type="SUBSCRIBED", ref="s") for _ in range(2)]
    held = {name: result for one in begun for name, result in one["topics"].items()}
    assert all(result["ok"] for result in held.values())
    assert set(held) == {"user.ada.inbox", f"media.{media}", "hot", "activity"}
    async with connect(running) as socket:
        speaker = Speaker(socket)
        await speaker.say(type="SUBSCRIBE", topics=[], options={"saved": True}, ref="v")
        assert (await speaker.until(type="ERROR", ref="v"))["name"] == "unauthenticated"
