"""Several processes on one Redis: each event once, in one order, whatever happens to Redis."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from msgspec import UNSET
from redis.asyncio import Redis

from groundswell.contract.times import HOUR, SECOND
from groundswell.realtime.broker.base import Degraded
from groundswell.realtime.broker.redis.broker import RedisBroker
from groundswell.realtime.broker.redis.streams import Retention
from groundswell.realtime.hub import Hub
from groundswell.realtime.messages import Envelope, Gap, Publication
from tests.services.redis import RedisServer
from tests.support.core import ManualClock
from tests.support.waiting import until
from tests.unit.realtime.builders import publication
from tests.unit.realtime.published_log import PublishedLog


@dataclass(eq=False)
class Listener:
    """One connection of a process."""

    heard: list[Envelope] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    moves: list[tuple[str, str, int]] = field(default_factory=list)

    def send(self, envelope: Envelope) -> None:
        self.heard.append(envelope)

    def lose(self, gap: Gap) -> None:
        self.gaps.append(gap)

    def move(self, topic: str, epoch: str, offset: int) -> None:
        self.moves.append((topic, epoch, offset))

    @property
    def seqs(self) -> list[int]:
        return [one.seq for one in self.heard]

    @property
    def places(self) -> list[tuple[int, int | None]]:
        return [(one.seq, one.offset) for one in self.heard]


@dataclass(eq=False)
class Process:
    """A broker with its hub."""

    broker: RedisBroker
    hub: Hub
    log: PublishedLog

    async def listen(self, *topics: str) -> Listener:
        listener = Listener()
        self.hub.subscribe(listener, topics)
        await self.hub.ready(topics)
        return listener

    async def follow_log(self) -> None:
        """Publish what the log holds, as the consumer of the process does."""
        await self.broker.publish((await self.log.publications(0, 10_000)).publications)

    @property
    def joined(self) -> bool:
        return bool(self.broker.statistics()["connected"])


@asynccontextmanager
async def process(url: str, log: PublishedLog, **options: Any) -> AsyncIterator[Process]:
    options = {"delivered": log.head, "patience": 1.0} | options
    broker = RedisBroker(url, log_id=log.log_id, source=log, **options)
    hub = Hub(broker)
    broker.serve(hub)
    work = asyncio.create_task(broker.run())
    try:
        await broker.wait_joined(2)
        yield Process(broker, hub, log)
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        await broker.close()


@asynccontextmanager
async def two(
    url: str, log: PublishedLog, **options: Any
) -> AsyncIterator[tuple[Process, Process]]:
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(process(url, log, **options))
        yield first, await stack.enter_async_context(process(url, log, **options))


@pytest.fixture
def log() -> PublishedLog:
    return PublishedLog(uuid4().hex, head=100)


def state(seq: int, topic: str = "hot", event_id: str | None = None) -> Publication:
    one = publication(seq, topic, state=True)
    return one if event_id is None else Publication(**{**_fields(one), "id": event_id})


def _fields(one: Publication) -> dict[str, Any]:
    return {name: getattr(one, name) for name in one.__struct_fields__}


async def away(*processes: Process) -> None:
    async def gone() -> bool:
        return not any(one.joined for one in processes)

    await until(gone)


async def back(*processes: Process) -> None:
    async def joined() -> bool:
        return all(one.joined for one in processes)

    await until(joined)


async def joined(times: int, *processes: Process) -> None:
    async def have() -> bool:
        return all(one.broker.statistics()["joins_total"] == times for one in processes)

    await until(have)


async def test_each_event_reaches_both_processes_once_with_the_same_offset(
    redis_server: RedisServer, log: PublishedLog
) -> None:
    async with two(redis_server.url, log) as (one, other):
        first, second = await one.listen("activity", "media.1"), await other.listen("activity")
        for seq in range(101, 121):
            log.write(publication(seq), publication(seq, "media.1"))
            await asyncio.gather(one.follow_log(), other.follow_log())
        await other.listen("media.1")
        expected = [(seq, seq - 100) for seq in range(101, 121)]
        assert first.places[::2] == first.places[1::2] == expected
        assert second.places == expected
        assert {e.epoch for e in first.heard} == {e.epoch for e in second.heard}
        assert (one.hub.seq, other.hub.seq) == (120, 120)


async def test_a_process_that_starts_puts_in_what_nobody_published(
    redis_server: RedisServer, log: PublishedLog
) -> None:
    async with process(redis_server.url, log) as one:
        await one.broker.publish(log.write(publication(101)))
    log.write(*(publication(seq) for seq in range(102, 2_500)))
    async with process(redis_server.url, log) as other:
        assert (await other.broker.position("activity")).offset == 2_399
        assert other.hub.seq == 2_499
        history = await other.broker.history("activity", after_seq=2_490)
        assert ([e.seq for e in history.envelopes], history.complete) == (
            list(range(2_491, 2_500)),
            True,
        )


async def test_a_process_hears_only_topics_that_somebody_there_listens_to(
    redis_server: RedisServer, log: PublishedLog
) -> None:
    async with (
        two(redis_server.url, log) as (one, other),
        Redis.from_url(redis_server.url) as redis,
    ):

        async def listened(topic: str) -> int:
            pattern = f"groundswell:{{{log.log_id}}}:topic:{topic}"
            return len(await redis.execute_command("PUBSUB", "SHARDCHANNELS", pattern))

        first = await one.listen("media.1")
        assert (await listened("media.1"), await listened("media.2")) == (1, 0)
        again = await one.listen("media.1")
        one.hub.leave(first)
        await one.listen("activity")
        assert await listened("media.1") == 1
        one.hub.leave(again)

        async def dropped() -> bool:
            return await listened("media.1") == 0

        await until(dropped)
        await other.broker.publish(log.write(publication(101, "media.1")))
        returned = await one.listen("media.1")
        assert (await one.broker.position("media.1")).offset == 1
        await other.broker.publish(log.write(publication(102, "media.1")))
        await one.follow_log()
        await until(lambda: _said(returned.places == [(102, 2)]))


async def _said(value: bool) -> bool:
    return value


async def test_what_is_published_while_somebody_subscribes_is_past_or_comes_live(
    redis_server: RedisServer, log: PublishedLog
) -> None:
    async with two(redis_server.url, log) as (one, other):
        work = asyncio.create_task(_publish_on_and_on(one))
        try:
            for _ in range(20):
                listener = await other.listen("media.1")
                seq = other.hub.seq
                offset = (await other.broker.position("media.1")).offset
                await until(partial(_heard_beyond, listener, seq + 5))
                other.hub.leave(listener)
                live = [place for _, place in listener.places if place and place > offset]
                assert live == list(range(offset + 1, offset + 1 + len(live)))
                after = [place for place in listener.seqs if place > seq]
                assert after == list(range(seq + 1, seq + 1 + len(after)))
                past = await other.broker.history("media.1", after_offset=offset - 1, limit=1)
                assert [one.offset for one in past.envelopes] == [offset]
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)


async def _publish_on_and_on(process: Process) -> None:
    while True:
        await process.broker.publish(
            process.log.write(publication(process.log.head + 1, "media.1"))
        )
        await asyncio.sleep(0)


async def _heard_beyond(listener: Listener, seq: int) -> bool:
    return bool(listener.heard) and listener.seqs[-1] > seq


async def test_any_number_may_ask_at_once_and_redis_stays(
    redis_server: RedisServer, log: PublishedLog
) -> None:
    async with process(redis_server.url, log) as one:
        await one.listen("activity")
        log.write(publication(101))
        await one.follow_log()
        places = await asyncio.gather(*(one.broker.position("activity") for _ in range(500)))
        assert one.joined
        assert one.broker.statistics()["joins_total"] == 1
        assert {place.offset for place in places} == {1}
        assert len({place.epoch for place in places}) == 1


async def test_a_state_that_both_know_is_told_once_and_one_process_speaks(
    redis_server: RedisServer, log: PublishedLog
) -> None:
    async with two(redis_server.url, log, lease_seconds=0.4) as (one, other):
        listener = await other.listen("media.1")
        assert (one.broker.speaks, other.broker.speaks) == (True, False)
        woken: list[str] = []
        one.broker.on_others(lambda: woken.append("one"))
        other.broker.on_others(lambda: woken.append("other"))
        for broker in (one.broker, other.broker):
            await broker.publish([state(101, "media.1", "msg-same")])
        await until(lambda: _said(woken == ["one"]))
        await one.broker.publish([state(102, "media.1", "msg-next")])
        await other.broker.publish([state(101, "media.1", "msg-late")])
        assert [e.publication.id for e in listener.heard] == ["msg-same", "msg-next"]


async def test_another_process_speaks_once_the_first_has_vanished(
    redis_server: RedisServer, log: PublishedLog
) -> None:
    async with process(redis_server.url, log, lease_seconds=0.4) as other:
        assert other.broker.speaks
        async with process(redis_server.url, log, lease_seconds=0.4) as one:
            assert not one.broker.speaks
        await asyncio.sleep(0.5)
        assert other.broker.speaks


async def test_without_redis_listeners_are_told_from_the_log_and_later_catch_up(
    own_redis: RedisServer, log: PublishedLog
) -> None:
    async with two(own_redis.url, log) as (one, other):
        here, there = await one.listen("activity"), await other.listen("activity")
        await one.broker.publish(log.write(publication(101), publication(102)))
        epoch = here.heard[0].epoch
        own_redis.stop()
        await away(one, other)
        assert not one.broker.keeps_history
        with pytest.raises(Degraded):
            await one.broker.history("activity")
        assert (await one.broker.position("activity")).epoch.startswith("away-")
        for seq in range(103, 109):
            log.write(publication(seq))
            await one.follow_log()
            await other.follow_log()
        newcomer = await other.listen("activity")
        own_redis.start()
        await back(one, other)
        await one.broker.publish(log.write(publication(109)))
        await other.follow_log()
        await until(lambda: _said(there.seqs[-1:] == [109]))
        told = [(101, 1), (102, 2), *((seq, None) for seq in range(103, 109)), (109, 9)]
        assert here.places == there.places == told
        assert newcomer.places == [(109, 9)]
        assert here.moves == there.moves == newcomer.moves == [("activity", epoch, 8)]
        assert {e.epoch for e in here.heard} == {epoch, None}
        history = await other.broker.history("activity", after_offset=2)
        assert ([e.seq for e in history.envelopes], history.complete) == (
            list(range(103, 110)),
            True,
        )


async def test_a_lost_connection_is_made_up_for_with_the_offsets_in_redis(
    redis_server: RedisServer, log: PublishedLog
) -> None:
    async with (
        two(redis_server.url, log) as (one, other),
        Redis.from_url(redis_server.url) as redis,
    ):
        there = await other.listen("activity", "media.1")
        await one.broker.publish(log.write(publication(101)))
        for seq in range(102, 140):
            if seq % 9 == 0:
                await redis.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
            log.write(publication(seq), publication(seq, "media.1"))
            await one.follow_log()
        await back(one, other)
        await until(lambda: _said(there.seqs[-1:] == [139]))
        activity = [e for e in there.heard if e.topic == "activity"]
        assert [e.seq for e in activity] == list(range(101, 140))
        assert [e.seq for e in there.heard] == sorted(e.seq for e in there.heard)
        assert all(e.offset in {None, e.seq - 100} for e in activity)
        assert there.gaps == []


async def test_a_redis_that_lost_its_data_begins_a_new_epoch_and_nothing_is_lost(
    own_redis: RedisServer, log: PublishedLog
) -> None:
    async with two(own_redis.url, log) as (one, other):
        here, there = await one.listen("activity"), await other.listen("activity")
        await one.broker.publish(log.write(*(publication(seq) for seq in range(101, 106))))
        before = (await other.broker.position("activity")).epoch
        own_redis.kill()
        await away(one, other)
        log.write(publication(106))
        await one.follow_log()
        own_redis.start()
        await back(one, other)
        await one.broker.publish(log.write(publication(107)))
        await until(lambda: _said(there.seqs[-1:] == [107]))
        assert here.seqs == there.seqs == list(range(101, 108))
        after = await other.broker.position("activity")
        assert after.epoch != before
        assert [move[:2] for move in there.moves] == [("activity", after.epoch)]
        assert (there.heard[-1].offset, there.heard[-1].epoch) == (after.offset, after.epoch)


async def test_a_redis_that_lost_its_end_begins_a_new_epoch(
    own_redis: RedisServer, log: PublishedLog
) -> None:
    async with two(own_redis.url, log) as (one, other):
        there = await other.listen("activity")
        await one.broker.publish(log.write(publication(101)))
        own_redis.stop()
        own_redis.start()
        await joined(2, one, other)
        await one.broker.publish(log.write(publication(102), publication(103)))
        before = (await one.broker.position("activity")).epoch
        own_redis.kill()
        own_redis.start()
        await joined(3, one, other)
        await one.broker.publish(log.write(publication(104)))
        await until(lambda: _said(there.seqs[-1:] == [104]))
        assert there.seqs == [101, 102, 103, 104]
        assert (await one.broker.position("activity")).epoch != before


async def test_a_topic_that_redis_forgot_begins_a_new_epoch(
    redis_server: RedisServer, log: PublishedLog
) -> None:
    async with (
        two(redis_server.url, log) as (one, other),
        Redis.from_url(redis_server.url) as redis,
    ):
        there = await other.listen("activity")
        await one.broker.publish(log.write(publication(101), publication(102)))
        before = (await other.broker.position("activity")).epoch
        pattern = f"groundswell:{{{log.log_id}}}:*:record:activity"
        assert await redis.delete(*[key async for key in redis.scan_iter(pattern)]) == 1
        log.write(publication(103))
        await one.follow_log()
        await joined(2, other)
        await back(one, other)
        log.write(publication(104))
        await one.follow_log()
        await until(lambda: _said(there.seqs[-1:] == [104]))
        assert there.seqs == [101, 102, 103, 104]
        after = await other.broker.position("activity")
        assert (after.epoch != before, there.heard[-1].offset) == (True, after.offset)


async def test_a_log_that_lost_its_end_begins_a_new_epoch(
    redis_server: RedisServer, log: PublishedLog
) -> None:
    async with process(redis_server.url, log) as one:
        await one.broker.publish(log.write(*(publication(seq) for seq in range(101, 111))))
        before = (await one.broker.position("activity")).epoch
    restored = PublishedLog(log.log_id, head=104)
    async with process(redis_server.url, restored) as one:
        listener = await one.listen("activity")
        await one.broker.publish(restored.write(publication(105)))
        assert listener.places == [(105, 1)]
        assert listener.heard[0].epoch != before


async def test_what_neither_redis_nor_the_log_holds_is_named_in_a_gap(
    own_redis: RedisServer, log: PublishedLog
) -> None:
    async with process(own_redis.url, log) as one:
        listener = await one.listen("activity", "hot")
        await one.broker.publish(log.write(publication(101)))
        own_redis.kill()
        await away(one)
        log.write(*(publication(seq) for seq in range(102, 111)))
        log.trim(108)
        await one.follow_log()
        assert listener.seqs == [101, 108, 109, 110]
        (gap,) = listener.gaps
        assert (gap.topic, gap.reason, gap.from_seq, gap.to_seq) == (
            "activity",
            "trimmed",
            102,
            107,
        )
        assert gap.from_ is UNSET


async def test_states_are_told_alone_and_the_newest_after_redis_came_back(
    own_redis: RedisServer, log: PublishedLog
) -> None:
    async with two(own_redis.url, log) as (one, other):
        here, there = await one.listen("hot"), await other.listen("hot")
        await one.broker.publish([state(101)])
        own_redis.stop()
        await away(one, other)
        await one.broker.publish([state(102, event_id="msg-alone")])
        assert [e.publication.id for e in here.heard] == ["msg-101", "msg-alone"]
        own_redis.start()
        await back(one, other)
        await one.broker.publish([state(103)])
        await until(lambda: _said(there.seqs == [101, 103]))


async def test_the_log_being_away_too_loses_nothing(
    own_redis: RedisServer, log: PublishedLog
) -> None:
    async with process(own_redis.url, log) as one:
        listener = await one.listen("activity")
        own_redis.stop()
        await away(one)
        log.available = False
        log.write(publication(101))
        own_redis.start()
        await asyncio.sleep(0.3)
        assert (one.joined, listener.seqs) == (False, [])
        log.available = True
        await back(one)
        await until(lambda: _said(listener.places == [(101, 1)]))


async def test_histories_have_an_age_and_positions_outlive_them(
    redis_server: RedisServer, log: PublishedLog
) -> None:
    clock = ManualClock()
    async with process(redis_server.url, log, clock=clock, retention=Retention(age=HOUR)) as one:
        await one.broker.publish(log.write(publication(101)))
        clock.advance(HOUR - SECOND)
        await one.broker.publish(log.write(publication(102)))
        clock.advance(2 * SECOND)
        position = await one.broker.position("activity")
        assert (position.offset, position.lowest) == (2, 2)
        assert (await one.broker.history("activity", after_seq=101)).complete
        assert not (await one.broker.history("activity", after_seq=100)).complete
        clock.advance(HOUR)
        position = await one.broker.position("activity")
        assert (position.offset, position.lowest) == (2, 3)
        assert (await one.broker.history("activity", after_offset=2)).complete
        assert not (await one.broker.history("activity", after_offset=1)).complete
        await one.broker.publish(log.write(publication(103)))
        after = await one.broker.position("activity")
        assert (after.epoch, after.offset, after.lowest) == (position.epoch, 3, 3)


async def test_a_forgotten_position_begins_a_new_epoch_and_its_past_is_unknown(
    redis_server: RedisServer, log: PublishedLog
) -> None:
    clock = ManualClock()
    kept = Retention(age=SECOND // 10, position=SECOND // 5)
    async with process(redis_server.url, log, clock=clock, retention=kept) as one:
        await one.broker.publish(log.write(publication(101)))
        before = await one.broker.position("activity")
        await asyncio.sleep(0.3)
        clock.advance(SECOND)
        assert not (await one.broker.history("activity", after_seq=100)).complete
        for seq in (102, 103):
            await one.broker.publish(log.write(publication(seq, "media.1")))
            clock.advance(SECOND)
        after = await one.broker.position("activity")
        assert (after.epoch != before.epoch, after.offset) == (True, 0)
        assert not (await one.broker.history("activity", after_seq=100)).complete


async def test_two_logs_in_one_redis_do_not_meet(redis_server: RedisServer) -> None:
    async with AsyncExitStack() as stack:
        one, other = [
            await stack.enter_async_context(
                process(redis_server.url, PublishedLog(uuid4().hex, head=head))
            )
            for head in (100, 7)
        ]
        listener = await other.listen("activity")
        await one.broker.publish(one.log.write(publication(101)))
        await other.broker.publish(other.log.write(publication(8)))
        assert listener.places == [(8, 1)]


async def test_a_new_epoch_is_heard_by_all_processes_without_coming_back(
    redis_server: RedisServer, log: PublishedLog
) -> None:
    """Section 7, row 6: one process finds out that a stream lost its end."""
    async with two(redis_server.url, log) as (one, other):
        first, second = await one.listen("activity"), await other.listen("activity")
        await one.broker.publish(log.write(publication(101), publication(102)))
        epoch = (await one.broker.position("activity")).epoch
        renewed = await one.broker.renew("activity", epoch, 3)

        async def known() -> bool:
            return await other.broker.position("activity") == renewed

        await until(known)
        await other.broker.publish(log.write(publication(103)))
        await one.follow_log()
        for listener in (first, second):
            assert listener.places == [(101, 1), (102, 2), (103, 1)]
            assert listener.heard[-1].epoch == renewed.epoch
            assert (listener.gaps, listener.moves) == ([], [])
        await joined(1, one, other)


async def test_a_pattern_is_heard_at_every_process_with_the_places_of_each_topic(
    redis_server: RedisServer, log: PublishedLog
) -> None:
    async with two(redis_server.url, log) as (one, other):
        wide, both = await one.listen("media.*"), await one.listen("media.*", "media.1")
        named = await other.listen("media.1")
        for seq in range(101, 106):
            log.write(
                publication(seq, "media.1"), publication(seq, "media.2"), publication(seq, "hot")
            )
            await asyncio.gather(one.follow_log(), other.follow_log())
        await other.broker.publish([state(105, "media.3")])
        await one.broker.publish(log.write(publication(106, "activity")))
        every = [(seq, offset) for seq, offset in zip(range(101, 106), range(1, 6), strict=True)]
        for listener in (wide, both):
            by_topic = {
                topic: [(e.seq, e.offset) for e in listener.heard if e.topic == topic]
                for topic in {e.topic for e in listener.heard}
            }
            assert by_topic == {"media.1": every, "media.2": every, "media.3": [(105, 1)]}
        assert named.places == every
        one.hub.leave(wide)
        one.hub.leave(both)
        last = await one.listen("media.2")
        await other.broker.publish(log.write(publication(107, "media.2")))
        await one.follow_log()
        await until(lambda: _said(last.places == [(107, 6)]))


async def test_a_pattern_is_heard_while_redis_is_away_and_after(
    redis_server: RedisServer, log: PublishedLog
) -> None:
    async with process(redis_server.url, log) as one:
        wide = await one.listen("media.*")
        await one.broker.publish(log.write(publication(101, "media.1")))
        redis_server.kill()
        await one.broker.publish(log.write(publication(102, "media.1"), publication(102, "hot")))
        await away(one)
        await one.broker.publish(log.write(publication(103, "media.2")))
        redis_server.start()
        await back(one)
        await one.broker.publish(log.write(publication(104, "media.3")))
        await until(lambda: _said(wide.seqs == [101, 102, 103, 104]))
        assert [e.topic for e in wide.heard] == ["media.1", "media.1", "media.2", "media.3"]


async def test_what_was_published_elsewhere_while_this_process_was_cut_off_is_told(
    redis_server: RedisServer, log: PublishedLog
) -> None:
    async with (
        two(redis_server.url, log) as (one, other),
        Redis.from_url(redis_server.url) as redis,
    ):
        wide = await one.listen("media.*", "media.1")
        await other.broker.publish(log.write(publication(101, "media.1")))
        await redis.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
        await other.broker.publish(log.write(publication(102, "media.1")))
        await other.broker.publish(log.write(publication(103, "media.2")))
        await until(lambda: _said(sorted(wide.seqs) == [101, 102, 103]))
