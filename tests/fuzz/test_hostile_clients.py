"""A hundred thousand malformed and hostile messages, twice, leave the server serving others.

Against the real service as a process, over WebSocket, Socket.IO, SSE and long-poll; P1, P9, P10 and
section 6 of the protocol. Run it again with `SOAK_SEED` as it is told in the table.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.fuzz.attack import SHARES
from tests.soak.doors import DOORS
from tests.soak.following import Follower, Route, following
from tests.soak.publishing import Votes, votes_on
from tests.soak.report import Report, percentile
from tests.soak.scale import Scale
from tests.soak.service import StartStressed, Stressed
from tests.soak.verdict import judge, until_told
from tests.support.waiting import until

pytestmark = pytest.mark.alone

PER_SECOND = 20.0
LATENCY_P99_SECONDS = 2.0
MEMORY_BYTES = 64 * 2**20
"""By so much the resident memory may have grown at its highest."""
KEPT_BYTES = 48 * 2**20
"""By so much when all attackers are gone: caches are full, and the allocator has holes."""
KEPT_AGAIN_BYTES = 12 * 2**20
"""By so much more when as many again have come and gone: of what hostile clients sent, nothing."""
LEFT_SECONDS = 30.0
SENT_AWAY = {"half-open", "slow head", "silent", "slow frame", "endless message"}
"""Who says nothing in time (P10)."""
GAUGES = ("sockets_websocket_connections", "sockets_socketio_sessions", "sse_connections")
SUBSCRIPTIONS = ("sockets_gateway_connections", "sockets_gateway_subscriptions", "polling_waiting")


class Watched:
    """What the service uses while the attack lasts."""

    def __init__(self, service: Stressed) -> None:
        self._service = service
        self.before = service.resident_bytes()
        self.highest = self.before

    async def run(self) -> None:
        while True:
            self.highest = max(self.highest, self._service.resident_bytes())
            await asyncio.sleep(0.2)


async def attacked(service: Stressed, votes: Votes, stress: Scale, seed: str) -> dict[str, Any]:
    """The attack in a process of its own, so that it does not slow down who measures."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.fuzz.attack",
        *(str(service.port), str(stress.frames), seed, votes.topic),
        stdout=asyncio.subprocess.PIPE,
        limit=2**24,
        cwd=Path(__file__).parents[2],
        env=dict(os.environ),
    )
    try:
        assert process.stdout is not None
        line = await process.stdout.readline()
        assert line, "the attack ended without a result"
        await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return dict(msgspec.json.decode(line))


async def test_the_server_goes_on_serving_others(
    stressed: StartStressed, sqlite_url: str, stress: Scale, report: Report
) -> None:
    service = stressed(
        sqlite_url,
        GROUNDSWELL_ACCEPT_RATE="100000",
        GROUNDSWELL_WEBSOCKET_DEFLATE="true",
        GROUNDSWELL_SOCKETIO_PING_TIMEOUT_MS="3000",
    )
    votes, draw = await votes_on(service), stress.draw("witnesses")
    witnesses: list[Follower] = [
        door(Route(service.url), votes.topic, draw) for door in DOORS for _ in range(2)
    ]
    async with following(witnesses):
        await votes.publish(seconds=1, per_second=PER_SECOND)
        watched = Watched(service)
        start = gauges(service)
        descriptors = service.descriptors()
        watching = asyncio.create_task(watched.run())
        stop = asyncio.Event()
        voting = asyncio.create_task(votes.publish(per_second=PER_SECOND, stop=stop))
        begun = asyncio.get_running_loop().time()
        told = await attacked(service, votes, stress, str(stress.seed))
        took = asyncio.get_running_loop().time() - begun

        async def nobody_left() -> bool:
            now = gauges(service)
            return all(now[name] <= start[name] for name in start)

        await until(nobody_left, seconds=LEFT_SECONDS)
        kept = service.resident_bytes() - watched.before
        again = await attacked(service, votes, stress, f"{stress.seed} again")
        await until(nobody_left, seconds=LEFT_SECONDS)
        kept_again = service.resident_bytes() - watched.before
        watching.cancel()
        stop.set()
        await voting
        await until_told(witnesses, votes, seconds=10)
        tell(report, stress, witnesses, votes, told, took)
        tell_memory(report, watched, kept, kept_again)
        assert service.descriptors() <= descriptors + 5
    for one in (told, again):
        assert one["failures"] == []
        assert sum(one["sent"].values()) >= stress.frames * 0.95
        assert set(one["sent"]) == set(SHARES)
        assert one["lingered"].keys() >= SENT_AWAY
    found = judge(witnesses, votes)
    assert found.flawless, found.line
    assert [one.trouble for one in witnesses if one.losses or one.farewells] == []
    assert percentile(found.latencies, 0.99) < LATENCY_P99_SECONDS
    assert watched.highest - watched.before < MEMORY_BYTES
    assert kept < KEPT_BYTES
    assert kept_again - kept < KEPT_AGAIN_BYTES
    logs = service.logs()
    assert "Traceback" not in logs, logs[logs.index("Traceback") - 500 :][:3_000]


def gauges(service: Stressed) -> dict[str, float]:
    """Connections, sessions and subscriptions that are there now."""
    figures = service.figures()
    return {name: figures[f"groundswell_{name}"] for name in (*GAUGES, *SUBSCRIPTIONS)}


def tell(
    report: Report,
    stress: Scale,
    witnesses: list[Follower],
    votes: Votes,
    told: dict[str, Any],
    took: float,
) -> None:
    sent = ", ".join(f"{count:,} {kind}" for kind, count in sorted(told["sent"].items()))
    total = sum(told["sent"].values())
    report.add("fuzz", f"seed {stress.seed}", f"{total:,} in {took:.0f} s: {sent}")
    report.add("fuzz", "witnesses", judge(witnesses, votes).line, "100 % once, p99 < 2 s")
    report.add("fuzz", "close codes", _counted(told["closes"]), "none of 1011")
    report.add("fuzz", "errors told", _counted(told["errors"]), "none internal")
    report.add("fuzz", "HTTP answers", _counted(told["statuses"]), "no 500")
    report.add("fuzz", "sent away while lingering", _counted(told["lingered"]))


def tell_memory(report: Report, watched: Watched, kept: int, kept_again: int) -> None:
    grown = watched.highest - watched.before
    found = ", ".join(
        f"+{size / 2**20:.0f} MiB {when}"
        for size, when in (
            (grown, "at most"),
            (kept, "afterwards"),
            (kept_again, "after as many again"),
        )
    )
    more = f"at most {KEPT_AGAIN_BYTES >> 20} MiB more"
    wanted = f"< {MEMORY_BYTES >> 20} and {KEPT_BYTES >> 20} MiB, {more}"
    report.add("fuzz", "memory", found, wanted)


def _counted(counts: dict[str, int]) -> str:
    ordered = sorted(counts.items(), key=lambda item: -item[1])
    return ", ".join(f"{count:,} {name}" for name, count in ordered) or "none"
