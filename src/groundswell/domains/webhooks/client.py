"""One webhook to one address: connect where that is allowed, send, understand the answer."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import aiohttp

from groundswell import __version__
from groundswell.contract.errors import Invalid
from groundswell.domains.webhooks.envelope import CONTENT_TYPE
from groundswell.domains.webhooks.targets import Targets

Verdict = Literal["taken", "failed", "gone"]

SECONDS: Final = 15.0
CONNECT_SECONDS: Final = 5.0
MOST_READ: Final = 16 * 1024
_GONE: Final = 410


@dataclass(frozen=True, slots=True)
class Outcome:
    """``taken``, ``failed`` (try later, after ``retry_after`` seconds if it said so), or ``gone``:
    the receiver wants no more.
    """

    verdict: Verdict
    status: int | None = None
    error: str | None = None
    retry_after: int | None = None


class NotAllowed(OSError):
    """The address that a name leads to may not be connected to."""


class WebhookClient:
    """Sends webhooks.

    Every connection is checked at the socket, after the name was resolved and with the very address
    that is connected to: what a name led to a moment ago proves nothing.

    Args:
        targets: what may be connected to.
        seconds: how long one sending may take.
    """

    def __init__(self, targets: Targets, seconds: float = SECONDS) -> None:
        self._targets = targets
        self._seconds = seconds
        self._sessions: dict[bool, aiohttp.ClientSession] = {}

    async def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Outcome:
        """Send; redirects are not followed, and of the answer only the status counts."""
        try:
            self._targets.check(url)
        except Invalid:
            return Outcome("failed", error="address_not_allowed")
        try:
            async with self._session(plain=url.startswith("http:")).post(
                url,
                data=body,
                headers={"content-type": CONTENT_TYPE, **headers},
                allow_redirects=False,
            ) as response:
                await _drain(response)
                return _outcome(response.status, response.headers)
        except TimeoutError:
            return Outcome("failed", error="timeout")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return Outcome("failed", error=_reason(error))

    async def close(self) -> None:
        """End the connections."""
        for session in self._sessions.values():
            await session.close()
        self._sessions.clear()

    def _session(self, *, plain: bool) -> aiohttp.ClientSession:
        if plain not in self._sessions:
            self._sessions[plain] = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=0, socket_factory=self._sockets(plain=plain), ttl_dns_cache=60
                ),
                timeout=aiohttp.ClientTimeout(total=self._seconds, sock_connect=CONNECT_SECONDS),
                headers={"user-agent": f"Groundswell/{__version__}"},
                auto_decompress=False,
            )
        return self._sessions[plain]

    def _sockets(self, *, plain: bool) -> Callable[[Any], socket.socket]:
        def open_socket(info: tuple[Any, ...]) -> socket.socket:
            family, kind, protocol, _, address = info
            if not self._targets.allows(address[0], plain=plain):
                raise NotAllowed(f"{address[0]} is not allowed")
            made = socket.socket(family, kind, protocol)
            made.setblocking(False)
            return made

        return open_socket


async def _drain(response: aiohttp.ClientResponse) -> None:
    """Read a short answer to its end, so that the connection can be used again; no long one."""
    left = MOST_READ
    while left > 0 and (chunk := await response.content.read(left)):
        left -= len(chunk)


def _outcome(status: int, headers: Mapping[str, str]) -> Outcome:
    if 200 <= status < 300:
        return Outcome("taken", status)
    if status == _GONE:
        return Outcome("gone", status, "gone")
    seconds = headers.get("retry-after", "")
    asked = int(seconds) if seconds.isdecimal() and len(seconds) < 6 else None
    return Outcome("failed", status, "refused", asked)


def _reason(error: BaseException) -> str:
    """What went wrong, of a closed list."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, NotAllowed):
            return "address_not_allowed"
        seen = getattr(seen, "os_error", None) or seen.__cause__ or seen.__context__
    if isinstance(error, aiohttp.ClientSSLError | ssl.SSLError):
        return "tls_failed"
    if isinstance(error, aiohttp.ClientConnectorError):
        return "connection_failed"
    return "connection_lost"
