"""One push to one endpoint: encrypt, sign, send, and understand the answer."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from pywebpush import WebPusher  # type: ignore[import-untyped]

from groundswell.contract.errors import Invalid
from groundswell.contract.times import Clock
from groundswell.domains.inbox.push.endpoints import is_public, valid_endpoint
from groundswell.domains.inbox.push.keys import VapidKey

Verdict = Literal["taken", "gone", "refused", "failed"]

LARGEST_PAYLOAD = 3_900
"""Push services must take 4,096 bytes, of which encryption needs about a hundred."""

_SECONDS = 10.0
_GONE = (404, 410)
_NEVER_TAKEN = (413,)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where to push, and the browser's keys."""

    url: str
    p256dh: str
    auth: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """``taken`` by the push service; ``gone``: the subscription is over; ``refused``: never try
    this again; ``failed``: try later, after ``retry_after`` seconds if it said so.
    """

    verdict: Verdict
    retry_after: int | None = None


class PublicAddresses(AbstractResolver):
    """Resolves names to addresses of the public internet only.

    The check is made on the very addresses that are connected to: a name that was public when it
    was checked may lead elsewhere a second later.
    """

    def __init__(self) -> None:
        self._names = aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of a name.

        Raises:
            OSError: it has none that may be called.
        """
        found = await self._names.resolve(host, port, family)
        public = [one for one in found if is_public(one["host"])]
        if not public:
            raise OSError(f"{host} is not on the public internet")
        return public

    async def close(self) -> None:
        """Give everything back."""
        await self._names.close()


class PushClient:
    """Sends pushes.

    Args:
        key: who signs.
        clock: the time.
        anywhere: also push to plain http and to private networks.
    """

    def __init__(self, key: VapidKey, clock: Clock, *, anywhere: bool = False) -> None:
        self._key = key
        self._clock = clock
        self._anywhere = anywhere
        self._session: aiohttp.ClientSession | None = None

    async def send(self, endpoint: Endpoint, payload: bytes, ttl_seconds: int) -> Outcome:
        """Push ``payload``; the push service may keep it for ``ttl_seconds``."""
        try:
            valid_endpoint(endpoint.url, anywhere=self._anywhere)
            body = _encrypted(endpoint, payload)
        except (Invalid, ValueError):
            return Outcome("gone")
        headers = {
            "authorization": self._key.authorization(endpoint.url, self._clock()),
            "content-encoding": "aes128gcm",
            "content-type": "application/octet-stream",
            "ttl": str(ttl_seconds),
            "urgency": "high",
        }
        try:
            async with self._opened().post(
                endpoint.url, data=body, headers=headers, allow_redirects=False
            ) as response:
                return _outcome(response.status, response.headers)
        except (aiohttp.ClientError, TimeoutError, OSError):
            return Outcome("failed")

    async def close(self) -> None:
        """End the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            resolver = None if self._anywhere else PublicAddresses()
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(resolver=resolver, limit=32, limit_per_host=8),
                timeout=aiohttp.ClientTimeout(total=_SECONDS),
            )
        return self._session


def origin_of(endpoint: str) -> str:
    """The push service of an endpoint, without the part that is the browser's secret."""
    return urlsplit(endpoint).netloc


def _encrypted(endpoint: Endpoint, payload: bytes) -> bytes:
    keys = {"p256dh": endpoint.p256dh, "auth": endpoint.auth}
    body: bytes = WebPusher({"endpoint": endpoint.url, "keys": keys}).encode(payload)["body"]
    return body


def _outcome(status: int, headers: Mapping[str, str]) -> Outcome:
    if 200 <= status < 300:
        return Outcome("taken")
    if status in _GONE:
        return Outcome("gone")
    if status in _NEVER_TAKEN:
        return Outcome("refused")
    seconds = headers.get("retry-after", "")
    return Outcome("failed", int(seconds) if seconds.isdecimal() and len(seconds) < 6 else None)
