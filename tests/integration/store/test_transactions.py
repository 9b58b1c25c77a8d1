"""Transactions on either engine: all or nothing, also for those who are cancelled half way."""

from __future__ import annotations

import asyncio
import random

import pytest

from groundswell.store import BIGINT, TEXT, Statement, Transaction
from tests.support.core import Core

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
        await tx.flush()
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
