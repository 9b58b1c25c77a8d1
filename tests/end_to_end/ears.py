"""Clients at every door that keep each byte they are sent, whatever it means."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack, suppress
from typing import Any

import websockets

from tests.end_to_end.service import Service

Headers = dict[str, str]


class Ear:
    """All bytes that one client was sent, whether it succeeded or was refused."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.heard = bytearray()
        self._arrived = asyncio.Event()
        self.ended = asyncio.Event()

    def take(self, data: str | bytes) -> None:
        self.heard += data.encode() if isinstance(data, str) else data
        self._arrived.set()

    async def until(self, text: str, seconds: float = 5) -> None:
        """Wait until this was heard."""
        async with asyncio.timeout(seconds):
            while text.encode() not in self.heard:
                self._arrived.clear()
                await self._arrived.wait()


class Ears:
    """Opens ears at doors of a service; they listen until the block ends."""

    def __init__(self, service: Service) -> None:
        self.all: list[Ear] = []
        self._service = service
        self._stack = AsyncExitStack()
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Ears:
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._stack.aclose()

    def ear(self, name: str) -> Ear:
        self.all.append(Ear(name))
        return self.all[-1]

    async def request(
        self, name: str, method: str, path: str, headers: Headers, **more: Any
    ) -> tuple[int, bytes]:
        """One request and all of its answer."""
        ear = self.ear(name)
        async with self._service.client(headers=headers) as client:
            answer = await client.request(method, path, **more)
        ear.take(answer.content)
        return answer.status_code, answer.content

    async def stream(self, path: str, headers: Headers) -> tuple[int, Ear]:
        """An event stream, read in the background."""
        ear = self.ear(path)
        client = await self._stack.enter_async_context(self._service.client(headers=headers))
        answer = await self._stack.enter_async_context(client.stream("GET", path, timeout=60))

        async def read() -> None:
            with suppress(Exception):
                async for chunk in answer.aiter_raw():
                    ear.take(chunk)
            ear.ended.set()

        self._tasks.append(asyncio.create_task(read()))
        return answer.status_code, ear

    async def polling(self, topics: list[Any], headers: Headers) -> tuple[int, Ear]:
        """A registration, and polls with its cursors in the background."""
        status, body = await self.request(
            "register", "POST", "/v1/poll/register", headers, json={"topics": topics}
        )
        ear = self.ear("poll")
        ear.take(body)
        if status == 200:
            self._tasks.append(asyncio.create_task(self._poll(ear, body, headers)))
        return status, ear

    async def _poll(self, ear: Ear, body: bytes, headers: Headers) -> None:
        cursor = json.loads(body)["cursor"]
        async with self._service.client(headers=headers) as client:
            while True:
                answer = await client.get(
                    "/v1/poll", params={"cursor": cursor, "waitMs": 2_000}, timeout=30
                )
                ear.take(answer.content)
                if answer.status_code != 200:
                    ear.ended.set()
                    return
                cursor = answer.json()["cursor"]

    async def websocket(
        self, headers: Headers, path: str = "/v1/realtime", **more: Any
    ) -> tuple[Any, Ear]:
        """A WebSocket, read in the background."""
        ear = self.ear(path)
        socket = await self._stack.enter_async_context(
            websockets.connect(
                f"ws://127.0.0.1:{self._service.port}{path}",
                additional_headers=headers,
                proxy=None,
                **more,
            )
        )

        async def read() -> None:
            with suppress(websockets.ConnectionClosed):
                async for message in socket:
                    ear.take(message)
                    if message == "2":
                        await socket.send("3")
            ear.take(f"closed {socket.close_code}")
            ear.ended.set()

        self._tasks.append(asyncio.create_task(read()))
        return socket, ear

    async def attempt(self, path: str, headers: Headers, *messages: str) -> None:
        """Say these over a WebSocket that may be refused, or closed at any time."""
        try:
            socket, _ = await self.websocket(headers, path)
            for message in messages:
                await socket.send(message)
        except websockets.InvalidStatus as refused:
            self.ear(path).take(refused.response.body or b"")
        except websockets.ConnectionClosed:
            return

    async def gateway(self, headers: Headers, **hello: Any) -> tuple[Any, Ear]:
        """An open session at the gateway."""
        socket, ear = await self.websocket(headers)
        await socket.send(json.dumps({"type": "HELLO", "protocol": 1, **hello}))
        await ear.until('"type":"WELCOME"')
        return socket, ear

    async def socketio(self, headers: Headers, **auth: Any) -> tuple[Any, Ear]:
        """A Socket.IO client in the main namespace."""
        socket, ear = await self.websocket(headers, "/socket.io/?EIO=4&transport=websocket")
        await socket.send("40" + json.dumps(auth))
        await ear.until('"sid"')
        return socket, ear
