"""A server with a fault of our choice: it stands before a real one and changes what that says."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import re
import socket
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import uvicorn
import websockets


class Fault:
    """One connection's view of the fault."""

    def heard(self, text: str) -> list[str]:
        """What the client is told instead of this message."""
        return [text]

    def said(self, text: str) -> str | int | None:
        """What the server is told; None: nothing; a number: the client is closed with that."""
        return text


@contextlib.asynccontextmanager
async def faulty_server(behind: str, fault: Callable[[], Fault]) -> AsyncIterator[str]:
    """The address of a server that is the one ``behind``, but for its fault."""
    listening = socket.create_server(("127.0.0.1", 0))
    async with httpx.AsyncClient(base_url=behind, trust_env=False, timeout=60) as http:

        async def application(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] == "http":
                await _pass_on(http, scope, receive, send)
            elif scope["type"] == "websocket":
                await _between(behind, fault(), scope, receive, send)

        config = uvicorn.Config(
            application, log_level="error", lifespan="off", ws="websockets-sansio"
        )
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve([listening]))
        while not server.started:  # noqa: ASYNC110 - uvicorn tells it by this attribute only
            await asyncio.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = server.force_exit = True
            await serving


async def _pass_on(http: httpx.AsyncClient, scope: Any, receive: Any, send: Any) -> None:
    body = b""
    while (message := await receive())["type"] == "http.request":
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    query = scope["query_string"].decode()
    answer = await http.request(
        scope["method"],
        f"{scope['path']}{'?' if query else ''}{query}",
        headers=[(k, v) for k, v in scope["headers"] if k != b"host"],
        content=body,
    )
    headers = [
        (k, v) for k, v in answer.headers.raw if k.lower() not in (b"content-length", b"date")
    ]
    await send({"type": "http.response.start", "status": answer.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": answer.content})


async def _between(behind: str, fault: Fault, scope: Any, receive: Any, send: Any) -> None:
    """Pass messages on both ways, each as the fault will have it."""
    await receive()
    offers = scope["subprotocols"]
    url = f"ws{behind.removeprefix('http')}{scope['path']}"
    async with websockets.connect(url, subprotocols=offers or None, proxy=None) as server:
        await send({"type": "websocket.accept", "subprotocol": server.subprotocol})

        async def to_client() -> None:
            try:
                async for frame in server:
                    for told in fault.heard(str(frame)):
                        await send({"type": "websocket.send", "text": told})
            finally:
                code = server.close_code or 1011
                with contextlib.suppress(RuntimeError):
                    await send({"type": "websocket.close", "code": code})

        pumping = asyncio.create_task(to_client())
        while (message := await receive())["type"] == "websocket.receive":
            told = fault.said(message.get("text") or "")
            if isinstance(told, int):
                await send({"type": "websocket.close", "code": told})
                break
            if told is not None:
                with contextlib.suppress(websockets.ConnectionClosed):
                    await server.send(told)
        pumping.cancel()
        await asyncio.gather(pumping, return_exceptions=True)


class Events(Fault):
    """A fault of single EVENTs; ``count`` is how many came on this connection."""

    def __init__(self) -> None:
        self.count = 0

    def heard(self, text: str) -> list[str]:
        if not text.startswith('{"type":"EVENT"'):
            return [text]
        self.count += 1
        return self.event(text)

    def event(self, text: str) -> list[str]:
        """What the client is told instead of this EVENT."""
        return [text]


class DropsOne(Events):
    """The third event is lost in silence."""

    def event(self, text: str) -> list[str]:
        return [] if self.count == 3 else [text]


class TellsTwice(Events):
    """The third event is told twice."""

    def event(self, text: str) -> list[str]:
        return [text, text] if self.count == 3 else [text]


class Swaps(Events):
    """The third event is told after the fourth."""

    kept = ""

    def event(self, text: str) -> list[str]:
        if self.count == 3:
            self.kept = text
            return []
        return [text, self.kept] if self.count == 4 else [text]


class CountsFromZero(Events):
    """Offsets start at 0 and not at 1."""

    def event(self, text: str) -> list[str]:
        return [re.sub(r'"offset":(\d+)', lambda one: f'"offset":{int(one[1]) - 1}', text)]


class OwnBytes(Events):
    """Each connection gets an encoding of its own."""

    numbers = itertools.count()

    def __init__(self) -> None:
        super().__init__()
        self.number = next(self.numbers)

    def event(self, text: str) -> list[str]:
        return [f'{text[:-1]},"receiver":{self.number}}}']


class NewIds(Events):
    """An event gets another id each time it is told."""

    numbers = itertools.count()

    def event(self, text: str) -> list[str]:
        return [re.sub(r'"id":"msg-', f'"id":"msg-{next(self.numbers)}', text)]


class LocalTimes(Events):
    """Times are not in UTC."""

    def event(self, text: str) -> list[str]:
        return [re.sub(r'("timestamp":"[^"]*)Z"', r'\1+02:00"', text)]


class Batches(Events):
    """A client that does not know BATCH gets one."""

    def event(self, text: str) -> list[str]:
        return [f'{{"type":"BATCH","reason":"live","messages":[{text}]}}']


class Without(Fault):
    """Messages of one type are lost."""

    def __init__(self, kind: str) -> None:
        self._start = f'{{"type":"{kind}"'

    def heard(self, text: str) -> list[str]:
        return [] if text.startswith(self._start) else [text]


class Deaf(Fault):
    """What clients say of one type is lost."""

    def __init__(self, kind: str) -> None:
        self._kind = kind

    def said(self, text: str) -> str | None:
        try:
            told = json.loads(text)
        except ValueError:
            return text
        return None if isinstance(told, dict) and told.get("type") == self._kind else text


class Strict(Fault):
    """A client that says something unknown is closed."""

    def said(self, text: str) -> str | int:
        return 1003 if "FROM_THE_FUTURE" in text else text


class Renames(Fault):
    """A text is another one in all messages."""

    def __init__(self, before: str, after: str) -> None:
        self._before, self._after = before, after

    def heard(self, text: str) -> list[str]:
        return [text.replace(self._before, self._after)]
