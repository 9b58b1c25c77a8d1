"""The broker of a single process."""

from __future__ import annotations

import pytest

from groundswell.contract.times import HOUR
from groundswell.realtime.broker.memory import MemoryBroker
from tests.unit.realtime.broker_conformance import BrokerConformance, seqs
from tests.unit.realtime.builders import publication


class Clock:
    def __init__(self) -> None:
        self.instant = 0

    def __call__(self) -> int:
        return self.instant


class TestMemoryBroker(BrokerConformance):
    @pytest.fixture
    def broker(self) -> MemoryBroker:
        return MemoryBroker(history_size=5, after_seq=100)


async def test_two_lives_have_different_epochs() -> None:
    one, two = MemoryBroker(), MemoryBroker()
    assert (await one.position("activity")).epoch != (await two.position("activity")).epoch


async def test_without_a_start_the_history_begins_at_the_first_publication() -> None:
    broker = MemoryBroker()
    assert not (await broker.history("activity", after_seq=40)).complete
    await broker.publish([publication(41)])
    assert (await broker.history("activity", after_seq=40)).complete
    assert not (await broker.history("activity", after_seq=39)).complete


async def test_an_idle_topic_loses_its_history_and_not_its_position() -> None:
    clock = Clock()
    broker = MemoryBroker(idle=HOUR, after_seq=0, clock=clock)
    await broker.publish([publication(1), publication(2)])
    before = await broker.position("activity")
    clock.instant = HOUR
    await broker.publish([publication(3, "media.1")])
    assert seqs(await broker.history("activity")) == [1, 2]
    clock.instant = HOUR + 1
    await broker.publish([publication(4, "media.1")])
    after = await broker.position("activity")
    assert (after.epoch, after.offset, after.lowest) == (before.epoch, 2, 3)
    assert (await broker.history("activity", after_offset=2)).complete
    assert not (await broker.history("activity", after_offset=1)).complete
    assert (await broker.history("activity", after_seq=2)).complete
    assert not (await broker.history("activity", after_seq=1)).complete
    await broker.publish([publication(5)])
    assert (await broker.position("activity")).offset == 3


async def test_topics_are_bounded_and_a_forgotten_one_begins_a_new_epoch() -> None:
    broker = MemoryBroker(max_topics=2, after_seq=0)
    await broker.publish([publication(1, "media.1"), publication(2, "media.2")])
    former = await broker.position("media.1")
    await broker.publish([publication(3, "media.2"), publication(4, "media.3")])
    assert broker.statistics().topics == 2
    await broker.publish([publication(5, "media.1")])
    latter = await broker.position("media.1")
    assert (latter.offset, latter.epoch != former.epoch) == (1, True)
    assert not (await broker.history("media.1", after_seq=0)).complete
    assert (await broker.history("media.1", after_seq=4)).complete


async def test_it_counts_what_it_holds() -> None:
    clock = Clock()
    broker = MemoryBroker(idle=HOUR, clock=clock)
    await broker.publish([publication(1), publication(1, "media.1")])
    clock.instant = 2 * HOUR
    await broker.publish([publication(2)])
    statistics = broker.statistics()
    assert (statistics.topics, statistics.warm, statistics.published) == (2, 1, 3)


async def test_a_late_state_that_is_forgotten_hides_no_hole() -> None:
    """States are published with the ``seq`` of an earlier event."""
    broker = MemoryBroker(after_seq=0, history_size=2)
    await broker.publish([publication(seq, "media.1") for seq in (5, 6, 7)])
    await broker.publish([publication(4, "media.1", state=True)])
    await broker.publish([publication(seq, "media.1") for seq in (8, 9)])
    assert not (await broker.history("media.1", after_seq=6)).complete
    assert (await broker.history("media.1", after_seq=7)).complete
