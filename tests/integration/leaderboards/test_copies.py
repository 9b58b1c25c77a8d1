"""Copies of boards in Redis: what they must not hold, cannot hold, and a Redis that is silent."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest_asyncio
from redis import Redis

from groundswell.domains.leaderboards.changes import KEPT, TRIM
from groundswell.domains.leaderboards.entry_rows import SAVE_ENTRIES
from groundswell.domains.leaderboards.erasing import LEADERBOARD_ERASER
from groundswell.domains.leaderboards.mirror import REST, BoardMirror
from groundswell.domains.leaderboards.mirroring import Mirroring
from groundswell.domains.leaderboards.projections import LEADERBOARD_PROJECTION
from groundswell.domains.leaderboards.queries import BoardQueries
from groundswell.domains.leaderboards.redis.copies import RedisCopies
from groundswell.domains.leaderboards.standing_pages import Asked, Part, read_part
from groundswell.domains.leaderboards.standing_rows import START
from groundswell.log.replay import replay
from groundswell.store import TEXT, Statement
from groundswell.store.persons import Erasure
from tests.integration.leaderboards.worlds import BOARD, Boards
from tests.services.redis import RedisServer

TOP = Asked(BOARD, 0, 50, START, "", around=False)
PATIENCE = 0.25
_HIDE = Statement(
    """
    INSERT INTO board_hidden (board_id, user_id, hidden_at)
    SELECT board_id, user_id, 1 FROM {rows} r
    """,
    rows={"board_id": TEXT, "user_id": TEXT},
)


class Copied:
    """Boards, and their copies in a Redis."""

    def __init__(self, boards: Boards, redis: RedisServer) -> None:
        self.boards = boards
        self.redis = redis
        self.store = boards.core.store
        self.copies = RedisCopies(redis.url, namespace="tests", patience=PATIENCE)
        self.mirroring = Mirroring(self.store, self.copies, poll_seconds=0.0)
        self.mirror = BoardMirror(self.store, self.copies, self.mirroring, boards.clock)
        self.queries = BoardQueries(self.store, boards.clock, self.mirror.read)

    async def follow(self) -> None:
        """What the job does until nothing is left to do."""
        for _ in range(4):
            await self.mirroring.follow()
            await self.mirroring.made()

    async def copy(self) -> None:
        """The board has a copy from now on."""
        self.mirroring.look_after(BOARD)
        await self.follow()
        assert await self.top() is not None

    async def top(self, asked: Asked = TOP) -> Part | None:
        """What the copy says; if anything, it is what the database says."""
        said = await self.mirror.read(asked)
        assert said in (None, await read_part(self.store, asked))
        return None if said is None else said[1]

    def kept(self) -> bytes:
        """Everything that Redis holds."""
        with Redis.from_url(self.redis.url) as client:
            keys: list[bytes] = list(client.keys("*"))  # type: ignore[arg-type]
            return b" ".join(keys) + b" ".join(client.dump(key) or b"" for key in keys)


@pytest_asyncio.fixture
async def copied(boards: Boards, own_redis: RedisServer) -> AsyncIterator[Copied]:
    one = Copied(boards, own_redis)
    await boards.create()
    yield one
    await one.copies.close()


async def test_who_is_erased_is_in_no_copy(copied: Copied) -> None:
    """P4."""
    for user in ("ann", "forget-me", "zoe"):
        await copied.boards.score(user, 5)
    await copied.boards.hide("forget-me")
    await copied.copy()
    assert b"forget-me" in copied.kept()
    erasure = Erasure("gone-1", "forget-me", frozenset({"user:forget-me"}), frozenset(), at=1)
    async with copied.store.writing() as transaction:
        await LEADERBOARD_ERASER.erase(transaction, erasure, {}, None)  # type: ignore[arg-type]
    assert await copied.top() is None
    await copied.follow()
    assert b"forget-me" not in copied.kept()
    assert await copied.boards.core.rows("SELECT changed FROM board_changes") == []
    part = await copied.top()
    assert part is not None
    assert [one.row.user_id for one in part.rows] == ["ann", "zoe"]


async def test_a_copy_follows_what_happens_and_is_made_once(copied: Copied) -> None:
    await copied.boards.score("ann", 5, event_id="first")
    await copied.copy()
    happenings = (
        copied.boards.score("bob", 5),
        copied.boards.score("bob", 2),
        copied.boards.score("ann", -3),
        copied.boards.reverse("ann", "first"),
        copied.boards.hide("bob"),
        copied.boards.hide("bob", visible=True),
        copied.boards.score("cleo", -1),
    )
    for happening in happenings:
        copied.boards.clock.advance(1)
        await happening
        assert await copied.mirror.read(TOP) is None
        await copied.follow()
        assert await copied.top() is not None
    figures = copied.mirroring.statistics()
    # What takes something back is itself on the board: two steps in one transaction.
    assert (figures["made_total"], figures["steps_total"]) == (1, len(happenings) + 1)


async def test_scores_that_a_double_cannot_hold_are_read_from_the_database(copied: Copied) -> None:
    await copied.boards.score("ann", 10**12)
    await copied.copy()
    await copied.boards.score("bob", 2**53)
    await copied.boards.score("cleo", 2**53 + 1)
    await copied.follow()
    assert await copied.top() is None
    found = await copied.queries.standings(BOARD)
    assert [one.user_id for one in found.entries] == ["cleo", "bob", "ann"]
    await copied.boards.score("bob", -(2**53) + 1)
    await copied.boards.score("cleo", -(2**53))
    await copied.follow()
    assert await copied.top() is None  # it is not tried again at once
    copied.mirroring = Mirroring(copied.store, copied.copies, poll_seconds=0.0)
    await copied.copy()


async def test_a_copy_does_not_walk_over_thousands_who_hide(copied: Copied) -> None:
    await copied.boards.score("ann", 1)
    async with copied.store.writing() as transaction:
        users = [f"shy-{number}" for number in range(2_500)]
        rows = [(BOARD, 0, user, -9, 1, 0) for user in users]
        await transaction.fetch(SAVE_ENTRIES, rows=rows)
        await transaction.fetch(_HIDE, rows=[(BOARD, user) for user in users])
    copied.mirroring.look_after(BOARD)
    await copied.follow()
    assert await copied.mirror.read(TOP) is None
    assert (await copied.mirror.read(TOP._replace(user_id="ann", around=True))) is None
    found = await copied.queries.standings(BOARD)
    assert [one.user_id for one in found.entries] == ["ann"]


async def test_rows_that_a_replay_swaps_in_are_copied_anew(copied: Copied) -> None:
    await copied.boards.score("ann", 5)
    await copied.copy()
    async with copied.store.writing() as transaction:
        await transaction.fetch(Statement("DELETE FROM board_entries"))
        await transaction.fetch(Statement("DELETE FROM board_counts"))
    outcomes = await replay(copied.store, [LEADERBOARD_PROJECTION], mend=True, snapshots=False)
    assert outcomes[0].left == 0
    assert await copied.top() is None
    await copied.follow()
    assert await copied.top() is not None


async def test_old_changes_are_removed_and_the_newest_kept(copied: Copied) -> None:
    for points in range(1, 8):
        await copied.boards.score("ann", points)
    await copied.copy()
    async with copied.store.writing() as transaction:
        await transaction.fetch(TRIM, kept=3)
    assert len(await copied.boards.core.rows("SELECT version FROM board_changes")) == 3
    await copied.boards.keeper.trim()
    assert KEPT > 1_000
    await copied.boards.score("bob", 2)
    await copied.follow()
    assert await copied.top() is not None


async def test_a_redis_that_says_nothing_delays_no_write_and_one_read(copied: Copied) -> None:
    await copied.boards.score("ann", 5)
    await copied.copy()
    async with _stopped(copied.redis):
        began = time.monotonic()
        found = await copied.queries.standings(BOARD)
        waited = time.monotonic() - began
        assert [one.user_id for one in found.entries] == ["ann"]
        assert PATIENCE <= waited < PATIENCE + 2
        gone = copied.mirror.statistics()["gone_total"]
        for number in range(20):
            await copied.boards.score("bob", 1 + number)
            found = await copied.queries.standings(BOARD, user_id="bob", around=True)
            assert found.me is not None
            assert found.me.score == sum(range(1, number + 2))
        assert copied.mirror.statistics()["gone_total"] == gone  # Redis was left alone
    copied.boards.clock.advance(REST)
    await copied.follow()
    assert await copied.top() is not None


@asynccontextmanager
async def _stopped(redis: RedisServer) -> AsyncIterator[None]:
    """It is there and answers nothing."""
    os.kill(redis.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(redis.pid, signal.SIGCONT)
        await asyncio.sleep(0.05)
