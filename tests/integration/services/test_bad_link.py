"""The bad link does to connections what it says, and nothing else."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.services.bad_link import BadLink, bad_link

Pair = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def echoing() -> AsyncIterator[BadLink]:
    """A link to a server that sends back what it gets."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65_536):
                writer.write(data)
            writer.write_eof()
        except ConnectionError:
            pass

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    async with bad_link(server.sockets[0].getsockname()[1], random.Random(1)) as link:
        yield link
    server.close()


async def connect(link: BadLink) -> Pair:
    return await asyncio.open_connection("127.0.0.1", link.port)


async def test_everything_passes_in_order_and_late() -> None:
    async with echoing() as link:
        link.delay, link.jitter = 0.05, 0.05
        reader, writer = await connect(link)
        sent = random.Random(2).randbytes(200_000)
        begun = asyncio.get_running_loop().time()
        for start in range(0, len(sent), 10_000):
            writer.write(sent[start : start + 10_000])
            await asyncio.sleep(0)
        writer.write_eof()
        assert await reader.read(-1) == sent
        assert asyncio.get_running_loop().time() - begun >= 0.1
        writer.close()


async def test_a_cut_is_a_reset_in_the_middle() -> None:
    async with echoing() as link:
        reader, writer = await connect(link)
        writer.write(b"hello")
        assert await reader.readexactly(5) == b"hello"
        link.cut_within(50)
        writer.write(bytes(1_000))
        got = b""
        with pytest.raises(ConnectionResetError):
            while True:
                data = await reader.read(1_000)
                assert data, "an orderly end is no cut"
                got += data
        assert len(got) <= 50
        assert link.cuts == 1
        writer.close()


async def test_a_stall_says_nothing_and_loses_nothing() -> None:
    async with echoing() as link:
        reader, writer = await connect(link)
        link.stall()
        writer.write(b"later")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(5), 0.1)
        link.resume()
        assert await asyncio.wait_for(reader.readexactly(5), 2) == b"later"
        link.cut()
        with pytest.raises(ConnectionResetError):
            await asyncio.wait_for(reader.read(1), 2)
        writer.close()
