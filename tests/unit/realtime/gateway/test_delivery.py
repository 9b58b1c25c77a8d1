"""Live events: the same bytes for all, in order, without a hole, however slowly they are read."""

from __future__ import annotations

import asyncio

from groundswell.realtime.broker.base import History
from groundswell.realtime.broker.memory import MemoryBroker
from groundswell.realtime.gateway.limits import Limits
from groundswell.realtime.messages import Envelope, Gap
from tests.unit.realtime.builders import publication
from tests.unit.realtime.gateway.dialogue import World, settle, user


async def test_p3_an_event_is_the_same_bytes_for_every_receiver() -> None:
    world = World()
    live = await world.subscribed("activity")
    slow = await world.subscribed("activity")
    slow.link.pending_bytes = 1_000_000
    await world.publish()
    slow.read_all()
    later = await world.hello()
    await later.ask("SUBSCRIBE", topics=["activity"], options={"history": 1})
    (event,) = live.link.raw
    assert slow.link.raw == [event]
    assert event in later.link.raw[1]
    assert live.link.envelopes[0] is slow.link.envelopes[0]
    page = await world.hello()
    await page.ask("HISTORY", topic="activity")
    assert event in page.link.raw[0]


async def test_p3_an_event_that_nothing_waits_before_is_one_call_of_the_link() -> None:
    world = World()
    peer = await world.subscribed("activity")
    considered: list[object] = []
    type(peer.connection.hearing).consider, former = (  # type: ignore[method-assign]
        lambda *args: considered.append(args),
        type(peer.connection.hearing).consider,
    )
    try:
        await world.publish(count=3)
    finally:
        type(peer.connection.hearing).consider = former  # type: ignore[method-assign]
    assert len(peer.link.envelopes) == 3
    assert considered == []


async def test_p4_offsets_start_at_one_and_have_no_holes_and_seq_is_of_the_whole_log() -> None:
    world = World()
    peer = await world.subscribed("activity", "media.1")
    for topic in ("activity", "media.1", "activity", "media.1", "activity"):
        await world.publish(topic)
    assert peer.offsets("activity") == [1, 2, 3]
    assert peer.offsets("media.1") == [1, 2]
    assert [one["seq"] for one in peer.heard("EVENT")] == [1, 2, 3, 4, 5]
    assert all("epoch" not in one for one in peer.heard("EVENT"))


async def test_p4_the_epoch_is_told_when_subscribing() -> None:
    world = World()
    peer = await world.hello()
    (told, *_) = await peer.ask("SUBSCRIBE", topics=["activity"])
    assert told["topics"]["activity"]["epoch"] == (await world.broker.position("activity")).epoch


async def test_p6_one_occurrence_on_two_topics_has_one_id() -> None:
    world = World()
    peer = await world.subscribed("activity", "media.1")
    await world.broker.publish([publication(1, "activity"), publication(1, "media.1")])
    assert [one["id"] for one in peer.heard("EVENT")] == ["msg-1", "msg-1"]


class PausingBroker(MemoryBroker):
    """Reading takes time, in which more is published."""

    def __init__(self) -> None:
        super().__init__(after_seq=0)
        self.meanwhile: list[int] = []

    async def history(self, topic: str, **more: object) -> History:  # type: ignore[override]
        found = await super().history(topic, **more)  # type: ignore[arg-type]
        if self.meanwhile:
            first = self.meanwhile.pop(0)
            await self.publish([publication(first, topic), publication(first + 1, topic)])
        await asyncio.sleep(0)
        return found


async def test_p5_what_comes_while_the_past_is_read_is_told_after_it_once() -> None:
    broker = PausingBroker()
    world = World(broker=broker)
    await world.publish(count=4)
    broker.meanwhile = [5]
    peer = await world.hello()
    await peer.ask("SUBSCRIBE", topics=["activity"], options={"history": 10})
    assert peer.offsets() == [1, 2, 3, 4, 5, 6]
    assert [one for one in peer.types() if one != "BATCH"] == [
        "SUBSCRIBED",
        "CAUGHT_UP",
        "EVENT",
        "EVENT",
    ]


async def test_p5_more_than_may_wait_meanwhile_is_read_from_the_history() -> None:
    broker = PausingBroker()
    world = World(broker=broker, options={"limits": Limits(buffered=1)})
    await world.publish(count=4)
    broker.meanwhile = [5, 7]
    peer = await world.hello()
    await peer.ask("SUBSCRIBE", topics=["activity"], options={"history": 10})
    assert peer.offsets() == [1, 2, 3, 4, 5, 6, 7, 8]
    await world.publish_one(publication(9))
    assert peer.offsets()[-1] == 9


async def test_p5_an_event_that_never_came_is_read_before_the_next() -> None:
    world = World()
    peer = await world.subscribed("activity")
    await world.publish()
    world.hub.leave(peer.connection)
    await world.publish(count=2)
    world.hub.subscribe(peer.connection, ["activity"])
    await world.publish()
    await settle()
    assert peer.offsets() == [1, 2, 3, 4]


async def test_p5_an_event_that_never_came_and_is_not_kept_is_named() -> None:
    world = World(broker=MemoryBroker(history_size=1, after_seq=0))
    peer = await world.subscribed("activity")
    await world.publish()
    world.hub.leave(peer.connection)
    await world.publish(count=2)
    world.hub.subscribe(peer.connection, ["activity"])
    await world.publish()
    await settle()
    assert peer.offsets() == [1, 4]
    (gap,) = peer.heard("GAP")
    assert (gap["from"], gap["to"], gap["missed"]) == (2, 3, 2)


async def test_p5_a_stream_that_began_anew_is_said_to_have() -> None:
    world = World()
    peer = await world.subscribed("activity")
    await world.publish(count=2)
    world.hub.deliver([Envelope(publication(9), 1, "another")])
    await settle()
    assert "GAP" in peer.types()
    assert peer.heard("GAP")[0]["reason"] == "epoch_changed"


async def test_p5_a_history_that_cannot_be_read_is_named_and_live_goes_on() -> None:
    class Broken(MemoryBroker):
        async def history(self, topic: str, **more: object) -> History:  # type: ignore[override]
            raise ConnectionError

    world = World(broker=Broken(after_seq=0))
    await world.publish(count=3)
    peer = await world.hello()
    epoch = (await world.broker.position("activity")).epoch
    resume = {"activity": {"epoch": epoch, "offset": 1}}
    (told, *_) = await peer.ask("SUBSCRIBE", topics=["activity"], options={"resume": resume})
    assert told["topics"]["activity"]["recovery"] == "failed"
    (gap,) = peer.heard("GAP")
    assert (gap["from"], gap["to"]) == (2, 3)
    await world.publish()
    assert peer.offsets() == [4]


async def test_events_without_offsets_are_told_and_then_where_that_leads() -> None:
    world = World()
    peer = await world.subscribed("activity")
    await world.publish()
    world.hub.deliver([Envelope(publication(2)), Envelope(publication(3))])
    world.hub.move("activity", "next", 7)
    world.hub.deliver([Envelope(publication(4), 8, "next")])
    assert [one["seq"] for one in peer.heard("EVENT")] == [1, 2, 3, 4]
    (sync,) = peer.heard("SYNC")
    assert sync["positions"] == {"activity": {"epoch": "next", "offset": 7}}
    assert "GAP" not in peer.types()


async def test_what_never_came_to_this_process_is_named_before_what_follows() -> None:
    world = World()
    peer = await world.subscribed("activity")
    world.hub.lose(Gap(topic="activity", epoch="", reason="trimmed", from_seq=1, to_seq=4))
    world.hub.deliver([Envelope(publication(5), 6, "next")])
    assert peer.types() == ["GAP", "EVENT"]


async def test_what_never_came_while_the_past_was_read_is_named_after_it() -> None:
    broker = PausingBroker()
    world = World(broker=broker)
    await world.publish(count=2)
    peer = await world.hello()
    peer.say("SUBSCRIBE", topics=["activity"], options={"history": 2})
    while "activity" not in peer.connection.subscriptions:
        await settle(1)
    world.hub.lose(Gap(topic="activity", epoch="", reason="trimmed", from_seq=3, to_seq=4))
    await settle()
    world.hub.deliver([Envelope(publication(5), 6, "next")])
    await settle()
    assert [one for one in peer.types() if one != "SUBSCRIBED"] == [
        "BATCH",
        "CAUGHT_UP",
        "GAP",
        "EVENT",
    ]


async def test_a_slow_reader_of_a_feed_loses_the_oldest_and_is_told_which() -> None:
    world = World(options={"limits": Limits(queue_messages=10)})
    peer = await world.subscribed("activity", "media.1")
    peer.link.pending_bytes = 1_000_000
    await world.publish("media.1")
    await world.publish(count=20)
    assert peer.link.raw == []
    peer.read_all()
    (first, second) = peer.heard("GAP")
    assert (first["topic"], first["from"], first["to"], first["missed"]) == ("media.1", 1, 1, 1)
    assert (second["topic"], second["from"]) == ("activity", 1)
    assert second["missed"] == second["to"] == 20 - len(peer.offsets())
    assert (second["reason"], second["url"]) == ("slow_consumer", "/v1/activity?limit=20")
    assert peer.offsets() == list(range(second["to"] + 1, 21))
    assert peer.types()[:2] == ["GAP", "GAP"]
    figures = world.gateway.statistics()
    assert figures.drops["slow_consumer"] == 1 + second["missed"]
    assert figures.behind == 0


async def test_the_queue_of_a_slow_reader_is_bounded_in_bytes_too() -> None:
    world = World(options={"limits": Limits(queue_bytes=10_000)})
    peer = await world.subscribed("activity")
    peer.link.pending_bytes = 1_000_000
    await world.publish(count=50, padding=1_000)
    backlog = peer.connection.outlet.backlog
    assert backlog is not None
    assert backlog.size <= 10_000
    peer.read_all()
    (gap,) = peer.heard("GAP")
    assert [*range(gap["from"], gap["to"] + 1), *peer.offsets()] == list(range(1, 51))


async def test_a_slow_reader_of_a_state_gets_the_newest_only() -> None:
    world = World()
    peer = await world.subscribed("hot")
    peer.link.pending_bytes = 1_000_000
    await world.publish("hot", 20, state=True)
    peer.read_all()
    assert peer.offsets("hot") == [20]
    assert peer.types() == ["EVENT"]
    assert world.gateway.statistics().drops["superseded"] == 19


async def test_a_slow_reader_of_critical_events_has_to_come_back() -> None:
    world = World(options={"limits": Limits(queue_messages=10)})
    peer = await world.subscribed("user.1.referrals", caller=user("1"))
    peer.link.pending_bytes = 1_000_000
    await world.publish("user.1.referrals", 10)
    assert peer.close_code is None
    await world.publish("user.1.referrals")
    assert peer.close_code == 4108


async def test_who_asks_and_never_reads_has_to_come_back() -> None:
    world = World(options={"limits": Limits(queue_messages=10, commands_per_second=1_000)})
    peer = await world.hello()
    peer.link.pending_bytes = 1_000_000
    for _ in range(20):
        peer.say("PING")
    assert peer.close_code == 4108


async def test_the_past_is_told_as_fast_as_it_is_read() -> None:
    world = World(broker=MemoryBroker(history_size=500, after_seq=0))
    await world.publish(count=200, padding=5_000)
    peer = await world.hello()
    peer.link.stuck = True
    peer.say("SUBSCRIBE", topics=["activity"], options={"history": 200})
    await settle()
    assert peer.link.pending_bytes < 150_000
    await world.publish(count=3)
    while "CAUGHT_UP" not in peer.types():
        peer.read_all()
        await settle()
        assert peer.link.pending_bytes < 150_000
    peer.read_all()
    assert peer.offsets() == list(range(1, 204))


async def test_a_door_that_never_says_that_it_is_drained_is_looked_at_again() -> None:
    world = World()
    peer = await world.subscribed("activity")
    peer.link.pending_bytes = 1_000_000
    await world.publish(count=2)
    peer.link.pending_bytes = 0
    world.pass_time(0.5)
    assert peer.offsets() == [1, 2]


async def test_who_is_gone_leaves_nothing_behind() -> None:
    world = World()
    peer = await world.subscribed("activity", "hot")
    peer.say("SUBSCRIBE", topics=["media.1"])
    peer.connection.gone()
    await settle()
    peer.connection.gone()
    await world.publish()
    assert peer.types() == []
    figures = world.gateway.statistics()
    assert (figures.connections, figures.subscriptions, figures.behind) == (0, 0, 0)
    assert world.hub.statistics().subscriptions == 0
    world.pass_time(60)


async def test_p5_an_event_that_cannot_be_told_ends_the_connection_not_the_subscription() -> None:
    """Silence would mean loss."""
    world = World()
    peer = await world.subscribed("activity", filter={"key": "n", "cmp": "ex"})
    other = await world.subscribed("activity")
    await world.publish_one(publication(1, data=b"[1]"))
    assert peer.close_code == 1011
    assert other.offsets() == [1]
