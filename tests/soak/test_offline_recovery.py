"""Scenario: no critical message is lost by disconnects, `kill -9` of a server, and restarts.

Protocol section 8: at least once, in the order in which they were filed, on every device; what the
publisher was told is filed is on every device in the end.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.end_to_end.test_inbox import inbox
from tests.services.postgres import PostgresServer
from tests.services.redis import RedisServer
from tests.soak.devices import Device, Filer
from tests.soak.report import Report
from tests.soak.scale import Scale
from tests.soak.service import StartStressed, Stressed
from tests.support.waiting import until

pytestmark = pytest.mark.alone

USERS = 5
DEVICES = 2
PAUSE_SECONDS = 0.06
RECOVERY_SECONDS = 40.0


async def test_critical_messages_survive_the_server(
    stressed: StartStressed, database_url: str, stress: Scale, report: Report
) -> None:
    """One process, killed at any moment and started again on the same database."""
    service = stressed(database_url)
    kind = f"one process, {database_url.partition(':')[0]}"
    await recover([service], stress, report, kind)


async def test_critical_messages_survive_one_of_two_servers(
    stressed: StartStressed,
    postgres_server: PostgresServer,
    fresh_database: str,
    own_redis: RedisServer,
    stress: Scale,
    report: Report,
) -> None:
    """Two on PostgreSQL and Redis: either is killed while the other goes on."""
    with ThreadPoolExecutor() as threads:
        services = list(
            threads.map(
                lambda _: stressed(fresh_database, GROUNDSWELL_REDIS_URL=own_redis.url), range(2)
            )
        )
    await recover(services, stress, report, "two processes, PostgreSQL and Redis")


async def recover(services: Sequence[Stressed], stress: Scale, report: Report, kind: str) -> None:
    draw = stress.draw(f"recovery/{kind}")
    users = [f"user-{number}" for number in range(USERS)]
    devices = [
        Device(services, user, f"device-{number}", random.Random(draw.random()))
        for user in users
        for number in range(DEVICES)
    ]
    filer, stop = Filer(services, draw), asyncio.Event()
    for one in devices:
        await one.start()
    try:
        async with asyncio.TaskGroup() as group:
            for user in users:
                group.create_task(filer.run(user, stop, PAUSE_SECONDS))
            await trouble(services, devices, filer, stress.kills, draw)
            stop.set()
        begun = time.monotonic()
        await until_all_arrived(devices, filer)
        took = time.monotonic() - begun
        await until_nothing_waits(services, devices)
    finally:
        for one in devices:
            await one.stop()
    told = await reckon(services[0], devices, filer)
    told += f"; the last {took:.1f} s after the last restart"
    report.add("offline recovery", f"{kind}, {stress.kills} kills", told, "100 %, in order")


async def trouble(
    services: Sequence[Stressed],
    devices: list[Device],
    filer: Filer,
    kills: int,
    draw: random.Random,
) -> None:
    """Kill a server and start it again, so many times; devices lose their connections as well."""
    for _ in range(kills):
        await asyncio.sleep(draw.uniform(0.2, 1.5))
        await filed(filer, filer.count + 20)
        for one in draw.sample(devices, len(devices) // 3):
            one.disconnect()
        victim = draw.choice(list(services))
        await asyncio.to_thread(victim.kill)
        await asyncio.sleep(draw.uniform(0, 0.8))
        await asyncio.to_thread(victim.start)


async def filed(filer: Filer, count: int) -> None:
    """Wait until so many were accepted."""

    async def enough() -> bool:
        return filer.count >= count

    await until(enough, seconds=30)


async def until_all_arrived(devices: list[Device], filer: Filer) -> None:
    deadline = asyncio.get_running_loop().time() + RECOVERY_SECONDS
    while any(len(one.seen) < len(filer.accepted[one.user]) for one in devices):
        if asyncio.get_running_loop().time() > deadline:
            return
        await asyncio.sleep(0.05)


async def until_nothing_waits(services: Sequence[Stressed], devices: list[Device]) -> None:
    """Devices acknowledge what they left when it is told again, which is when they come back."""
    deadline = asyncio.get_running_loop().time() + RECOVERY_SECONDS
    while await waiting(services[0], devices):
        assert asyncio.get_running_loop().time() < deadline, "something is never acknowledged"
        for one in devices:
            one.disconnect()
        await asyncio.sleep(1.5)


async def waiting(service: Stressed, devices: list[Device]) -> int:
    """How many messages the service still has to tell, over all devices."""
    total = 0
    for one in devices:
        async with service.bearer(one.token) as client:
            body = {"clientId": one.name, "ids": ["none"]}
            answer = await client.post("/v1/me/inbox/ack", json=body)
            assert answer.status_code == 200, answer.text
            total += answer.json()["pending"]
    return total


async def reckon(service: Stressed, devices: list[Device], filer: Filer) -> str:
    """All that was accepted is on every device, in order, and nothing that nobody filed."""
    expected = arrived = 0
    for one in devices:
        accepted = filer.accepted[one.user]
        async with service.bearer(one.token) as client:
            kept = await inbox(client)
        expected += len(accepted)
        arrived += len(one.seen.keys() & set(accepted))
        assert [item["id"] for item in kept] == accepted, "filed otherwise than accepted"
        assert set(accepted) <= one.seen.keys(), f"{one.user} {one.name} lacks messages"
        assert one.seen.keys() == set(accepted)
        assert one.numbers == sorted(one.numbers), f"{one.user} {one.name} is out of order"
        assert one.disturbances == []
    repeats = sum(one.repeats for one in devices)
    connections = sum(one.connections for one in devices)
    assert filer.unanswered > 0, "no kill hit a publisher"
    assert repeats > 0, "nothing was told twice although not all was acknowledged"
    return (
        f"{arrived:,} of {expected:,} on {len(devices)} devices, {repeats:,} told again, "
        f"{connections} connections, {filer.unanswered} answers lost"
    )
