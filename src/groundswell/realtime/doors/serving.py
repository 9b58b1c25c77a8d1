"""What long-lived connections need of uvicorn: to be cut, and to be ended before it waits for them.

uvicorn stops by waiting for every response to finish, and only then tells the application; an
event stream never finishes by itself. ASGI has no way to cut a client that takes nothing; the
extension ``groundswell.abort`` is ours.
"""

from __future__ import annotations

import asyncio
import signal
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

ADDRESS_TOO_LONG: Final = b"414 URI Too Long"
HEAD_TOO_LARGE: Final = b"431 Request Header Fields Too Large"
_PIECE: Final = 262_144
"""What the event loop reads at once."""


class AbortableHttpProtocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol; each request can cut its connection. Pass as ``http=``.

    A client must send the whole head of a request within ``head_seconds`` of connecting, and of
    the first byte of every later one, and the body within ``body_seconds`` of its head; uvicorn
    itself would wait for ever. A head may have ``max_head`` bytes, of which the address may have
    ``max_address`` with ``max_fields`` in its query: uvicorn would keep any number, and the
    framework's cache of queries, in which a field takes many times its bytes, would too.
    """

    head_seconds = 10.0
    body_seconds = 30.0
    max_head = 65_536
    max_address = 16_384
    max_fields = 128

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._head_pending = True
        self._head_bytes = 0
        self._refusal: bytes | None = None
        self._deadline: asyncio.TimerHandle | None = self._cut_after(self.head_seconds)

    def data_received(self, data: bytes) -> None:
        """Parse; if that leaves a head unfinished, its time runs, and it may not grow for ever."""
        if self._refusal is not None:
            return
        super().data_received(data)
        if self._head_pending:
            self._head_bytes += len(data)
            if self._deadline is None:
                self._deadline = self._cut_after(self.head_seconds)
            # What came with the end of a request before it is counted too, so this is generous.
            if self._head_bytes > self.max_head + _PIECE and self._refusal is None:
                self._refusal = HEAD_TOO_LARGE
                self.send_400_response(HEAD_TOO_LARGE.decode())

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        self._stop_waiting()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """Begin a request, offering ``groundswell.abort``."""
        super().on_message_begin()
        self._head_pending = True
        self._head_bytes = 0
        scope: dict[str, Any] = self.scope  # type: ignore[assignment]
        scope.setdefault("extensions", {})["groundswell.abort"] = {"call": self.transport.abort}

    def on_url(self, url: bytes) -> None:
        """The address, or a part of it."""
        if len(self.url) + len(url) > self.max_address:
            self._refuse(ADDRESS_TOO_LONG)
        super().on_url(url)

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no request, or one whose head is too large, and end the connection."""
        if self._refusal is None:
            super().send_400_response(msg)
            return
        self._stop_waiting()
        self.transport.write(
            b"HTTP/1.1 %b\r\ncontent-length: 0\r\nconnection: close\r\n\r\n" % self._refusal
        )
        self.transport.close()

    def on_headers_complete(self) -> None:
        """The head is there; a body may follow."""
        if self.url.count(b"&") >= self.max_fields:
            self._refuse(ADDRESS_TOO_LONG)
        if sum(len(name) + len(value) for name, value in self.headers) > self.max_head:
            self._refuse(HEAD_TOO_LARGE)
        self._stop_waiting()
        self._deadline = self._cut_after(self.body_seconds)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The request is there as a whole."""
        self._stop_waiting()
        super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        """Hand the connection over, and let go of the parser, which holds on to this object."""
        self._stop_waiting()
        super().handle_websocket_upgrade()
        self.parser = None  # type: ignore[assignment]

    def _refuse(self, status: bytes) -> None:
        """Stop the parser, which then asks for ``send_400_response``."""
        self._refusal = status
        raise ValueError(status)

    def _stop_waiting(self) -> None:
        self._head_pending = False
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _cut_after(self, seconds: float) -> asyncio.TimerHandle:
        return self.loop.call_later(seconds, self.transport.close)


class DrainingServer(uvicorn.Server):
    """A uvicorn server that ends its long-lived connections when it is told to stop."""

    def __init__(
        self, config: uvicorn.Config, drains: tuple[Callable[[], Awaitable[None]], ...]
    ) -> None:
        super().__init__(config)
        self._drains = drains

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on a signal as uvicorn does, but let what is around the server wind up as well.

        uvicorn raises the signal again when it has stopped. That would end the process before the
        writer and the database are closed; here it reaches a handler that does nothing.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {one: signal.signal(one, _heard) for one in (signal.SIGINT, signal.SIGTERM)}
        try:
            with super().capture_signals():
                yield
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop accepting, let every part end its connections, then stop as usual."""
        for server in self.servers:
            server.close()
        await asyncio.gather(*(drain() for drain in self._drains), return_exceptions=True)
        await super().shutdown(sockets)


def _heard(_: int, __: object) -> None:
    """The signal has done its work."""
