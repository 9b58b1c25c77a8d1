"""Holes (section 7, row 4; section 8): a GAP, and a DIGEST of what it hides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from groundswell.contract.times import DAY, HOUR
from groundswell.realtime.broker.memory import MemoryBroker
from groundswell.realtime.messages import Publication
from tests.unit.realtime.builders import publication
from tests.unit.realtime.gateway.dialogue import Message, Peer, World, user


class Log:
    """Everything that was published, as the log keeps it."""

    def __init__(self) -> None:
        self.told: list[Publication] = []
        self.asked: list[tuple[str, int, int]] = []
        self.lowest = 0

    async def before(self, topic: str, seq: int, count: int) -> Sequence[Publication]:
        self.asked.append((topic, seq, count))
        found = [one for one in self.told if one.topic == topic and self.lowest <= one.seq < seq]
        return found[-count:]


def world_with(log: Log, *, kept: int = 4) -> World:
    world = World(broker=MemoryBroker(history_size=kept, after_seq=0), options={"past": log.before})
    world.broker.attach(lambda told: log.told.extend(one.publication for one in told))
    return world


async def coming_back(
    world: World,
    offset: int,
    *,
    topic: str = "activity",
    features: Sequence[str] = ("batch", "snapshot", "digest"),
    **options: Any,
) -> Peer:
    place = {"epoch": (await world.broker.position(topic)).epoch, "offset": offset}
    peer = await world.hello(user("1"), features=list(features))
    await peer.ask("SUBSCRIBE", topics=[topic], options={"resume": {topic: place}, **options})
    return peer


async def publish(world: World, count: int, *, topic: str = "activity", at: int = 0) -> None:
    for _ in range(count):
        world.seq += 1
        parity = "odd" if world.seq % 2 else "even"
        data = b'{"eventType":"count.%b","n":%d}' % (parity.encode(), world.seq)
        told = publication(world.seq, topic, data=data)
        made = Publication(topic, f"count.{parity}", told.id, at or world.now, data, world.seq)
        await world.broker.publish([made])


def only(peer: Peer, kind: str) -> Message:
    (found,) = peer.heard(kind)
    return found


async def test_row_4_a_hole_is_named_and_summed_up() -> None:
    log = Log()
    world = world_with(log)
    await publish(world, 6, topic="media.1")
    await publish(world, 12)
    peer = await coming_back(world, 2)
    assert peer.types() == ["SUBSCRIBED", "GAP", "DIGEST", "BATCH", "CAUGHT_UP"]
    gap, digest = only(peer, "GAP"), only(peer, "DIGEST")
    assert (gap["from"], gap["to"], gap["missed"]) == (3, 8, 6)
    assert (digest["fromOffset"], digest["toOffset"], digest["count"]) == (3, 8, 6)
    assert (digest["fromSeq"], digest["toSeq"]) == (9, 14)
    assert digest["byType"] == {"count.odd": 3, "count.even": 3}
    assert peer.offsets() == [9, 10, 11, 12]


async def test_a_hole_that_ends_with_the_stream_is_summed_up_too() -> None:
    log = Log()
    world = world_with(log)
    await publish(world, 5)
    world.pass_time(90_000)
    world.broker._idle = 1
    await publish(world, 1, topic="media.1")
    world.now += HOUR
    await publish(world, 1, topic="media.2")
    if (await world.broker.position("activity")).lowest != 6:
        world.broker._find("activity").cool()
    peer = await coming_back(world, 2)
    digest = only(peer, "DIGEST")
    assert (digest["fromOffset"], digest["toOffset"], digest["count"]) == (3, 5, 3)


async def test_only_clients_that_know_digests_get_them() -> None:
    log = Log()
    world = world_with(log)
    await publish(world, 12)
    peer = await coming_back(world, 2, features=["batch"])
    assert peer.types() == ["SUBSCRIBED", "GAP", "BATCH", "CAUGHT_UP"]
    assert log.asked == []


async def test_what_is_older_than_seven_days_is_not_summed_up() -> None:
    log = Log()
    world = world_with(log)
    await publish(world, 4, at=world.now - 8 * DAY)
    await publish(world, 8, at=world.now - 6 * DAY)
    digest = only(await coming_back(world, 2), "DIGEST")
    assert (digest["fromOffset"], digest["toOffset"], digest["count"]) == (5, 8, 4)
    log.told[:] = log.told[:4]
    assert "DIGEST" not in (await coming_back(world, 2)).types()


async def test_a_log_that_no_longer_reaches_back_gives_the_newest_of_the_hole() -> None:
    log = Log()
    world = world_with(log)
    await publish(world, 12)
    log.lowest = 7
    digest = only(await coming_back(world, 2), "DIGEST")
    assert (digest["fromOffset"], digest["toOffset"]) == (7, 8)


async def test_a_digest_counts_what_the_filter_lets_through() -> None:
    log = Log()
    world = world_with(log)
    await publish(world, 12)
    peer = await coming_back(world, 2, filter={"key": "eventType", "cmp": "ew", "val": "odd"})
    digest = only(peer, "DIGEST")
    assert (digest["count"], digest["byType"]) == (3, {"count.odd": 3})


async def test_where_states_are_told_among_events_or_alone_there_is_no_digest() -> None:
    log = Log()
    world = world_with(log)
    await publish(world, 12, topic="media.1")
    assert "DIGEST" not in (await coming_back(world, 2, topic="media.1")).types()
    await world.publish("hot", 12, state=True)
    peer = await coming_back(world, 2, topic="hot")
    assert peer.types() == ["SUBSCRIBED", "GAP", "SNAPSHOT", "CAUGHT_UP"]


async def test_a_log_that_cannot_be_read_costs_the_digest_only() -> None:
    async def broken(*_: object) -> Sequence[Publication]:
        raise ConnectionError

    world = World(broker=MemoryBroker(history_size=4, after_seq=0), options={"past": broken})
    await publish(world, 12)
    peer = await coming_back(world, 2)
    assert peer.types() == ["SUBSCRIBED", "GAP", "BATCH", "CAUGHT_UP"]


async def test_nobody_is_told_a_digest_of_what_may_be_heard_no_longer() -> None:
    log = Log()
    world = world_with(log)
    world.members.add(("gold", "1"))

    async def ending(topic: str, seq: int, count: int) -> Sequence[Publication]:
        world.members.clear()
        world.gateway.rights_changed()
        return await log.before(topic, seq, count)

    world.gateway._shared.catching_up._holes._past = ending
    await publish(world, 12, topic="program.gold.updates")
    peer = await coming_back(world, 2, topic="program.gold.updates")
    assert peer.types() == ["SUBSCRIBED", "GAP", "UNSUBSCRIBED"]
