"""The gateway in the real service: WebSocket, Socket.IO and long-poll tell the same."""

from __future__ import annotations

import asyncio
from typing import Any

import socketio

from tests.end_to_end.speaking import SOON, Speaker, connect, register, token_of, vote
from tests.services.server import StartServer


async def test_a_vote_reaches_a_subscriber_over_websocket_with_its_position(
    server: StartServer, database_url: str
) -> None:
    running = await asyncio.to_thread(server, database_url)
    media = await register(running)
    async with connect(running) as socket:
        speaker = Speaker(socket)
        await speaker.say(type="SUBSCRIBE", topics=[f"media.{media}"], clientId="one", ref="1")
        result = (await speaker.until(type="SUBSCRIBED"))["topics"][f"media.{media}"]
        assert result["ok"] is True
        await vote(running, media, "up")
        event = await speaker.until(type="EVENT", topic=f"media.{media}")
        assert event["data"]["eventType"] == "engagement.vote.cast"
        assert event["data"]["upvotes"] == 1
        assert event["offset"] == result["offset"] + 1


async def test_what_was_missed_is_told_on_return(server: StartServer, database_url: str) -> None:
    running = await asyncio.to_thread(server, database_url)
    media = await register(running)
    async with connect(running) as socket:
        speaker = Speaker(socket)
        await speaker.say(type="SUBSCRIBE", topics=["activity"], clientId="one")
        held = (await speaker.until(type="SUBSCRIBED"))["topics"]["activity"]
    await vote(running, media, "up")
    await vote(running, media, "down")
    async with connect(running) as socket:
        speaker = Speaker(socket)
        position = {"epoch": held["epoch"], "offset": held["offset"]}
        await speaker.say(
            type="SUBSCRIBE",
            topics=["activity"],
            clientId="one",
            options={"resume": {"activity": position}},
        )
        again = (await speaker.until(type="SUBSCRIBED"))["topics"]["activity"]
        assert (again["recovery"], again["replay"]) == ("complete", 2)
        first = await speaker.until(type="EVENT", topic="activity")
        second = await speaker.until(type="EVENT", topic="activity")
        assert [first["offset"], second["offset"]] == [held["offset"] + 1, held["offset"] + 2]
        await speaker.until(type="CAUGHT_UP", topic="activity")


async def test_a_private_topic_is_for_its_user_alone(
    server: StartServer, database_url: str
) -> None:
    running = await asyncio.to_thread(server, database_url)
    token = await token_of(running, "ada")
    async with connect(running) as socket:
        speaker = Speaker(socket)
        await speaker.say(type="HELLO", protocol=1, token=token, clientId="one")
        assert (await speaker.until(type="WELCOME"))["user"] == "ada"
        await speaker.say(
            type="SUBSCRIBE", topics=["user.ada.inbox", "user.eve.inbox"], clientId="one"
        )
        topics = (await speaker.until(type="SUBSCRIBED"))["topics"]
        assert topics["user.ada.inbox"]["ok"] is True
        assert topics["user.eve.inbox"]["error"]["name"] == "permission_denied"
        async with running.client() as client:
            answer = await client.post(
                "/v1/messages",
                json={"userId": "ada", "eventType": "test.said", "data": {"text": "hello"}},
                headers={"authorization": f"Bearer {running.api_key}"},
            )
            assert answer.status_code == 201
        event = await speaker.until(type="EVENT", topic="user.ada.inbox")
        assert event["data"]["text"] == "hello"


async def test_socketio_clients_hear_the_same_event(server: StartServer, database_url: str) -> None:
    running = await asyncio.to_thread(server, database_url)
    media = await register(running)
    for transports in (["websocket"], ["polling"]):
        client = socketio.AsyncClient()
        heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        client.on("event", heard.put)
        await client.connect(running.url, transports=transports)
        answer = await client.call("subscribe", {"topics": [f"media.{media}"], "clientId": "io"})
        assert answer["topics"][f"media.{media}"]["ok"] is True
        await vote(running, media, "up" if transports == ["websocket"] else "down")
        async with asyncio.timeout(SOON):
            event = await heard.get()
        assert event["topic"] == f"media.{media}"
        await client.disconnect()


async def test_a_stop_tells_clients_when_to_come_back(
    server: StartServer, database_url: str
) -> None:
    running = await asyncio.to_thread(server, database_url)
    async with connect(running) as socket:
        speaker = Speaker(socket)
        await speaker.say(type="SUBSCRIBE", topics=["activity"], clientId="one")
        await speaker.until(type="CAUGHT_UP")
        stopping = asyncio.create_task(asyncio.to_thread(running.stop))
        drained = await speaker.until(type="DRAIN")
        assert drained["reconnectInMs"] >= 0
        await socket.wait_closed()
        assert socket.close_code == 4200
        async with asyncio.timeout(10):
            assert await stopping == 0


async def test_a_topic_ends_with_what_it_is_about(server: StartServer, database_url: str) -> None:
    """Section 6, 2002: the deletion is told, and then that there is nothing more to hear."""
    running = await asyncio.to_thread(server, database_url)
    media = await register(running)
    topic = f"media.{media}"
    async with connect(running) as socket, running.client() as client:
        speaker = Speaker(socket)
        await speaker.say(type="SUBSCRIBE", topics=[topic, "activity"])
        await speaker.until(type="SUBSCRIBED")
        host = {"authorization": f"Bearer {running.api_key}"}
        assert (await client.delete(f"/v1/media/{media}", headers=host)).status_code == 204
        event = await speaker.until(type="EVENT", topic=topic)
        assert event["data"]["eventType"] == "engagement.media.deleted"
        ended = await speaker.until(type="UNSUBSCRIBED")
        assert (ended["topic"], ended["code"], ended["resubscribe"]) == (topic, 2002, False)
