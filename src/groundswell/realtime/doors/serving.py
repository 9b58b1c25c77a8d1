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
    """uvicorn's HTTP protocol; each request can cut its connection. Pass as ``http=``."""

    def on_message_begin(self) -> None:
        """Begin a request, offering ``groundswell.abort``."""
        super().on_message_begin()
        scope: dict[str, Any] = self.scope  # type: ignore[assignment]
        scope.setdefault("extensions", {})["groundswell.abort"] = {"call": self.transport.abort}


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
