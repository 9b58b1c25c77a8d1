"""Ranked lists over ten thousand files and five million plays, and the query they stand for."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import msgspec

from benchmarks import dataset, load, postgres, results, services
from benchmarks.dataset import DAY
from benchmarks.errors import BenchmarkError
from benchmarks.machine import describe
from benchmarks.processes import Service
from benchmarks.program import Program
from benchmarks.results import ListRead, Ranking
from benchmarks.services import Query

LIMIT = 20
FRESH_SECONDS = 120.0
QUERY_TIMES = 3
LISTS: dict[str, int | None] = {
    "/v1/trending?period=24h": 1,
    "/v1/hot": 1,
    "/v1/popular?period=24h": 1,
    "/v1/popular?period=7d": 7,
    "/v1/popular?period=30d": 30,
    "/v1/popular?period=all": None,
}
"""What is read, and how many days of plays the plain query has to go over to answer it."""

PLAIN = """
    SELECT media_file_id, count(*) AS plays FROM play_logs
    WHERE completed_at > {since} AND completed_at <= {until}
    GROUP BY media_file_id ORDER BY plays DESC, media_file_id LIMIT {limit}"""

Tell = Callable[[str], None]


class Plan(msgspec.Struct, frozen=True):
    """How much is measured; the defaults are the full benchmark."""

    sides: Sequence[str] = services.OURS
    media: int = 10_000
    plays: int = 5_000_000
    seconds: int = 3
    connections: Sequence[int] = (1, 16)
    lists: Sequence[str] = tuple(LISTS)


def measure(plan: Plan, directory: Path, tell: Tell) -> Ranking:
    """Fills a database per engine, then reads every list through a server started on it.

    Raises:
        BenchmarkError: a server does not start, or its lists differ from what the log says.
    """
    load.require()
    needed = services.needs_postgresql(plan.sides)
    machine = describe(postgres.version() if needed else None)
    month = dataset.month(media=plan.media, plays=plan.plays, until=time.time_ns() // 1_000)
    result = Ranking(results.now(), machine, plan.media, plan.plays, [], {})
    with services.cluster_for(plan.sides, directory) as cluster:
        for name in plan.sides:
            url, query = services.database(name, directory, cluster)
            ours = Program(name, url, directory)
            tell(f"{name}: writing {plan.plays:,} plays")
            dataset.fill(url, month.tables())
            service = ours.serve()
            try:
                _read_lists(name, service, query, plan, result, tell)
            finally:
                service.stop()
    return result


def _read_lists(
    name: str, service: Service, query: Query, plan: Plan, result: Ranking, tell: Tell
) -> None:
    result.fresh[name] = _wait_until_served(service, plan.lists)
    tell(f"{name}: all lists served after {result.fresh[name]:.1f} s")
    for path in plan.lists:
        days = LISTS[path]
        if path.startswith("/v1/popular"):
            _verify(_get(service, path), days, query)
        timings = [] if days is None else _time_plain(days, query)
        for connections in plan.connections:
            url = _address(service, path)
            load.read(url, connections=connections, seconds=1)
            run = load.read(url, connections=connections, seconds=plan.seconds)
            read = ListRead(name, path, connections, run, timings)
            result.reads.append(read)
            tell(_line(read))


def _wait_until_served(service: Service, lists: Sequence[str]) -> float:
    """Seconds until every list has items: they are computed in the background."""
    started = time.monotonic()
    while (passed := time.monotonic() - started) < FRESH_SECONDS:
        if all(_get(service, path)["items"] for path in lists):
            return passed
        time.sleep(0.1)
    raise BenchmarkError(f"{service.name} served no complete lists within {FRESH_SECONDS:.0f} s")


def _address(service: Service, path: str) -> str:
    return f"{service.url}{path}{'&' if '?' in path else '?'}limit={LIMIT}"


def _get(service: Service, path: str) -> dict[str, Any]:
    answer = httpx.get(_address(service, path), timeout=30).raise_for_status()
    found: dict[str, Any] = answer.json()
    return found


def _verify(page: dict[str, Any], days: int | None, query: Query) -> None:
    """That the list tells what the log says as of the same instant; order among equals is free.

    Raises:
        BenchmarkError: it does not, and then its speed is of no interest.
    """
    field = "playCount" if days is None else "periodPlayCount"
    served = [(item["mediaFileId"], item[field]) for item in page["items"]]
    until = round(datetime.fromisoformat(page["asOf"]).timestamp() * 1e6)
    expected = [(int(media), int(plays)) for media, plays in query(_plain(days, until))]
    least = expected[-1][1]
    counts = [plays for _, plays in served]
    if counts != [plays for _, plays in expected] or _above(served, least) != _above(
        expected, least
    ):
        raise BenchmarkError(f"the list says {served}, the log says {expected}")


def _above(ranks: list[tuple[int, int]], least: int) -> set[tuple[int, int]]:
    return {(media, plays) for media, plays in ranks if plays > least}


def _time_plain(days: int, query: Query) -> list[float]:
    """Milliseconds of the plain query, several times over so that the cache is warm."""
    timings = []
    for _ in range(QUERY_TIMES):
        started = time.perf_counter()
        query(_plain(days, time.time_ns() // 1_000))
        timings.append((time.perf_counter() - started) * 1e3)
    return timings


def _plain(days: int | None, until: int) -> str:
    since = 0 if days is None else until - days * DAY
    return PLAIN.format(since=since, until=until, limit=LIMIT)


def _line(read: ListRead) -> str:
    query = f"  GROUP BY {min(read.query):,.0f} ms" if read.query else ""
    return (
        f"{read.side:<22} {read.path:<26} {read.connections:>3} connections  "
        f"{read.run.throughput:>8,.0f}/s  p50 {read.run.p50:>5.1f} ms  "
        f"p99 {read.run.p99:>5.1f} ms{query}"
    )
