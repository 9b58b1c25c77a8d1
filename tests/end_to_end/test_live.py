"""What happens is heard within two seconds, and nothing is lost or told twice."""

from __future__ import annotations

import asyncio
import json
import socket
from contextlib import suppress
from typing import Any

import httpx
import pytest

from tests.end_to_end.listener import Listener
from tests.end_to_end.service import NewAddress, Service
from tests.end_to_end.shapes import assert_problem, is_time
from tests.services.node import RunScript
from tests.unit.realtime.event_stream import EventStreamReader

UP = {"voteType": "up"}


async def test_a_vote_is_heard_by_those_who_watch_the_file_and_in_the_feed(
    service: Service, new_address: NewAddress
) -> None:
    media, other = await service.register("Heard"), await service.register("Other")
    topics = f"activity,media.{media}"
    async with (
        Listener(service, f"/v1/stream?topics={topics}") as listener,
        Listener(service, "/v1/activity/stream") as plain,
        Listener(service, f"/v1/stream?topics=media.{other}") as elsewhere,
        service.visitor(new_address()) as visitor,
    ):
        await visitor.put(f"/v1/media/{media}/vote", json=UP)
        await listener.until(lambda: listener.events("engagement.counters.updated"))
        await listener.until(lambda: listener.events("engagement.activity.created"))
        await plain.until(lambda: plain.reader.named("activity"))
        (vote,) = listener.events("engagement.vote", f"media.{media}")
        assert (vote["mediaFileId"], vote["voteType"], vote["upvotes"]) == (media, "up", 1)
        counters = listener.events("engagement.counters.updated", f"media.{media}")[-1]
        assert counters["counters"]["upvotes"] == 1
        (item,) = listener.events("engagement.activity.created", "activity")
        assert (item["type"], item["mediaTitle"]) == ("vote", "Heard")
        (told,) = plain.reader.named("activity")
        assert told.data["type"] == "vote"
        assert told.data["data"]["mediaTitle"] == "Heard"
        assert is_time(told.data["data"]["timestamp"])
        assert elsewhere.events() == []


async def test_every_kind_of_activity_is_heard_as_the_feed_tells_it(
    service: Service, new_address: NewAddress
) -> None:
    async with (
        Listener(service, "/v1/activity/stream") as listener,
        service.visitor("129.240.2.40") as visitor,
    ):
        media = await service.register("Everything")
        path = f"/v1/media/{media}"
        await visitor.post(f"{path}/plays")
        await visitor.post(f"{path}/downloads")
        await visitor.post(f"{path}/views")
        await visitor.put(f"{path}/vote", json=UP)
        await visitor.post(f"{path}/comments", json={"body": "Hello"})
        await listener.until(lambda: len(listener.reader.named("activity")) >= 5)
        feed = (await visitor.get("/v1/activity", params={"limit": 5})).json()["items"]
    heard = [message.data for message in listener.reader.named("activity")]
    assert [one["type"] for one in heard] == ["upload", "play", "download", "vote", "comment"]
    assert [one["type"] for one in heard] == [item["type"] for item in feed][::-1]
    assert heard[1]["data"] == {
        "mediaFileId": media,
        "mediaTitle": "Everything",
        "location": "Norway",
        "timestamp": feed[-2]["timestamp"],
    }


async def test_the_lists_are_told_whole_and_again_when_they_change(
    service: Service, new_address: NewAddress
) -> None:
    media = await service.register("Climbing")
    topics = ("hot", "trending.24h")
    async with Listener(service, f"/v1/stream?topics={','.join(topics)}") as listener:
        for _ in range(12):
            async with service.visitor(new_address()) as visitor:
                await visitor.post(f"/v1/media/{media}/downloads")
                await visitor.put(f"/v1/media/{media}/vote", json=UP)

        def listed(topic: str) -> bool:
            states = listener.events("engagement.trending.updated", topic)
            return bool(states) and media in {item["mediaFileId"] for item in states[-1]["items"]}

        for topic in topics:
            await listener.until(lambda topic=topic: listed(topic), seconds=5)
    async with Listener(service, f"/v1/stream?topics={','.join(topics)}") as newcomer:
        states = {one.data["topic"]: one.data["data"] for one in newcomer.reader.named("SNAPSHOT")}
        assert set(states) == set(topics)
        for topic in topics:
            assert media in {item["mediaFileId"] for item in states[topic]["items"]}


def activity_ids(listener: Listener) -> list[int]:
    return [item["activityId"] for item in listener.events("engagement.activity.created")]


async def the_feed(service: Service, media: int) -> list[int]:
    """The ids of all that happened to a file, oldest first."""
    found: list[int] = []
    parameters: dict[str, Any] = {"limit": 50}
    async with service.visitor("192.0.2.9") as visitor:
        while True:
            page = (await visitor.get("/v1/activity", params=parameters)).json()
            items = page["items"]
            found += [item["id"] for item in items if item["mediaFileId"] == media]
            upload = any(i["mediaFileId"] == media and i["type"] == "upload" for i in items)
            if upload or page["nextCursor"] is None:
                return found[::-1]
            parameters["cursor"] = page["nextCursor"]


async def act(service: Service, media: int, address: str) -> None:
    """One vote, one play; a service that is away is left alone."""
    async with service.visitor(address) as visitor:
        with suppress(httpx.TransportError):
            await visitor.put(f"/v1/media/{media}/vote", json=UP)
            await visitor.post(f"/v1/media/{media}/plays")


async def test_a_stream_resumes_after_kill_9_without_loss_or_repeat(
    service: Service, new_address: NewAddress
) -> None:
    async with Listener(service, "/v1/stream?topics=activity") as listener:
        media = await service.register("Resumed")
        for _ in range(10):
            await act(service, media, new_address())
        await listener.until(lambda: len(activity_ids(listener)) >= 5)
        acting = [asyncio.create_task(act(service, media, new_address())) for _ in range(30)]
        await asyncio.sleep(0.02)
        await asyncio.to_thread(service.kill)
        await asyncio.gather(*acting)
        await asyncio.to_thread(service.start)
        # More happens before it comes back, and more after.
        for _ in range(10):
            await act(service, media, new_address())
        await listener.connect()
        for _ in range(10):
            await act(service, media, new_address())
        everything = await the_feed(service, media)
        await listener.until(lambda: len(activity_ids(listener)) >= len(everything), seconds=5)
        assert activity_ids(listener) == everything
        assert len(everything) >= 61
        assert listener.reader.named("GAP") == []
        assert [one.data["complete"] for one in listener.reader.named("CAUGHT_UP")][-1] is True


async def test_the_last_id_may_stand_in_the_address(
    service: Service, new_address: NewAddress
) -> None:
    async with Listener(service, "/v1/stream?topics=activity") as listener:
        media = await service.register("Addressed")
        await listener.until(listener.events)
        position = listener.reader.last_event_id
    for _ in range(3):
        await act(service, media, new_address())
    async with Listener(service, f"/v1/stream?topics=activity&last_event_id={position}") as again:
        assert activity_ids(again) == (await the_feed(service, media))[1:]


@pytest.mark.parametrize("position", ["nonsense", "elsewhere.5", "999999999999999999999.1", "-1"])
async def test_a_position_of_another_log_is_answered_by_a_gap(
    service: Service, position: str
) -> None:
    async with Listener(
        service, "/v1/stream?topics=activity", **{"last-event-id": position}
    ) as one:
        gaps = one.reader.named("GAP")
        assert {gap.data["reason"] for gap in gaps} == {"epoch_changed"}
        assert "/v1/activity?limit=20" in {gap.data.get("url") for gap in gaps}


async def test_the_eventsource_of_npm_resumes_by_itself_after_kill_9(
    service: Service, new_address: NewAddress, run_node: RunScript
) -> None:
    media = await service.register("Node")
    arguments = (service.url, str(media), "8")
    running = asyncio.create_task(
        asyncio.to_thread(run_node, "stream_through_restart.mjs", *arguments, seconds=60)
    )
    await listeners(service, 1)
    for _ in range(3):
        await act(service, media, new_address())
    await asyncio.to_thread(service.kill)
    await asyncio.to_thread(service.start)
    await act(service, media, new_address())
    told = json.loads(await running)
    assert told["opened"] == 2
    assert [one["topic"] for one in told["events"]] == ["activity"] * 8
    heard = [one["data"]["activityId"] for one in told["events"]]
    assert heard == (await the_feed(service, media))[1:]
    assert told["gaps"] == 0


async def listeners(service: Service, count: int) -> None:
    """Wait until so many listen."""
    wanted = f"groundswell_sse_connections {count}.0"
    async with asyncio.timeout(10), service.client() as client:
        while wanted not in (await client.get("/metrics")).text:  # noqa: ASYNC110 - a real process
            await asyncio.sleep(0.05)


async def test_silence_is_filled_with_heartbeats_that_move_the_position(
    service: Service, new_address: NewAddress
) -> None:
    media, other = await service.register(), await service.register()
    async with Listener(service, f"/v1/stream?topics=media.{media}") as listener:
        before = listener.reader.last_event_id
        await act(service, other, new_address())
        beats = listener.reader.comments
        await listener.until(lambda: listener.reader.comments >= beats + 2, seconds=5)
        assert listener.events() == []
        assert position_of(listener.reader.last_event_id) > position_of(before)


def position_of(event_id: str) -> int:
    return int(event_id.rpartition(".")[2])


async def test_private_topics_are_for_their_user_alone(
    service: Service, new_address: NewAddress
) -> None:
    async with service.visitor(new_address()) as visitor, await service.user("ada") as ada:
        for caller, topic, status, code in (
            (visitor, "user.ada.social", 403, "topic_forbidden"),
            (ada, "user.bob.inbox", 403, "topic_forbidden"),
            (ada, "activity,user.bob.social", 403, "topic_forbidden"),
            (ada, "user.ada.secrets", 404, "unknown_topic"),
            (visitor, "media.0", 404, "unknown_topic"),
            (visitor, "everything", 404, "unknown_topic"),
            (visitor, "", 400, "validation_failed"),
            (visitor, "activity;hot", 400, "validation_failed"),
            (visitor, ",".join(f"media.{n}" for n in range(1, 130)), 400, "validation_failed"),
        ):
            answer = await caller.get("/v1/stream", params={"topics": topic})
            assert_problem(answer, status, code)
        assert_problem(await visitor.get("/v1/stream"), 400, "validation_failed")
    token = (await service.tokens("ada"))["accessToken"]
    own = Listener(service, "/v1/stream?topics=user.ada.social", authorization=f"Bearer {token}")
    async with own:
        assert own.connected


async def test_a_stream_of_events_is_declared_as_one(service: Service) -> None:
    async with Listener(service, "/v1/stream?topics=activity") as listener:
        assert listener.answer is not None
        headers = listener.answer.headers
        assert headers["content-type"].startswith("text/event-stream")
        assert headers["cache-control"] == "no-store"
        assert headers["x-accel-buffering"] == "no"
        assert listener.reader.retry is not None


PLAYS = 4_000
BATCH = 20


async def test_a_reader_that_does_not_read_hurts_nobody(
    service: Service, new_address: NewAddress
) -> None:
    media = await service.register("\N{MUSICAL SYMBOL G CLEF}" * 255)
    slow = _mute_listener(service.port)
    calls = {str(n): {"mediaFileId": media} for n in range(BATCH)}
    path = "/trpc/" + ",".join(["engagement.recordPlay"] * BATCH)
    async with (
        Listener(service, "/v1/stream?topics=activity") as quick,
        service.visitor(new_address()) as visitor,
    ):
        for _ in range(PLAYS // BATCH // 8):
            answers = await asyncio.gather(
                *(visitor.post(path, params={"batch": 1}, json=calls) for _ in range(8))
            )
            assert {answer.status_code for answer in answers} == {200}
        await quick.until(lambda: len(quick.events()) >= PLAYS)
        ids = activity_ids(quick)
        assert ids == sorted(set(ids))
        assert quick.reader.named("GAP") == []
    reader = await asyncio.to_thread(_read_until, slow, ids[-1])
    heard = [one.data["data"]["activityId"] for one in reader.named("EVENT")]
    gaps = [one.data for one in reader.named("GAP")]
    assert heard == sorted(set(heard))
    assert len(heard) < PLAYS
    assert {gap["reason"] for gap in gaps} == {"slow_consumer"}
    # What was not heard is what the gaps name.
    assert sum(gap["to"] - gap["from"] + 1 for gap in gaps) == PLAYS - len(heard)


def _mute_listener(port: int) -> socket.socket:
    """Asks for the feed and reads nothing of it."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect(("127.0.0.1", port))
    connection.sendall(b"GET /v1/stream?topics=activity HTTP/1.1\r\nHost: a\r\n\r\n")
    return connection


def _read_until(connection: socket.socket, activity_id: int) -> EventStreamReader:
    """All that waited for the mute listener, up to this item."""
    reader = EventStreamReader()
    connection.settimeout(10)
    raw = connection.makefile("rb")
    while raw.readline().strip():
        pass
    with connection, raw:
        while not any(
            one.data["data"]["activityId"] == activity_id for one in reader.named("EVENT")[-1:]
        ):
            size = int(raw.readline(), 16)
            reader.feed(raw.read(size))
            raw.readline()
    return reader
