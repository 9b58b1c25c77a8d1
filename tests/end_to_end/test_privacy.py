"""Wishes, archives, erasure and moderation in the real service, with real clients."""

from __future__ import annotations

import json
from uuid import uuid4

from tests.end_to_end.ears import Ear, Ears
from tests.end_to_end.service import NewAddress, Service, StartService
from tests.end_to_end.speaking import Speaker, connect, enter, message, register, token_of

SHOUT = "THIS IS BY FAR THE BEST RECORDING EVER MADE"


async def _feed(service: Service) -> list[int]:
    async with service.visitor("192.0.2.9") as visitor:
        return [one["mediaFileId"] for one in (await visitor.get("/v1/activity")).json()["items"]]


async def test_who_opts_out_is_gone_from_the_feed_and_from_open_pages(service: Service) -> None:
    name, media = f"ann-{uuid4().hex[:8]}", await register(service)
    async with await service.user(name) as ann, connect(service) as socket:
        listener = Speaker(socket)
        await enter(listener, await token_of(service, "listener"), "phone")
        await listener.say(type="SUBSCRIBE", id="1", topics=["activity"])
        await listener.until(type="SUBSCRIBED")
        played = await ann.post(f"/v1/media/{media}/plays", json={"playDuration": 60})
        assert played.status_code == 201, played.text
        changed = await ann.patch("/v1/me/privacy", json={"broadcast": False})
        assert (changed.status_code, changed.json()["broadcast"]) == (200, False), changed.text
        while True:
            told = (await listener.until(type="EVENT"))["data"]
            if told["eventType"] == "engagement.activity.retracted" and "activityIds" in told:
                break
        assert len(told["activityIds"]) == 1
        assert (await _feed(service)).count(media) == 1, "the upload stays"
        played = await ann.post(f"/v1/media/{media}/plays", json={"playDuration": 60})
        assert played.json()["playCount"] == 2
        assert (await _feed(service)).count(media) == 1


async def _past_at_every_door(ears: Ears, log_id: str) -> list[Ear]:
    """What somebody hears of the feed's past, by each way to ask for it."""
    socket, gateway = await ears.gateway({})
    options = {"history": 50}
    await socket.send(json.dumps({"type": "SUBSCRIBE", "topics": ["activity"], "options": options}))
    await gateway.until("CAUGHT_UP")
    await socket.send(json.dumps({"type": "HISTORY", "topic": "activity", "limit": 100}))
    await gateway.until("HISTORY_PAGE")
    other, io = await ears.socketio({})
    subscribe = {"topics": ["activity"], "options": options}
    await other.send("42" + json.dumps(["subscribe", subscribe]))
    await io.until("caught_up")
    _, stream = await ears.stream(f"/v1/stream?topics=activity&last_event_id={log_id}.0", {})
    await stream.until("CAUGHT_UP")
    body = {"topics": ["activity"], "history": 50}
    await ears.request("poll", "POST", "/v1/poll/register", {}, json=body)
    return [gateway, io, stream, ears.all[-1]]


async def test_p7_who_opts_out_is_gone_from_the_past_of_the_feed_at_every_door(
    database_url: str, start_service: StartService
) -> None:
    # A log of its own: streams replay no more than a thousand events.
    service = start_service(database_url)
    name = f"ivy-{uuid4().hex[:8]}"
    hers, others = [await service.register(f"Song {uuid4().hex}") for _ in range(2)]
    titles = [(await service.media(one))["title"] for one in (hers, others)]
    async with await service.user(name) as ivy, Ears(service) as ears:
        for media, vote in ((hers, "up"), (others, "down")):
            voted = await ivy.put(f"/v1/media/{media}/vote", json={"voteType": vote})
            assert voted.status_code == 200, voted.text
        _, stream = await ears.stream("/v1/stream?topics=activity", {})
        await stream.until("CAUGHT_UP")
        log_id = stream.heard.decode().partition("id: ")[2].partition(".")[0]
        for ear in await _past_at_every_door(ears, log_id):
            await ear.until('"type":"vote","mediaTitle":"' + titles[0])
        assert (await ivy.patch("/v1/me/privacy", json={"broadcast": False})).is_success
        await stream.until('"activityIds"')
        async with service.host() as host:
            assert (await host.delete(f"/v1/media/{others}")).is_success
        for ear in await _past_at_every_door(ears, log_id):
            await ear.until('"activityIds"')
            heard = ear.heard.decode()
            assert '"type":"vote","mediaTitle":"' + titles[0] not in heard, ear.name
            assert ('"type":"upload","mediaTitle":"' + titles[0]) in heard, ear.name
            assert titles[1] not in heard, f"{ear.name} tells of a deleted file"


async def test_an_archive_then_an_erasure_then_nothing(service: Service) -> None:
    name, media = f"eve-{uuid4().hex[:8]}", await register(service)
    await message(service, name, "host.news", text="hello")
    async with service.host(**{"groundswell-user": name}) as acting:
        assert (await acting.put(f"/v1/media/{media}/vote", json={"voteType": "up"})).is_success
        said = await acting.post(f"/v1/media/{media}/comments", json={"body": "Fine"})
        assert said.status_code == 201, said.text
        archive = (await acting.post("/v1/me/export")).json()
        assert archive["userId"] == name
        assert set(archive["data"]) >= {"engagement", "inbox"}
        wrong = await acting.post("/v1/me/erase", json={"confirm": "yes"})
        assert wrong.status_code == 400
        erased = (await acting.post("/v1/me/erase", json={"confirm": "erase"})).json()
        assert erased["records"] > 0
        assert erased["tombstone"].startswith("erased-")
        again = (await acting.post("/v1/me/erase", json={"confirm": "erase"})).json()
        assert (again["records"], again["tombstone"]) == (0, None)
        assert (await acting.post("/v1/me/export")).json()["data"] == {}
    async with service.visitor("192.0.2.9") as visitor:
        file = (await visitor.get(f"/v1/media/{media}")).json()
        comments = (await visitor.get(f"/v1/media/{media}/comments")).json()["items"]
    assert (file["upvotes"], file["commentCount"], comments) == (1, 1, [])


async def test_erasure_ends_every_session(service: Service) -> None:
    name = f"kim-{uuid4().hex[:8]}"
    tokens = await service.tokens(name)
    async with service.bearer(tokens["accessToken"]) as kim:
        assert (await kim.post("/v1/me/erase", json={})).status_code == 400
        assert (await kim.post("/v1/me/erase")).status_code == 200, "a body need not be sent"
    async with service.visitor("192.0.2.9") as visitor:
        body = {"refreshToken": tokens["refreshToken"]}
        assert (await visitor.post("/v1/tokens/refresh", json=body)).status_code == 401


async def test_a_visitor_has_an_address_forgotten(
    service: Service, new_address: NewAddress
) -> None:
    media = await register(service)
    async with service.visitor(new_address()) as visitor:
        assert (await visitor.put(f"/v1/media/{media}/vote", json={"voteType": "up"})).is_success
        erased = await visitor.post("/v1/me/erase", json={"confirm": "erase"})
        assert erased.json()["records"] > 0, erased.text
        vote = (await visitor.get(f"/v1/media/{media}/vote")).json()
        assert (vote["voteType"], vote["upvotes"]) == (None, 1)


async def test_the_host_itself_is_nobody_to_forget(service: Service) -> None:
    async with service.host() as host:
        answer = await host.post("/v1/me/erase", json={"confirm": "erase"})
    assert answer.status_code == 403


async def test_a_held_comment_is_read_after_its_review(service: Service) -> None:
    name, media = f"lou-{uuid4().hex[:8]}", await register(service)
    async with await service.user(name) as lou, service.host() as host:
        held = await lou.post(f"/v1/media/{media}/comments", json={"body": SHOUT})
        assert (held.status_code, held.json()["status"]) == (202, "held"), held.text
        item = held.json()["moderationId"]
        path = f"/v1/media/{media}/comments"
        assert (await lou.get(path)).json()["items"] == []
        assert (await lou.get("/v1/moderation/queue")).status_code == 403
        waiting = (await host.get("/v1/moderation/queue?limit=50")).json()["items"]
        assert [one["rules"] for one in waiting if one["itemId"] == item] == [["shouting"]]
        approved = await host.post(f"/v1/moderation/{item}/approve")
        assert (approved.status_code, approved.json()["state"]) == (200, "approved")
        assert [one["body"] for one in (await lou.get(path)).json()["items"]] == [SHOUT]
        decided = (await host.get("/v1/moderation/queue?state=approved&limit=50")).json()["items"]
        assert item in [one["itemId"] for one in decided]
        wrong = await host.get("/v1/moderation/queue?state=lost")
        assert [one["field"] for one in wrong.json()["errors"]] == ["state"]
        conflict = await host.post(f"/v1/moderation/{item}/reject", json={"reason": "late"})
        assert (conflict.status_code, conflict.json()["code"]) == (409, "already_decided")
        unknown = await host.post("/v1/moderation/held-0/approve")
        assert (unknown.status_code, unknown.json()["code"]) == (404, "moderation_item_not_found")
