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
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class AbortableHttpProtocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol; each request can cut its connection. Pass as ``http=``.

    A client must send the whole head of a request within ``head_seconds`` of connecting, and of
    the first byte of every later one, and the body within ``body_seconds`` of its head; uvicorn
    itself would wait for ever.
    """

    head_seconds = 10.0
    body_seconds = 30.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._head_pending = True
        self._deadline: asyncio.TimerHandle | None = self._cut_after(self.head_seconds)

    def data_received(self, data: bytes) -> None:
        """Parse; if that leaves a head unfinished, its time runs."""
        super().data_received(data)
        if self._head_pending and self._deadline is None:
            self._deadline = self._cut_after(self.head_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        self._stop_waiting()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """Begin a request, offering ``groundswell.abort``."""
        super().on_message_begin()
        self._head_pending = True
        scope: dict[str, Any] = self.scope  # type: ignore[assignment]
        scope.setdefault("extensions", {})["groundswell.abort"] = {"call": self.transport.abort}

    def on_headers_complete(self) -> None:
        """The head is there; a body may follow."""
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
