"""L7: Redis and the database agree after any sequence, and after everything was lost.

At any moment a copy either says what the database says, or that it cannot. Once it was left to
follow, it can.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule, run_state_machine_as_test
from redis import Redis
from uuid_utils import uuid7

from groundswell.domains.leaderboards.changes import TRIM, all_boards, cut
from groundswell.domains.leaderboards.copying import Outcome
from groundswell.domains.leaderboards.mirror import BoardMirror
from groundswell.domains.leaderboards.mirroring import Mirroring
from groundswell.domains.leaderboards.redis.copies import RedisCopies
from groundswell.domains.leaderboards.standing_pages import Asked, read_part
from groundswell.domains.leaderboards.standing_rows import START as TOP
from groundswell.domains.leaderboards.standing_rows import Row
from groundswell.domains.leaderboards.windows import window_at, zone_of
from groundswell.store import Statement
from tests.integration.leaderboards.worlds import BOARD, Boards
from tests.properties.test_leaderboards import START, USERS, ZONE, BoardMachine
from tests.services.redis import RedisServer

_CORRUPT = Statement(
    "UPDATE board_entries SET reached_at = reached_at + 1 WHERE user_id = :user_id"
)


class CopyMachine(BoardMachine):
    """The board of ``BoardMachine``, and copies of it that two processes look after."""

    def __init__(self, url: str, redis: RedisServer, loop: asyncio.Runner) -> None:
        self.redis = Redis.from_url(redis.url)
        self.copies: list[RedisCopies] = []
        self.redis_url = redis.url
        super().__init__(url, loop)

    async def _begin(self, url: str) -> Boards:
        boards = await super()._begin(url)
        self.redis.flushall()
        space = uuid7().hex
        self.copies = [RedisCopies(self.redis_url, namespace=space, patience=5.0) for _ in "ab"]
        at_once: dict[Outcome, float] = {"made": 0.0, "busy": 0.0, "unfit": 0.0}
        self.makers = [
            Mirroring(boards.core.store, one, poll_seconds=0.0, again_seconds=at_once)
            for one in self.copies
        ]
        self.mirrors = [
            BoardMirror(boards.core.store, copies, maker, boards.clock)
            for copies, maker in zip(self.copies, self.makers, strict=True)
        ]
        return boards

    def teardown(self) -> None:
        self.loop.run(self._hang_up())
        self.redis.close()
        super().teardown()

    async def _hang_up(self) -> None:
        for one in self.copies:
            await one.close()

    @rule(process=st.sampled_from([0, 1]))
    def follow(self, process: int) -> None:
        """One of the processes does what it does after a commit; the others do not know."""
        self.loop.run(self._follow(process))

    @rule()
    def follow_at_once(self) -> None:
        """Both do, at the same time."""
        self.loop.run(self._follow(0, 1))

    @rule()
    def forget_everything(self) -> None:
        self.redis.flushall()

    @rule(number=st.integers(0, 30))
    def lose_a_key(self, number: int) -> None:
        """As Redis does that is short of memory."""
        keys: list[bytes] = sorted(self.redis.keys("*"))  # type: ignore[arg-type]
        if keys:
            self.redis.delete(keys[number % len(keys)])

    @precondition(lambda self: not hasattr(self, "saved"))
    @rule()
    def remember(self) -> None:
        """As Redis does that writes itself to the disk."""
        self.saved = {key: self.redis.dump(key) for key in self._keys()}

    @precondition(lambda self: hasattr(self, "saved"))
    @rule()
    def begin_with_what_was_remembered(self) -> None:
        """Updates are lost: Redis ended, and started with what was on the disk."""
        self.redis.flushall()
        for key, value in self.saved.items():
            self.redis.restore(key, 0, value)  # type: ignore[arg-type]
        del self.saved

    @rule()
    def trim(self) -> None:
        """Who is behind has nothing to follow any more."""
        self.loop.run(self._trim())

    @rule(user=st.sampled_from(USERS))
    def swap_rows(self, user: str) -> None:
        """As a replay does: rows are other ones, and no step says so."""
        self.loop.run(self._swap(user))

    @invariant()
    def a_copy_says_what_the_database_says_or_nothing(self) -> None:
        self.loop.run(self._agree(anyhow=False))

    @rule()
    def agree_in_the_end(self) -> None:
        """L7."""
        self.loop.run(self._settle())
        self.loop.run(self._agree(anyhow=True))

    # These are the other machine's to say.
    def archives_never_change(self) -> None:
        pass

    def the_board_equals_its_events(self) -> None:
        pass

    def counts_and_entries_equal_the_log(self) -> None:
        pass

    def _keys(self) -> list[bytes]:
        found: list[bytes] = sorted(self.redis.keys("*"))  # type: ignore[arg-type]
        return [key for key in found if not key.endswith(b"lease")]

    async def _follow(self, *processes: int) -> None:
        makers = [self.makers[one] for one in processes]
        await asyncio.gather(*(one.follow() for one in makers))
        await asyncio.gather(*(one.made() for one in makers))

    async def _settle(self) -> None:
        self.makers[0].look_after(BOARD)
        for _ in range(6):
            await self._follow(0)

    async def _trim(self) -> None:
        async with self.boards.core.store.writing() as transaction:
            await transaction.fetch(TRIM, kept=0)

    async def _swap(self, user: str) -> None:
        async with self.boards.core.store.writing() as transaction:
            await transaction.fetch(_CORRUPT, user_id=user)
            await cut(transaction, await all_boards(transaction))

    async def _agree(self, *, anyhow: bool) -> None:
        store = self.boards.core.store
        start = window_at("daily", zone_of(ZONE), self.boards.clock()).start
        for asked in _questions(start):
            told = await read_part(store, asked)
            for mirror in self.mirrors:
                said = await mirror.read(asked)
                assert said in (None, told)
                assert said is not None or not anyhow or asked.after.user_id


def _questions(start: int) -> Iterator[Asked]:
    """The top, what follows somebody who may be there or not, and those around each."""
    yield Asked(BOARD, start, 2, TOP, "", around=False)
    yield Asked(BOARD, start, 50, TOP, "ann", around=False)
    yield Asked(BOARD, start, 2, Row("ann", 1, START), "bob", around=False)
    for user in (*USERS[:3], "nobody"):
        yield Asked(BOARD, start, 3, TOP, user, around=True)


@pytest.fixture
def loop() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


def test_any_history(ready_url: str, own_redis: RedisServer, loop: asyncio.Runner) -> None:
    class Machine(CopyMachine):
        def __init__(self) -> None:
            super().__init__(ready_url, own_redis, loop)

    run_state_machine_as_test(Machine, settings=settings(max_examples=100, stateful_step_count=14))
