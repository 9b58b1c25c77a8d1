"""What stands at a WebSocket path: it admits clients, and is told what they send."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from litestar.types import Scope
from websockets.http11 import Request

if TYPE_CHECKING:
    from groundswell.realtime.doors.websocket.socket import WebSocket


class Peer(Protocol):
    """The other end of an accepted WebSocket, inside this process. Nothing here may block."""

    def text(self, message: str) -> None:
        """A text message came."""

    def binary(self, message: bytes) -> None:
        """A binary message came."""

    def too_large(self) -> None:
        """A message came that is larger than allowed; it was thrown away."""

    def drained(self) -> None:
        """The client took enough of what was pending."""

    def lost(self) -> None:
        """The connection is over, whoever ended it."""


class Upgrade:
    """A request to become a WebSocket.

    ``scope`` is as ASGI has it, as far as callers are found by it. ``query`` holds each
    parameter's last value; blank ones count.
    """

    __slots__ = ("headers", "origin", "path", "query", "scope")

    def __init__(self, request: Request, client: tuple[str, int] | None, *, secure: bool) -> None:
        target = urlsplit(request.path)
        self.path = unquote(target.path)
        self.query = {
            name: values[-1]
            for name, values in parse_qs(target.query, keep_blank_values=True).items()
        }
        self.headers = request.headers
        # The handshake is refused if there are several.
        self.origin: str | None = request.headers.get("Origin")
        self.scope: Scope = {  # type: ignore[assignment]
            "type": "websocket",
            "scheme": "wss" if secure else "ws",
            "path": self.path,
            "client": client,
            "headers": [
                (name.lower().encode("latin-1"), value.encode("latin-1"))
                for name, value in request.headers.raw_items()
            ],
            "state": {},
        }

    @property
    def subprotocols(self) -> list[str]:
        """What the client offers to speak, in its order of preference."""
        offers = ",".join(self.headers.get_all("Sec-WebSocket-Protocol"))
        return [offer.strip() for offer in offers.split(",") if offer.strip()]


Open = Callable[["WebSocket"], Peer]
"""Called once the client was told that it is accepted."""


class Admission(NamedTuple):
    """How a client is let in, and in which subprotocol."""

    open: Open
    subprotocol: str | None = None


class Endpoint(Protocol):
    """What stands at a path. ``max_message`` is in bytes."""

    @property
    def max_message(self) -> int:
        """How large a message from a client may be."""
        ...

    async def admit(self, upgrade: Upgrade) -> Admission:
        """Let the client in.

        Raises:
            GroundswellError: it is refused, by the HTTP answer of that error.
        """
        ...


Endpoints = Mapping[str, Endpoint]
"""By path."""


class Nobody:
    """The peer of a client that is let in only to be told why it is not."""

    def text(self, message: str) -> None:
        """Nobody hears it."""

    def binary(self, message: bytes) -> None:
        """Nobody hears it."""

    def too_large(self) -> None:
        """Nobody hears it."""

    def drained(self) -> None:
        """Nothing waits."""

    def lost(self) -> None:
        """Nobody is to be told."""


def turned_away(code: int, reason: str) -> Open:
    """Accept and close at once: of a refused handshake a browser tells its page nothing."""

    def open_(socket: WebSocket) -> Peer:
        socket.close(code, reason)
        return Nobody()

    return open_
