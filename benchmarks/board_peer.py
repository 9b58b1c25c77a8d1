"""leaderboard-python on a Redis, by competition ranking over one connection."""

from __future__ import annotations

import importlib
import importlib.util
import random
import time
from collections.abc import Sequence
from typing import Any, Final

from benchmarks.board_sides import Side, name

LABEL: Final = "leaderboard-python on Redis"
BOARD: Final = "benchmark"
PORTION: Final = 5_000


def is_installed() -> bool:
    """Whether there is such a peer here; the tests do without it."""
    return importlib.util.find_spec("leaderboard") is not None


def peer_on(port: int, scores: Sequence[int], page_size: int) -> tuple[Side, float]:
    """The peer with these scores, and how many participants were loaded a second."""
    peer = importlib.import_module("leaderboard.competition_ranking_leaderboard")
    options = {"host": "127.0.0.1", "port": port, "db": 0, "page_size": page_size}
    board = peer.CompetitionRankingLeaderboard(BOARD, **options)
    client = board.redis_connection
    began = time.perf_counter()
    # Its own ways of writing predate the present client of Redis: these are their commands.
    for first in range(0, len(scores), PORTION):
        portion = scores[first : first + PORTION]
        client.zadd(BOARD, {name(first + place): one for place, one in enumerate(portion)})
    loaded = len(scores) / (time.perf_counter() - began)
    return _side(board, client), loaded


def _side(board: Any, client: Any) -> Side:
    """It waits for Redis without letting anybody else do something: one caller is all it has."""
    chance = random.Random(3)

    async def position(user: str) -> object:
        return board.rank_for(user)

    async def top(_: str) -> object:
        return board.leaders(1)

    async def around(user: str) -> object:
        return board.around_me(user)

    async def update(user: str) -> None:
        client.zincrby(BOARD, chance.randrange(1, 100), user)
        board.rank_for(user)

    return Side(LABEL, position, top, around, update, callers=1)
