"""Two processes on PostgreSQL with a Redis: boards are read from copies, and are never wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import count
from uuid import uuid4

import httpx
import pytest
from redis import Redis

from tests.end_to_end.service import Pair, Service, two_processes
from tests.services.postgres import PostgresServer
from tests.services.redis import RedisServer
from tests.support.waiting import until

ANSWERED = "groundswell_leaderboards_copies_answered_total"
MADE = "groundswell_leaderboards_copies_made_total"


@pytest.fixture
def pair(
    postgres_server: PostgresServer,
    own_redis: RedisServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Pair]:
    directory = tmp_path_factory.mktemp("copies")
    yield from two_processes(postgres_server, directory, GROUNDSWELL_REDIS_URL=own_redis.url)


class Town:
    """A board that both processes serve, and what has to be on it."""

    def __init__(self, hosts: tuple[httpx.AsyncClient, httpx.AsyncClient]) -> None:
        self.hosts = hosts
        self.board = f"board-{uuid4().hex[:8]}"
        self.scores: dict[str, int] = {}
        self.first: dict[str, int] = {}
        self.numbers = count()

    async def open(self) -> None:
        body = {"boardId": self.board, "name": "Makers", "metric": "custom"}
        assert (await self.hosts[0].post("/v1/leaderboards", json=body)).status_code == 201

    async def score(self, user: str, points: int, process: int) -> None:
        number = next(self.numbers)
        body = {"eventId": f"e{number}", "userId": user, "points": points}
        path = f"/v1/leaderboards/{self.board}/scores"
        answer = await self.hosts[process].post(path, json=body)
        assert answer.status_code == 201, answer.text
        self.scores[user] = self.scores.get(user, 0) + points
        self.first[user] = number

    async def table(self, process: int, **asked: str) -> list[tuple[str, int, int]]:
        path = f"/v1/leaderboards/{self.board}"
        answer = await self.hosts[process].get(path, params={"limit": "50", **asked})
        assert answer.status_code == 200, answer.text
        found = answer.json()
        assert found["members"] == len(self.scores)
        return [(one["userId"], one["position"], one["score"]) for one in found["entries"]]

    def right(self) -> list[tuple[str, int, int]]:
        order = sorted(self.scores, key=lambda user: (-self.scores[user], self.first[user]))
        held = list(self.scores.values())
        return [
            (user, 1 + sum(one > self.scores[user] for one in held), self.scores[user])
            for user in order
        ]

    async def assert_right(self) -> None:
        """At once, at both."""
        for process in (0, 1):
            assert await self.table(process) == self.right()

    async def play(self, rounds: int) -> None:
        """Scores at one and the other in turn; each is seen at both as soon as it is answered."""
        for number in range(rounds):
            await self.score(f"user-{number % 7}", 1 + number % 3, number % 2)
            await self.assert_right()


async def figure(service: Service, name: str) -> float:
    async with service.client() as client:
        text = (await client.get("/metrics")).text
    lines = [line for line in text.splitlines() if line.startswith(f"{name} ")]
    assert lines, [line for line in text.splitlines() if "leaderboards" in line]
    return float(lines[0].split()[1])


@asynccontextmanager
async def town_of(pair: Pair) -> AsyncIterator[Town]:
    async with pair[0].host() as one, pair[1].host() as other:
        town = Town((one, other))
        await town.open()
        yield town


async def until_a_copy_answers(town: Town, pair: Pair, process: int) -> None:
    """The process reads from a copy from now on; whatever it answers until then is right, too."""
    before = await figure(pair[process], ANSWERED)

    async def answered() -> bool:
        assert await town.table(process) == town.right()
        return await figure(pair[process], ANSWERED) > before

    await until(answered, seconds=30)


async def until_copies_answer(town: Town, pair: Pair) -> None:
    """Both do."""
    for process in (0, 1):
        await until_a_copy_answers(town, pair, process)


async def test_whatever_happens_to_redis_boards_are_right(
    pair: Pair, own_redis: RedisServer
) -> None:
    async with town_of(pair) as town:
        await town.play(10)
        await until_copies_answer(town, pair)
        await town.play(10)

        with Redis.from_url(own_redis.url) as client:
            client.flushall()
        await town.play(4)
        await until_copies_answer(town, pair)

        await asyncio.to_thread(own_redis.stop)
        await town.play(10)
        await asyncio.to_thread(own_redis.start)  # with what it held before these ten
        await town.play(4)
        await until_copies_answer(town, pair)

        await asyncio.to_thread(own_redis.kill)
        own_redis.empty()
        await town.play(4)
        await asyncio.to_thread(own_redis.start)
        await until_copies_answer(town, pair)


async def test_a_process_that_ends_between_commit_and_copy_leaves_nothing_wrong(
    pair: Pair, own_redis: RedisServer
) -> None:
    async with town_of(pair) as town:
        await town.play(6)
        await until_copies_answer(town, pair)
        for number in range(20):
            await town.score(f"late-{number % 3}", 2, 0)
        pair[0].kill()
        assert await town.table(1) == town.right()
        made = await figure(pair[1], MADE)

        await until_a_copy_answers(town, pair, 1)
        assert await figure(pair[1], MADE) == made  # it followed, nothing was copied anew
