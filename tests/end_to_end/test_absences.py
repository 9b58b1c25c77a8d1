"""A user who was away for days is told what was missed, at every door of the real service."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import websockets

from groundswell.contract.times import DAY, HOUR
from tests.end_to_end.speaking import Speaker, connect, enter, message, token_of
from tests.end_to_end.stored import change
from tests.services.server import Server, StartServer
from tests.support.waiting import until

INBOX = "user.ada.inbox"
FEATURES = ("batch", "ack", "digest")


async def file_normal(server: Server, count: int) -> None:
    async with server.client() as client:
        for number in range(count):
            body = {"eventType": "comment.made", "data": {"n": number}, "delivery": "normal"}
            answer = await client.post(
                "/v1/messages",
                json={"userId": "ada", **body},
                headers={"authorization": f"Bearer {server.api_key}"},
            )
            assert answer.status_code == 201, answer.text


async def age(database_url: str, microseconds: int) -> None:
    """Let everything in inboxes have happened so much earlier."""
    for table, columns in {
        "inbox_messages": ("filed_at", "at"),
        "inbox_devices": ("last_seen_at", "heard_at"),
    }.items():
        moved = ", ".join(f"{one} = {one} - {microseconds}" for one in columns)
        await change(database_url, f"UPDATE {table} SET {moved}")


def check(told: list[dict[str, Any]], critical: str) -> None:
    """Three were forgotten, two are in summary, one is told."""
    gap, digest, event = told
    assert (gap["type"], gap["reason"], gap["missed"]) == ("GAP", "retention", 3)
    assert gap["url"] == "/v1/me/inbox"
    assert (digest["type"], digest["topic"]) == ("DIGEST", INBOX)
    assert digest["byType"] == {"comment.made": 2}
    assert (event["type"], event["id"]) == ("EVENT", critical)


async def over_websocket(server: Server, token: str) -> list[dict[str, Any]]:
    async with connect(server) as socket:
        speaker, told = Speaker(socket), list[dict[str, Any]]()
        await enter(speaker, token, "ws", FEATURES)
        await speaker.say(type="SUBSCRIBE", topics=[INBOX])
        while (one := await speaker.until())["type"] != "CAUGHT_UP":
            told += one.get("messages", [one] if one["type"] != "SUBSCRIBED" else [])
    return told


async def over_socketio(server: Server, token: str) -> list[dict[str, Any]]:
    address = f"ws://127.0.0.1:{server.port}/socket.io/?EIO=4&transport=websocket"
    told = list[dict[str, Any]]()
    async with asyncio.timeout(5), websockets.connect(address, proxy=None) as socket:
        await socket.recv()
        auth = {"token": token, "clientId": "sio", "features": list(FEATURES)}
        await socket.send("40" + json.dumps(auth))
        await socket.send("42" + json.dumps(["subscribe", {"topics": [INBOX]}]))
        while not (packet := str(await socket.recv())).startswith('42["caught_up"'):
            if packet.startswith(('42["gap"', '42["digest"', '42["batch"')):
                one = json.loads(packet[2:])[1]
                told += one.get("messages", [one])
    return told


async def over_stream(server: Server, token: str) -> list[dict[str, Any]]:
    told = list[dict[str, Any]]()
    headers = {"authorization": f"Bearer {token}"}
    address = f"/v1/stream?topics={INBOX}&clientId=sse"
    async with (
        asyncio.timeout(5),
        server.client() as client,
        client.stream("GET", address, headers=headers) as answer,
    ):
        async for line in answer.aiter_lines():
            if line.startswith("data:"):
                one = json.loads(line[5:])
                if one["type"] == "CAUGHT_UP" and one["topic"] == INBOX:
                    break
                if one["type"] != "CAUGHT_UP":
                    told.append(one)
    return told


async def over_polls(server: Server, token: str) -> list[dict[str, Any]]:
    async with server.client() as client:
        answer = await client.post(
            "/v1/poll/register",
            json={"topics": [INBOX], "clientId": "poll"},
            headers={"authorization": f"Bearer {token}"},
        )
    return list(answer.json()["messages"])


async def test_each_device_is_told_what_it_missed(server: StartServer, database_url: str) -> None:
    first = await asyncio.to_thread(server, database_url)
    devices = {"ws": over_websocket, "sio": over_socketio, "sse": over_stream, "poll": over_polls}
    token = await token_of(first, "ada")
    for visit in devices.values():
        assert await visit(first, token) == []
    await age(database_url, 1)
    await file_normal(first, 3)
    await age(database_url, 6 * DAY)
    await file_normal(first, 2)
    critical = await message(first, "ada", "order.shipped", number=1)
    await age(database_url, DAY + HOUR)
    await asyncio.to_thread(first.stop)
    # It forgets what is old when it starts.
    last = await asyncio.to_thread(server, database_url)
    token = await token_of(last, "ada")
    async with last.client() as client:

        async def is_summed_up() -> bool:
            headers = {"authorization": f"Bearer {token}"}
            return "digest" in (await client.get("/v1/me/inbox", headers=headers)).json()

        await until(is_summed_up)
    for visit in devices.values():
        check(await visit(last, token), critical)
    for visit in devices.values():
        assert [one["type"] for one in await visit(last, token)] == ["EVENT"], "it is told once"
