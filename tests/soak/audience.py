"""Thousands of clients in processes of their own, seen as one audience."""

from __future__ import annotations

import asyncio
import os
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

PER_PROCESS = 5_000
"""Clients of one process: a second process parses while the first does."""


class Seen(msgspec.Struct):
    """What the clients of a process, or of all, saw since the start or the last storm.

    Attributes:
        delivered: how many clients heard each number.
        last: when the last of them did, on the monotonic clock of the machine.
        wrong: events that did not follow the one before.
        gaps: GAPs that were told.
        ready: clients that caught up; ``last_ready`` is when the last did.
        accepted: when each upgrade was seen to be accepted.
        refused: upgrades that were answered otherwise, with these ``retry_after``.
        failed: connections that were refused or lost without a word.
        at: when the storm began.
    """

    delivered: dict[int, int]
    last: dict[int, float]
    wrong: int
    gaps: int
    ready: int
    last_ready: float
    accepted: list[float]
    refused: int
    retry_after: list[int]
    failed: int
    at: float


class Audience:
    """All processes together."""

    def __init__(self, size: int, processes: list[asyncio.subprocess.Process]) -> None:
        self.size = size
        self._processes = processes

    async def seen(self) -> Seen:
        """What they saw until now."""
        return await self._ask("report")

    async def storm(self, *, polite: bool) -> Seen:
        """All lose their connection at once; what is seen from then on is counted anew."""
        return await self._ask("polite" if polite else "rude")

    async def until(self, holds: Callable[[Seen], bool], *, seconds: float) -> Seen:
        """Wait until what they saw is so; what they saw in any case."""
        deadline = asyncio.get_running_loop().time() + seconds
        while not holds(seen := await self.seen()):
            if asyncio.get_running_loop().time() > deadline:
                return seen
            await asyncio.sleep(0.1)
        return seen

    async def _ask(self, what: str) -> Seen:
        return _sum(await asyncio.gather(*(_ask(one, what) for one in self._processes)))


@asynccontextmanager
async def audience(
    port: int, size: int, topic: str, *, pace: float, seed: int
) -> AsyncIterator[Audience]:
    """Clients of the service on this port; connecting begins, ``pace`` of them in a second."""
    count = -(-size // PER_PROCESS)
    sizes = [size // count + (number < size % count) for number in range(count)]
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.soak.crowd",
            *(str(port), str(one), str(pace / count), topic, f"{seed}/{number}"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=2**26,
            cwd=Path(__file__).parents[2],
            env={**os.environ, "PYTHONPATH": os.environ.get("PYTHONPATH", "")},
        )
        for number, one in enumerate(sizes)
    ]
    try:
        yield Audience(size, processes)
    finally:
        for one in processes:
            one.kill()
            await one.wait()


async def _ask(process: asyncio.subprocess.Process, what: str) -> Seen:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{what}\n".encode())
    line = await process.stdout.readline()
    assert line, "the crowd is gone"
    return msgspec.json.decode(line, type=Seen, strict=False)


def _sum(parts: list[Seen]) -> Seen:
    delivered: Counter[int] = Counter()
    last: dict[int, float] = {}
    for part in parts:
        delivered.update(part.delivered)
        for number, at in part.last.items():
            last[number] = max(at, last.get(number, 0.0))
    return Seen(
        delivered=dict(delivered),
        last=last,
        wrong=sum(part.wrong for part in parts),
        gaps=sum(part.gaps for part in parts),
        ready=sum(part.ready for part in parts),
        last_ready=max(part.last_ready for part in parts),
        accepted=sorted(at for part in parts for at in part.accepted),
        refused=sum(part.refused for part in parts),
        retry_after=[wait for part in parts for wait in part.retry_after],
        failed=sum(part.failed for part in parts),
        at=max(part.at for part in parts),
    )
