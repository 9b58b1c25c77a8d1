"""A poll whose client has left already takes nothing: what waits is for the next one."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec

from groundswell.realtime.doors.socketio import SocketIoDoor
from tests.integration.realtime.socketio_service import echoes
from tests.unit.realtime.socketio.dialogue import CALLER


class Asked:
    """One request, as a server hands it over; its connection may be over."""

    def __init__(self, method: str, query: str, body: bytes = b"", *, left: bool = False) -> None:
        self.scope: Any = {
            "type": "http",
            "method": method,
            "path": "/socket.io/",
            "query_string": query.encode(),
            "headers": [],
        }
        self.told = [{"type": "http.request", "body": body, "more_body": False}]
        self.left = left
        self.answered: list[bytes] = []

    async def receive(self) -> Any:
        if self.told:
            return self.told.pop()
        if self.left:
            return {"type": "http.disconnect"}
        return await asyncio.Future()

    async def send(self, message: Any) -> None:
        if "body" in message and not self.left:
            self.answered.append(message["body"])


async def ask(door: SocketIoDoor, method: str, sid: str | None = None, **more: Any) -> list[bytes]:
    query = "EIO=4&transport=polling" + (f"&sid={sid}" if sid else "")
    asked = Asked(method, query, **more)
    async with asyncio.timeout(2):
        await door(asked.scope, asked.receive, asked.send)
    return asked.answered


async def test_what_waits_is_not_lost_with_a_poll_that_is_over() -> None:
    async def credentials_of(_: Any) -> Any:
        return CALLER

    door = SocketIoDoor(echoes, credentials_of)
    (opening,) = await ask(door, "GET")
    sid = msgspec.json.decode(opening[1:])["sid"]
    assert await ask(door, "POST", sid, body=b"40") == [b"ok"]
    for _ in range(3):
        assert await ask(door, "GET", sid, left=True) == []
    (joined,) = await ask(door, "GET", sid)
    first, second = joined.decode().split("\x1e")
    assert first.startswith('40{"sid":"')
    assert second == '42["auth",{}]'
