"""An ACK, a READ or a report is carried out though its client closed right behind it (8.8)."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
import websockets

from tests.end_to_end.speaking import Speaker, connect, enter, message, register, token_of
from tests.services.server import Server, StartServer

TIMES = 200
DEVICE = ("batch", "ack", "readstate")
INBOX = "user.ada.inbox"


async def hang_up(socket: Any, number: int) -> None:
    """By a close frame, by the end of the stream alone, or by both in one breath."""
    match number % 3:
        case 0:
            await socket.close()
        case 1:
            socket.transport.write_eof()
            await socket.wait_closed()
        case _:
            closing = asyncio.ensure_future(socket.close())
            await asyncio.sleep(0)
            socket.transport.close()
            await asyncio.gather(closing, return_exceptions=True)


def ids_of(waiting: dict[str, Any]) -> list[str]:
    return [one["id"] for one in waiting["messages"]]


async def over_websocket(server: Server, token: str, number: int) -> list[str]:
    """What waits for the device, which acknowledges it and is gone at once."""
    async with connect(server) as socket:
        speaker = Speaker(socket)
        await enter(speaker, token, "phone", DEVICE)
        await speaker.say(type="SUBSCRIBE", topics=[INBOX])
        waiting = ids_of(await speaker.until(type="BATCH", reason="inbox"))
        if number % 2:
            await speaker.say(type="ACK", ids=waiting)
        else:
            event = (await speaker.until(type="CAUGHT_UP", topic=INBOX))["offset"]
            await speaker.say(type="ACK", topic=INBOX, offset=event)
        await hang_up(socket, number)
    return waiting


async def over_socketio(server: Server, token: str, number: int) -> list[str]:
    """The same in Socket.IO's words; it may also leave with words of its own."""
    address = f"ws://127.0.0.1:{server.port}/socket.io/?EIO=4&transport=websocket"
    async with asyncio.timeout(5), websockets.connect(address, proxy=None) as socket:
        await socket.recv()
        auth = {"token": token, "clientId": "phone", "features": list(DEVICE)}
        await socket.send("40" + json.dumps(auth))
        subscribe = ["subscribe", {"topics": [INBOX]}]
        await socket.send("42" + json.dumps(subscribe))
        while not (told := str(await socket.recv())).startswith('42["batch"'):
            pass
        waiting = ids_of(json.loads(told[2:])[1])
        await socket.send("42" + json.dumps(["ack", {"ids": waiting}]))
        if number % 4 == 3:
            await socket.send("41" if number % 8 == 3 else "1")
        await hang_up(socket, number)
    return waiting


@pytest.mark.alone
@pytest.mark.parametrize("visit", [over_websocket, over_socketio])
async def test_nothing_that_was_acknowledged_at_the_last_moment_comes_again(
    server: StartServer, database_url: str, visit: Any
) -> None:
    running = await asyncio.to_thread(server, database_url)
    token = await token_of(running, "ada")
    for number in range(TIMES):
        told = await message(running, "ada", "order.shipped", number=number)
        assert await visit(running, token, number) == [told], number


async def test_what_was_read_and_reported_at_the_last_moment_counts(
    server: StartServer, database_url: str
) -> None:
    running = await asyncio.to_thread(server, database_url)
    token, media = await token_of(running, "ada"), await register(running)
    times = 20
    for number in range(times):
        told = await message(running, "ada", "order.shipped", number=number)
        async with connect(running) as socket:
            speaker = Speaker(socket)
            await enter(speaker, token, "phone", DEVICE)
            await speaker.say(type="READ", ids=[told], state="read")
            report = {"key": f"play-{number}", "action": "play", "data": {"mediaFileId": media}}
            await speaker.say(type="PUBLISH", messages=[report])
            await hang_up(socket, number)
    async with running.client() as client:
        async with asyncio.timeout(5):
            while True:
                answer = await client.get(
                    "/v1/me/inbox", headers={"authorization": f"Bearer {token}"}
                )
                counted = await client.get(f"/v1/media/{media}")
                if answer.json()["unread"] == 0 and counted.json()["playCount"] == times:
                    break
                await asyncio.sleep(0.05)
    assert len(answer.json()["items"]) == times
