"""The past of topics, read backwards from the log."""

from __future__ import annotations

import asyncio

from groundswell.contract.times import MINUTE
from groundswell.delivery.past import TopicPast
from groundswell.log.reader import EventLog
from tests.support.core import Core


class CountedLog(EventLog):
    """Counts how often it is read."""

    reads = 0

    async def after(self, seq: int, limit: int = 500):  # type: ignore[no-untyped-def]
        self.reads += 1
        return await super().after(seq, limit)


async def counted(core: Core, events: int) -> CountedLog:
    for number in range(events):
        await core.register(f"Song {number}")
    return CountedLog(core.store)


async def test_what_many_ask_for_is_read_once(core: Core) -> None:
    log = await counted(core, 20)
    past = TopicPast(log, core.clock, block=5)
    asked = [past.before("activity", 16 - n % 3, 6) for n in range(30)]
    found = await asyncio.gather(*asked)
    assert {len(one) for one in found} == {6}
    assert log.reads <= 4
    core.clock.advance(2 * MINUTE)
    await past.before("activity", 16, 6)
    assert log.reads > 4, "what may have been erased meanwhile is read again"


async def test_a_block_that_grows_is_read_anew(core: Core) -> None:
    log = await counted(core, 2)
    past = TopicPast(log, core.clock, block=5)
    assert [one.seq for one in await past.before("activity", 9, 9)] == [1, 2]
    await core.register("Another")
    assert [one.seq for one in await past.before("activity", 9, 9)] == [1, 2, 3]


async def test_it_looks_back_so_far_and_no_further(core: Core) -> None:
    log = await counted(core, 20)
    past = TopicPast(log, core.clock, block=5, reach=6)
    found = await past.before("activity", 21, 100)
    assert found[-1].seq == 20
    assert found[0].seq >= 10
