"""A TCP proxy that is as bad as we want: it delays, stalls, cuts in the middle, and resets."""

from __future__ import annotations

import asyncio
import random
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

CHUNK = 16_384
RESET = struct.pack("ii", 1, 0)
"""SO_LINGER of an end without farewell: the other side gets a TCP reset."""


class _Wire:
    """One connection through the link: two directions, one fate."""

    def __init__(self, *writers: asyncio.StreamWriter) -> None:
        self._writers = writers
        self.pumps: list[asyncio.Task[None]] = []
        self.left: int | None = None

    def reset(self) -> None:
        """End both sides at once, whatever was on its way."""
        for writer in self._writers:
            sock = writer.get_extra_info("socket")
            with suppress(OSError):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            writer.transport.abort()
        for pump in self.pumps:
            pump.cancel()


class BadLink:
    """Forwards connections to a port of this machine.

    ``delay`` and ``jitter`` are seconds that every piece takes, in order; both may be changed while
    it runs. Counts the ``connections`` it took and the ``cuts`` it made.
    """

    def __init__(self, target: int, draw: random.Random) -> None:
        self.delay = 0.0
        self.jitter = 0.0
        self.connections = 0
        self.cuts = 0
        self.port = 0
        self._target = target
        self._draw = draw
        self._wires: set[_Wire] = set()
        self._flowing = asyncio.Event()
        self._flowing.set()

    def cut(self, part: float = 1.0) -> None:
        """Reset this part of the connections, drawn."""
        for wire in sorted(self._wires, key=id):
            if self._draw.random() < part:
                self._cut(wire)

    def cut_within(self, size: int) -> None:
        """Let each connection pass up to ``size`` more bytes to its client, and reset it then.

        So it ends in the middle of a frame, which a client must not take for a whole one.
        """
        for wire in self._wires:
            wire.left = self._draw.randint(1, size)

    def stall(self) -> None:
        """Let nothing pass, in either direction, and say nothing of it."""
        self._flowing.clear()

    def resume(self) -> None:
        """Let what was held go on."""
        self._flowing.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Forward one connection until either side ends."""
        try:
            there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.transport.abort()
            return
        wire = _Wire(writer, there_writer)
        self._wires.add(wire)
        self.connections += 1
        wire.pumps = [
            asyncio.create_task(self._pump(reader, there_writer, None)),
            asyncio.create_task(self._pump(there_reader, writer, wire)),
        ]
        await asyncio.wait(wire.pumps, return_when=asyncio.FIRST_EXCEPTION)
        self._wires.discard(wire)
        wire.reset()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, wire: _Wire | None
    ) -> None:
        """Pieces in the order they came, each no sooner than its delay; an end is passed on."""
        with suppress(OSError):
            await self._pass(reader, writer, wire)

    async def _pass(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, wire: _Wire | None
    ) -> None:
        loop = asyncio.get_running_loop()
        pieces: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        delivering = asyncio.create_task(self._deliver(pieces, writer, wire))
        try:
            while not delivering.done():
                data = await reader.read(CHUNK)
                late = self.delay + self.jitter * self._draw.random()
                pieces.put_nowait((loop.time() + late, data))
                if not data:
                    break
            await delivering
        finally:
            delivering.cancel()

    async def _deliver(
        self,
        pieces: asyncio.Queue[tuple[float, bytes]],
        writer: asyncio.StreamWriter,
        wire: _Wire | None,
    ) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due, data = await pieces.get()
            if (wait := due - loop.time()) > 0:
                await asyncio.sleep(wait)
            await self._flowing.wait()
            if not data:
                writer.write_eof()
                return
            if wire is not None and wire.left is not None:
                data, cut = data[: wire.left], len(data) >= wire.left
                wire.left -= len(data)
                if cut:
                    writer.write(data)
                    await writer.drain()
                    self._cut(wire)
                    return
            writer.write(data)
            await writer.drain()

    def _cut(self, wire: _Wire) -> None:
        self.cuts += 1
        self._wires.discard(wire)
        wire.reset()


@asynccontextmanager
async def bad_link(target: int, draw: random.Random) -> AsyncIterator[BadLink]:
    """A link to a port of this machine, at ``port``, until the block ends."""
    link = BadLink(target, draw)
    server = await asyncio.start_server(link.serve, "127.0.0.1", 0, backlog=1024)
    link.port = server.sockets[0].getsockname()[1]
    try:
        yield link
    finally:
        server.close()
        link.resume()
        link.cut()
        await server.wait_closed()
