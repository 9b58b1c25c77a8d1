"""Consumers follow the log in order and at least once, and notice news at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from groundswell.contract.errors import DatabaseUnavailable
from groundswell.contract.events import LoggedEvent
from groundswell.log.consumers import Consumer, StoredPositions
from groundswell.store.migrate import upgrade
from tests.services.postgres import PostgresServer
from tests.support.core import Core, running_core
from tests.support.waiting import until

NEVER = 3600.0


class Recorder:
    """Notes what it is given; fails as often as it was told to."""

    def __init__(self, failures: int = 0) -> None:
        self.portions: list[list[int]] = []
        self.failures = failures

    @property
    def seen(self) -> list[int]:
        return [seq for portion in self.portions for seq in portion]

    async def consume(self, events: Sequence[LoggedEvent]) -> None:
        self.portions.append([event.seq for event in events])
        if self.failures:
            self.failures -= 1
            raise RuntimeError("not this time")

    async def has(self, count: int) -> bool:
        return len(self.seen) >= count


@asynccontextmanager
async def _running(consumer: Consumer) -> AsyncIterator[Consumer]:
    await consumer.start()
    running = asyncio.create_task(consumer.run())
    try:
        yield consumer
    finally:
        consumer.stop()
        async with asyncio.timeout(15):
            await running


async def _register(core: Core, count: int) -> None:
    for number in range(count):
        await core.register(f"Song {number}")


def _stored(core: Core) -> StoredPositions:
    return StoredPositions(core.store, core.clock)


async def test_it_takes_everything_in_order_and_remembers_where_it_is(core: Core) -> None:
    await _register(core, 7)
    recorder = Recorder()
    consumer = Consumer("g", core.log, recorder.consume, positions=_stored(core), portion=3)
    await consumer.start()
    assert [await consumer.step() for _ in range(4)] == [True, True, False, False]
    assert recorder.portions == [[1, 2, 3], [4, 5, 6], [7]]
    assert await _stored(core).load("g") == 7

    await _register(core, 2)
    again = Recorder()
    successor = Consumer("g", core.log, again.consume, positions=_stored(core))
    await successor.start()
    await successor.step()
    assert again.seen == [8, 9]


async def test_what_failed_is_handed_over_again(core: Core) -> None:
    await _register(core, 4)
    recorder = Recorder(failures=2)
    consumer = Consumer("g", core.log, recorder.consume, positions=_stored(core), portion=3)
    async with _running(consumer):
        await until(lambda: recorder.has(3 + 3 + 3 + 1))
    assert recorder.portions == [[1, 2, 3], [1, 2, 3], [1, 2, 3], [4]]
    assert consumer.statistics()["failures_total"] == 2
    assert await _stored(core).load("g") == 4


async def test_a_failure_does_not_move_the_position(core: Core) -> None:
    await _register(core, 2)
    consumer = Consumer("g", core.log, Recorder(failures=1).consume, positions=_stored(core))
    await consumer.start()
    with pytest.raises(RuntimeError):
        await consumer.step()
    assert consumer.position == 0
    assert await _stored(core).load("g") is None
    assert consumer.known_lag == 2


async def test_it_wakes_without_waiting_for_the_poll(ready_url: str) -> None:
    wakers: list[Consumer] = []
    async with running_core(ready_url, on_commit=lambda: [one.wake() for one in wakers]) as core:
        recorder = Recorder()
        consumer = Consumer("g", core.log, recorder.consume, poll_seconds=NEVER)
        wakers.append(consumer)
        async with _running(consumer):
            for number in range(1, 6):
                await core.register()
                await until(lambda count=number: recorder.has(count))  # type: ignore[misc]
    assert recorder.seen == [1, 2, 3, 4, 5]


async def test_what_another_process_wrote_is_found_by_polling(core: Core) -> None:
    recorder = Recorder()
    consumer = Consumer("g", core.log, recorder.consume, poll_seconds=0.02)
    async with _running(consumer):
        await core.register()
        await until(lambda: recorder.has(1))


async def test_without_positions_it_begins_at_the_end(core: Core) -> None:
    await _register(core, 3)
    recorder = Recorder()
    consumer = Consumer("g", core.log, recorder.consume)
    await consumer.start()
    await _register(core, 1)
    await consumer.step()
    assert recorder.seen == [4]


@pytest.mark.parametrize(("from_start", "expected"), [(True, [1, 2, 3]), (False, [3])])
async def test_a_new_group_may_begin_at_either_end(
    core: Core, *, from_start: bool, expected: list[int]
) -> None:
    await _register(core, 2)
    recorder = Recorder()
    consumer = Consumer(
        "new", core.log, recorder.consume, positions=_stored(core), from_start=from_start
    )
    await consumer.start()
    await _register(core, 1)
    await consumer.step()
    assert recorder.seen == expected


async def test_groups_do_not_know_each_other_and_positions_never_go_back(core: Core) -> None:
    positions = _stored(core)
    await positions.save("one", 5)
    await positions.save("other", 2)
    await positions.save("one", 3)
    assert [await positions.load(name) for name in ("one", "other", "none")] == [5, 2, None]


async def test_it_outlives_the_database(own_postgres: PostgresServer) -> None:
    url = own_postgres.url("postgres")
    await upgrade(url)
    async with running_core(url) as core:
        recorder = Recorder()
        consumer = Consumer(
            "g", core.log, recorder.consume, positions=_stored(core), poll_seconds=0.02
        )

        async def failed() -> bool:
            return consumer.statistics()["failures_total"] > 0

        async with _running(consumer):
            await core.register()
            await until(lambda: recorder.has(1))
            await asyncio.to_thread(own_postgres.stop)
            await until(failed)
            await asyncio.to_thread(own_postgres.start)
            await until(lambda: _answers(core))
            await core.register()
            await until(lambda: recorder.has(2), seconds=15)
    assert sorted(set(recorder.seen)) == [1, 2]


async def _answers(core: Core) -> bool:
    try:
        await core.log.head()
    except DatabaseUnavailable:
        return False
    return True
