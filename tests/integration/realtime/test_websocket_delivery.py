"""Events to many WebSockets: one encoding, slow readers, lost ones, and the end of a process."""

from __future__ import annotations

import asyncio
import gc
import time
import tracemalloc
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.frames import Opcode

from groundswell.realtime.doors.websocket import Limits
from tests.integration.realtime.websocket_service import (
    RawClient,
    envelope,
    until,
    websocket_service,
)

MEBIBYTE = 1_048_576


async def test_p3_an_event_is_the_same_bytes_for_all() -> None:
    async with (
        websocket_service() as service,
        connect(service.url) as one,
        connect(service.url) as two,
    ):
        await until(lambda: len(service.gateway.present) == 2)
        event = envelope(7)
        service.gateway.publish(event)
        assert await one.recv(decode=False) == event.event
        assert await two.recv(decode=False) == event.event
        assert len(event._encoded) == 1


async def test_events_of_one_turn_leave_together_and_in_order() -> None:
    async with websocket_service() as service, connect(service.url) as client:
        await until(lambda: service.gateway.present)
        link = service.gateway.clients[0].link
        events = [envelope(number) for number in range(1, 6)]
        for event in events:
            service.gateway.publish(event)
        assert link.pending_bytes > sum(event.size for event in events)
        link.send(b"after them")
        link.close(4105, "the end")
        assert link.pending_bytes == 0
        assert [await client.recv(decode=False) for _ in events] == [one.event for one in events]
        assert await client.recv() == "after them"


async def test_a_client_is_told_of_room_although_its_transport_never_felt_a_lack_of_it() -> None:
    async with websocket_service() as service, connect(service.url) as client:
        await until(lambda: service.gateway.present)
        one = service.gateway.clients[0]
        for _ in range(10):
            one.link.send(b"x" * 10_000)
        assert one.link.pending_bytes > Limits().high_water
        await until(lambda: one.drains == 1)
        for _ in range(10):
            await client.recv()


async def test_a_client_that_stops_reading_is_felt_and_disturbs_nobody() -> None:
    async with websocket_service() as service, connect(service.url) as other:
        slow = await RawClient.connect(service.port)
        slow.shrink_buffer()
        slow.stop_reading()
        await until(lambda: len(service.gateway.present) == 2)
        link = service.gateway.clients[-1].link
        number = 0
        while link.pending_bytes < MEBIBYTE:
            number += 1
            service.gateway.publish(envelope(number, "x" * 20_000))
            await other.recv()
        assert service.gateway.clients[-1].drains == 0
        service.gateway.publish(envelope(0))
        assert await other.recv(decode=False) == envelope(0).event


async def test_a_client_that_reads_again_is_told_to_its_gateway() -> None:
    async with websocket_service() as service:
        slow = await RawClient.connect(service.port)
        slow.stop_reading()
        await until(lambda: service.gateway.clients)
        client = service.gateway.clients[0]
        sent = 0
        while client.link.pending_bytes <= Limits().high_water:
            client.link.send(b"x" * 100_000)
            sent += 1
            await asyncio.sleep(0)
        client.drains = 0
        slow.writer.transport.resume_reading()  # type: ignore[attr-defined]
        for _ in range(sent):
            assert len((await slow.frame())[1]) == 100_000
        assert client.drains == 1
        assert client.link.pending_bytes == 0


async def test_pings_of_a_client_that_reads_no_answers_do_not_pile_up() -> None:
    async with websocket_service() as service:
        rude = await RawClient.connect(service.port)
        rude.shrink_buffer()
        rude.stop_reading()
        await until(lambda: service.gateway.clients)
        link = service.gateway.clients[0].link
        for _ in range(300):
            for _ in range(100):
                rude.send(Opcode.PING, b"x" * 125)
            await asyncio.sleep(0)
        await asyncio.sleep(0.2)
        # What was read at once before reading paused may all be answered.
        assert link.pending_bytes < MEBIBYTE


async def test_a_client_that_is_cut_off_is_gone_once() -> None:
    async with websocket_service() as service:
        client = await RawClient.connect(service.port)
        await until(lambda: service.gateway.clients)
        client.abort()
        await until(lambda: service.gateway.clients[0].ends)
        service.gateway.clients[0].link.send_event(envelope())
        service.gateway.clients[0].link.close(4105, "too late")
        assert service.gateway.clients[0].link.pending_bytes == 0
        await until(lambda: service.sockets.statistics().connections == 0)
        assert service.gateway.clients[0].ends == 1


async def test_a_client_that_half_closes_is_gone() -> None:
    async with websocket_service() as service:
        client = await RawClient.connect(service.port)
        client.writer.write_eof()
        assert await client.ended()
        await until(lambda: service.gateway.clients[0].ends == 1)


async def test_a_client_that_does_not_answer_a_close_is_cut() -> None:
    async with websocket_service(Limits(goodbye=0.2)) as service:
        client = await RawClient.connect(service.port)
        client.stop_reading()
        await until(lambda: service.gateway.clients)
        service.gateway.clients[0].link.close(4105, "go")
        await until(lambda: service.gateway.clients[0].ends)
        assert service.sockets.statistics().closed == {4105: 1}


async def test_p10_a_silent_client_is_pinged_and_one_that_does_not_answer_is_told_4109() -> None:
    async with websocket_service(Limits(silence=0.2, answer=0.1)) as service:
        dead = await RawClient.connect(service.port)
        async with connect(service.url, ping_interval=None) as alive:
            started = time.monotonic()
            assert await dead.frame() == (Opcode.PING, b"")
            assert await dead.close_code() == 4109
            assert time.monotonic() - started > 0.2
            await asyncio.sleep(0.4)
            await alive.send("alive")
            assert await alive.recv() == "alive"


@pytest.mark.alone
async def test_stopping_tells_all_to_go_and_takes_no_more() -> None:
    async with websocket_service() as service:
        clients = [await connect(service.url) for _ in range(20)]
        await until(lambda: len(service.gateway.present) == 20)
        stuck = await RawClient.connect(service.port)
        stuck.stop_reading()
        started = time.monotonic()
        await service.stop()
        assert time.monotonic() - started < 3
        for client in clients:
            with pytest.raises(ConnectionClosed) as closed:
                await client.recv()
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 4200
        assert service.gateway.present == []
        with pytest.raises(OSError):
            await connect(service.url)


async def test_an_idle_connection_is_small() -> None:
    """Python's part of it; what libuv and the kernel hold is not counted."""
    async with websocket_service() as service:
        keep: list[Any] = [await RawClient.connect(service.port) for _ in range(20)]
        gc.collect()
        tracemalloc.start()
        try:
            sockets = [service.sockets.framing() for _ in range(200)]
            per_framing = tracemalloc.get_traced_memory()[0] / len(sockets)
        finally:
            tracemalloc.stop()
        assert per_framing < 5_000
        assert not [task for task in asyncio.all_tasks() if "_answer" in repr(task)]
        del keep
