"""A small client of the public HTTP API, for many requests by many visitors."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from types import TracebackType
from typing import Any, Self

import aiohttp
import msgspec

from groundswell.contract.errors import GroundswellError
from groundswell.contract.times import to_rfc3339
from groundswell.domains.engagement.views import VoteType

ATTEMPTS = 8
LONGEST_WAIT = 10.0
"""Seconds between two attempts, whatever the service asks for."""

_TRY_AGAIN = frozenset({429, 502, 503, 504})
_DECODER = msgspec.json.Decoder()
_ENCODER = msgspec.json.Encoder()

Sleep = Callable[[float], Awaitable[object]]


class RequestFailed(GroundswellError):
    """The service refused a request of the demo, or could not be reached for long."""

    code = "request_failed"


class Api:
    """Speaks to a service; an async context manager.

    Every request stands for another visitor: cookies are not kept. What the service cannot take
    now is tried again.

    Args:
        base_url: the address of the service, without a path.
        api_key: the host's key, shown where the host speaks.
        connections: how many requests may be under way.
        sleep: waits before another attempt.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        connections: int = 16,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._host = {"Authorization": f"Bearer {api_key}"}
        self._connections = connections
        self._sleep = sleep
        self._session: aiohttp.ClientSession | None = None
        self.requests = 0
        self.retries = 0

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            cookie_jar=aiohttp.DummyCookieJar(),
            connector=aiohttp.TCPConnector(limit=self._connections),
            timeout=aiohttp.ClientTimeout(total=30),
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def register(self, media: Mapping[str, object]) -> dict[str, Any]:
        """Register a file as the host; the answer has its id and counters."""
        return await self.as_host("POST", "/v1/media", media)

    async def as_host(self, method: str, path: str, body: Mapping[str, object]) -> dict[str, Any]:
        """Something that the host asks for."""
        return await self.call(method, path, body, self._host)

    async def play(
        self, media_file_id: int, address: str, seconds: int, occurred_at: int | None = None
    ) -> None:
        """A visitor at the address played the file, now or at ``occurred_at`` (µs)."""
        body: dict[str, object] = {"playDuration": seconds}
        if occurred_at is not None:
            body["occurredAt"] = to_rfc3339(occurred_at)
        await self._visit("POST", f"/v1/media/{media_file_id}/plays", body, address)

    async def download(
        self, media_file_id: int, address: str, occurred_at: int | None = None
    ) -> None:
        """A visitor at the address downloaded the file, now or at ``occurred_at`` (µs)."""
        body = {} if occurred_at is None else {"occurredAt": to_rfc3339(occurred_at)}
        await self._visit("POST", f"/v1/media/{media_file_id}/downloads", body, address)

    async def comment(self, media_file_id: int, address: str, text: str) -> None:
        """A visitor at the address commented."""
        await self._visit("POST", f"/v1/media/{media_file_id}/comments", {"body": text}, address)

    async def vote(self, media_file_id: int, address: str, vote: VoteType) -> None:
        """A visitor at the address voted."""
        await self._visit("PUT", f"/v1/media/{media_file_id}/vote", {"voteType": vote}, address)

    async def _visit(
        self, method: str, path: str, body: Mapping[str, object], address: str
    ) -> None:
        await self.call(method, path, body, {"X-Forwarded-For": address})

    async def call(
        self, method: str, path: str, body: object, headers: Mapping[str, str]
    ) -> dict[str, Any]:
        """One request, repeated while the service is busy or away.

        Raises:
            RequestFailed: it was refused, or every attempt failed.
        """
        problem = ""
        for attempt in range(ATTEMPTS):
            wait = min(0.25 * 2**attempt, LONGEST_WAIT)
            try:
                status, asked, content = await self._send(method, path, body, headers)
            except (aiohttp.ClientError, TimeoutError) as error:
                problem = type(error).__name__
            else:
                if status < 300:
                    return _object(content)
                problem = f"status {status}"
                if status not in _TRY_AGAIN:
                    break
                wait = min(asked or wait, LONGEST_WAIT)
            self.retries += 1
            await self._sleep(wait)
        raise RequestFailed(f"{method} {path}: {problem}")

    async def _send(
        self, method: str, path: str, body: object, headers: Mapping[str, str]
    ) -> tuple[int, float, bytes]:
        """Status, seconds to wait if the service says so, and content."""
        if self._session is None:
            raise RuntimeError("the client is used before it was entered")
        self.requests += 1
        async with self._session.request(
            method,
            self._base_url + path,
            data=_ENCODER.encode(body),
            headers={"Content-Type": "application/json", **headers},
        ) as answer:
            asked = answer.headers.get("Retry-After", "")
            return answer.status, float(asked) if asked.isdigit() else 0.0, await answer.read()


def _object(content: bytes) -> dict[str, Any]:
    decoded = _DECODER.decode(content) if content else {}
    return decoded if isinstance(decoded, dict) else {}
