"""How the writer should group: batch limits, and an added delay, in one process without HTTP."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from benchmarks import machine, postgres
from benchmarks.results import Batching, BatchingCell, now
from groundswell.contract import times
from groundswell.domains.engagement.commands import Actor, RecordPlay, RegisterMedia
from groundswell.domains.engagement.wiring import engagement_handler
from groundswell.log.journal import SqlJournal
from groundswell.store import open_store
from groundswell.store.migrate import upgrade
from groundswell.store.writer import Writer

POLICIES: tuple[tuple[int, float], ...] = (
    (1, 0.0),
    (16, 0.0),
    (64, 0.0),
    (256, 0.0),
    (1024, 0.0),
    (256, 0.002),
)
"""Commands a transaction takes at most, and seconds to wait for more of them."""

CALLERS = (1, 64, 512)
FILES = 1_000


class DelayingWriter(Writer):
    """Waits a little before each transaction, as a timer would."""

    delay = 0.0

    async def _execute(self, batch: list) -> None:  # type: ignore[type-arg]
        await asyncio.sleep(self.delay)
        await super()._execute(batch)


def measure(
    directory: Path, tell: Callable[[str], None], *, seconds: float = 2.0, rounds: int = 3
) -> Batching:
    """All policies on both databases, in turn, medians of ``rounds``."""
    described = machine.describe(postgres.version())
    cluster = postgres.Cluster(directory)
    try:
        urls = {
            "SQLite": f"sqlite:///{directory / 'batching.db'}",
            "PostgreSQL": cluster.create("batching"),
        }
        cells = asyncio.run(_measure(urls, tell, seconds, rounds))
    finally:
        cluster.stop()
    return Batching(now(), described, seconds, rounds, cells)


async def _measure(
    urls: dict[str, str], tell: Callable[[str], None], seconds: float, rounds: int
) -> list[BatchingCell]:
    cells = []
    for engine, url in urls.items():
        await upgrade(url)
        for callers in CALLERS:
            taken: dict[tuple[int, float], list[tuple[float, float]]] = {}
            for _ in range(rounds):
                for policy in POLICIES:
                    taken.setdefault(policy, []).append(await _run(url, *policy, callers, seconds))
            for (limit, delay), figures in taken.items():
                rate, wait = (median(values) for values in zip(*figures, strict=True))
                tell(f"{engine} {callers} callers, {limit} a batch, {delay} s: {rate:,.0f}/s")
                cells.append(BatchingCell(engine, callers, limit, delay, rate, wait))
    return cells


async def _run(
    url: str, limit: int, delay: float, callers: int, seconds: float
) -> tuple[float, float]:
    """Plays per second, and the median wait of a caller in milliseconds."""
    store = open_store(url)
    await store.open()
    writer = DelayingWriter(
        store,
        (engagement_handler(feed_days=30),),
        SqlJournal(times.now),
        clock=times.now,
        batch=limit,
    )
    writer.delay = delay
    working = asyncio.create_task(writer.run())
    ids = await _files(writer)
    numbers = itertools.count()
    waits: list[float] = []
    end = time.perf_counter() + seconds

    async def call() -> None:
        while (started := time.perf_counter()) < end:
            number = next(numbers)
            by = Actor(actor=f"{number:064x}", voter=f"{number:064x}", ip_hash=f"{number:064x}")
            file = ids[number * 7919 % len(ids)]
            await writer.submit(
                RecordPlay(at=times.now(), media_file_id=file, by=by, play_duration=40)
            )
            waits.append(time.perf_counter() - started)

    await asyncio.gather(*(call() for _ in range(callers)))
    writer.close()
    await working
    await store.close()
    return len(waits) / seconds, median(waits) * 1000


async def _files(writer: Writer) -> list[int]:
    answers = await asyncio.gather(
        *(
            writer.submit(
                RegisterMedia(
                    at=times.now(), title=f"File {one}", source="benchmark", external_id=str(one)
                )
            )
            for one in range(FILES)
        )
    )
    return [answer.media_file_id for answer in answers]
