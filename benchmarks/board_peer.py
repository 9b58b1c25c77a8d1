"""leaderboard-python on a Redis of its own, by competition ranking over one connection."""

from __future__ import annotations

import importlib
import importlib.util
import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any, Final

from benchmarks import live
from benchmarks.comparing import Figures

LABEL: Final = "leaderboard-python on Redis"
BOARD: Final = "benchmark"
PORTION: Final = 5_000


def is_installed() -> bool:
    """Whether there is such a peer here; the tests do without it."""
    return importlib.util.find_spec("leaderboard") is not None


def measure(directory: Path, scores: Sequence[int], calls: int, page_size: int) -> Figures:
    """What one caller waits for, in microseconds.

    Raises:
        BenchmarkError: Redis is not installed.
    """
    server = live.start_redis(directory)
    try:
        return _measure(server.port, scores, calls, page_size)
    finally:
        server.stop()


def _measure(port: int, scores: Sequence[int], calls: int, page_size: int) -> Figures:
    peer = importlib.import_module("leaderboard.competition_ranking_leaderboard")
    options = {"host": "127.0.0.1", "port": port, "db": 0, "page_size": page_size}
    board = peer.CompetitionRankingLeaderboard(BOARD, **options)
    client = board.redis_connection
    began = time.perf_counter()
    # Its own ways of writing predate the present client of Redis: these are their commands.
    for first in range(0, len(scores), PORTION):
        portion = scores[first : first + PORTION]
        client.zadd(BOARD, {_name(first + place): one for place, one in enumerate(portion)})
    loaded = len(scores) / (time.perf_counter() - began)
    chance = random.Random(2)
    asked = [_name(chance.randrange(len(scores))) for _ in range(calls)]

    def update(user: str) -> None:
        client.zincrby(BOARD, chance.randrange(1, 100), user)
        board.rank_for(user)

    rank = _waits(asked, board.rank_for)
    updated = median(_waits(asked, update))
    return {
        "loadedPerSecond": loaded,
        "rank": median(rank),
        "rankP99": rank[int(len(rank) * 0.99)],
        "top": median(_waits(asked, lambda _: board.leaders(1))),
        "around": median(_waits(asked, board.around_me)),
        "update": updated,
        "updatesPerSecond": 1_000_000 / updated,
    }


def _name(number: int) -> str:
    return f"user-{number:07}"


def _waits(given: Sequence[str], call: Callable[[str], Any]) -> list[float]:
    """Microseconds, the shortest first."""
    waits = []
    for one in given:
        began = time.perf_counter()
        call(one)
        waits.append((time.perf_counter() - began) * 1e6)
    return sorted(waits)
