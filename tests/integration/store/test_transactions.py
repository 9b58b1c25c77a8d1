"""Transactions on either engine: all or nothing, also for those who are cancelled half way."""

from __future__ import annotations

import asyncio
import random

import pytest

from groundswell.domains.engagement.commands import UpdateMedia
from groundswell.domains.engagement.hotness import LOCK_FILES
from groundswell.store import BIGINT, TEXT, Statement, Transaction
from tests.support.core import START, Core, running_core, somebody_waits_for_a_lock
from tests.support.waiting import until

ADD = Statement(
    "INSERT INTO consumer_positions (consumer_group, seq, updated_at) VALUES (:name, 1, 0)"
)
ADD_ROWS = Statement(
    "INSERT INTO consumer_positions (consumer_group, seq, updated_at) {values}",
    rows={"consumer_group": TEXT, "seq": BIGINT, "updated_at": BIGINT},
)
NAMES = "SELECT consumer_group FROM consumer_positions ORDER BY consumer_group"
SLOW = Statement(
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) "
    "SELECT MAX(i) FROM n"
)


async def _names(core: Core) -> list[str]:
    return [name for (name,) in await core.rows(NAMES)]


async def test_an_exception_rolls_back(core: Core) -> None:
    with pytest.raises(LookupError):
        async with core.store.writing() as tx:
            await tx.fetch(ADD, name="lost")
            raise LookupError
    async with core.store.writing() as tx:
        await tx.fetch(ADD, name="kept")
    assert await _names(core) == ["kept"]


async def test_what_work_raises_rolls_back_and_the_writer_goes_on(core: Core) -> None:
    async def fail(tx: Transaction) -> None:
        await tx.write(ADD, name="lost")
        assert await tx.fetch(Statement(NAMES)) == [("lost",)]
        raise LookupError

    async def succeed(tx: Transaction) -> str:
        await tx.write(ADD, name="kept")
        await tx.write(ADD_ROWS, rows=[("also", 1, 0)])
        return "done"

    with pytest.raises(LookupError):
        await core.store.transact(fail)
    assert await core.store.transact(succeed) == "done"
    assert await _names(core) == ["also", "kept"]


async def test_a_snapshot_does_not_see_what_is_written_meanwhile(core: Core) -> None:
    async with core.store.reading() as tx:
        assert await tx.fetch(Statement(NAMES)) == []
        async with core.store.writing() as other:
            await other.fetch(ADD, name="later")
        assert await tx.fetch(Statement(NAMES)) == []
    assert await _names(core) == ["later"]


async def test_cancelled_writes_leave_nothing_behind_and_nobody_waiting(core: Core) -> None:
    """Wherever it is hit, a cancelled transaction is over before the next one begins."""
    chance = random.Random(5)
    kept = []
    for number in range(60):
        name = f"n{number:03}"
        writing = asyncio.create_task(_write(core, name))
        await _moment(chance)
        writing.cancel()
        (outcome,) = await asyncio.gather(writing, return_exceptions=True)
        assert outcome is None or isinstance(outcome, asyncio.CancelledError), outcome
        if outcome is None:
            kept.append(name)
        async with asyncio.timeout(5):
            await core.register()
    # One cancelled while it committed may be there as well.
    assert set(kept) <= set(await _names(core))
    await core.assert_consistent()


async def test_cancelled_reads_leave_their_connection_fresh(core: Core) -> None:
    """A connection that stayed in its snapshot would answer from the past for ever."""
    chance = random.Random(6)
    for _ in range(60):
        reading = asyncio.create_task(_read(core))
        await _moment(chance)
        reading.cancel()
        (outcome,) = await asyncio.gather(reading, return_exceptions=True)
        assert outcome is None or isinstance(outcome, asyncio.CancelledError), outcome
    media = await core.register()
    async with asyncio.timeout(5):
        for _ in range(6):
            assert (await core.queries.media(media)).media_file_id == media
            assert (await core.queries.stats(media)).media_file_id == media


async def _moment(chance: random.Random) -> None:
    """A few turns of the loop, or a few milliseconds."""
    if chance.random() < 0.5:
        await asyncio.sleep(chance.random() * 0.004)
    else:
        for _ in range(chance.randrange(6)):
            await asyncio.sleep(0)


async def _write(core: Core, name: str) -> None:
    async with core.store.writing() as tx:
        await tx.fetch(ADD, name=name)
        await tx.fetch(SLOW)


async def _read(core: Core) -> None:
    async with core.store.reading() as tx:
        await tx.fetch(SLOW)
        await tx.fetch(SLOW)


async def test_a_transaction_that_ended_a_deadlock_may_be_tried_again(ready_postgres: str) -> None:
    async with running_core(ready_postgres) as core:
        files = [await core.register() for _ in range(2)]
        met = asyncio.Barrier(2)

        async def lock(order: list[int]) -> None:
            async with core.store.writing() as tx:
                await tx.fetch(LOCK_FILES, rows=[(order[0],)])
                await met.wait()
                await tx.fetch(LOCK_FILES, rows=[(order[1],)])

        outcomes = await asyncio.gather(lock(files), lock(files[::-1]), return_exceptions=True)
        assert sorted(type(one).__name__ for one in outcomes) == ["DatabaseUnavailable", "NoneType"]


async def test_the_writer_locks_files_in_the_order_of_their_ids(ready_postgres: str) -> None:
    """Whatever the order of the commands: else it and a job could wait for each other."""
    async with running_core(ready_postgres) as core:
        one, two = [await core.register() for _ in range(2)]
        changes = [UpdateMedia(media_file_id=it, title="New", at=START) for it in (two, one)]
        async with core.store.writing() as job:
            await job.fetch(LOCK_FILES, rows=[(one,)])
            writing = asyncio.create_task(core.together(*changes))
            await until(lambda: somebody_waits_for_a_lock(core))
            await job.fetch(LOCK_FILES, rows=[(two,)])
        assert [answer.title for answer in await writing] == ["New", "New"]
        assert core.writer.statistics()["isolated_batches_total"] == 0
