"""Row 6 of the table of resuming (section 7): a stream that is shorter than its clients know."""

from __future__ import annotations

from typing import Any

import pytest

from groundswell.realtime.broker.memory import MemoryBroker
from tests.unit.realtime.gateway.dialogue import Peer, World, settle, user


class LossyBroker(MemoryBroker):
    """Its store can be put back to an earlier moment, as by a restored backup."""

    def __init__(self) -> None:
        super().__init__(after_seq=0)
        self.unheard = 0

    def lose(self, topic: str, count: int) -> None:
        stream = self._find(topic)
        assert stream is not None
        for _ in range(count):
            stream.history.pop()
        stream.offset -= count

    async def position(self, topic: str) -> Any:
        """Of a topic whose newest events this process has not heard yet."""
        found = await super().position(topic)
        return type(found)(found.epoch, found.offset - self.unheard, found.lowest)

    async def renew(self, topic: str, epoch: str, beyond: int) -> Any:
        self.unheard, unheard = 0, self.unheard
        found = await super().renew(topic, epoch, beyond)
        self.unheard = unheard
        return found


async def token_at(world: World, topic: str, **options: Any) -> tuple[str, str]:
    """A resume token of a client that holds the topic, and the epoch it is in."""
    peer = await world.hello(user("1"))
    (told, *_) = await peer.ask("SUBSCRIBE", topics=[topic], options=options)
    peer.connection.gone()
    return told["resumeToken"], told["topics"][topic]["epoch"]


async def back(world: World, topic: str, epoch: str, offset: int, token: str | None) -> Peer:
    peer = await world.hello(user("1"), resumeToken=token)
    place = {"epoch": epoch, "offset": offset}
    await peer.ask("SUBSCRIBE", topics=[topic], options={"resume": {topic: place}})
    return peer


async def test_row_6_a_stream_shorter_than_a_signed_token_says_begins_a_new_epoch() -> None:
    broker = LossyBroker()
    world = World(broker=broker)
    await world.publish(count=9)
    token, epoch = await token_at(world, "activity")
    broker.lose("activity", 3)
    peer = await back(world, "activity", epoch, 9, token)
    result = peer.heard("SUBSCRIBED")[0]["topics"]["activity"]
    assert (result["recovery"], result["offset"]) == ("failed", 0)
    assert result["epoch"] != epoch
    assert peer.heard("GAP")[0]["reason"] == "epoch_changed"
    assert world.gateway.statistics().alarms >= 1
    await world.publish()
    assert peer.offsets() == [1]


async def test_row_6_it_begins_once_and_the_next_client_just_finds_it() -> None:
    broker = LossyBroker()
    world = World(broker=broker)
    await world.publish(count=9)
    tokens = [await token_at(world, "activity") for _ in range(2)]
    broker.lose("activity", 3)
    epochs = set()
    for token, epoch in tokens:
        peer = await back(world, "activity", epoch, 9, token)
        epochs.add(peer.heard("SUBSCRIBED")[0]["topics"]["activity"]["epoch"])
    assert len(epochs) == 1


async def test_row_6_those_who_hold_the_topic_are_told_that_it_began_anew() -> None:
    broker = LossyBroker()
    world = World(broker=broker)
    await world.publish(count=9)
    token, epoch = await token_at(world, "activity")
    held = await world.subscribed("activity")
    broker.lose("activity", 3)
    await back(world, "activity", epoch, 9, token)
    await world.publish()
    await settle()
    gap = held.heard("GAP")[0]
    assert (gap["reason"], gap["epoch"] != epoch) == ("epoch_changed", True)


@pytest.mark.parametrize("offset", [10, 2**50])
async def test_row_6_an_offset_that_a_client_made_up_ends_no_epoch(offset: int) -> None:
    world = World(broker=LossyBroker())
    await world.publish(count=9)
    token, epoch = await token_at(world, "activity")
    for shown in (None, token, "rt_forged"):
        peer = await back(world, "activity", epoch, offset, shown)
        result = peer.heard("SUBSCRIBED")[0]["topics"]["activity"]
        assert (result["recovery"], result["epoch"]) == ("failed", epoch)
    assert (await world.broker.position("activity")).epoch == epoch
    assert world.gateway.statistics().alarms == 3


async def test_row_6_on_a_users_own_topic_the_user_is_believed() -> None:
    world = World(broker=LossyBroker())
    await world.publish("user.1.social", 3)
    epoch = (await world.broker.position("user.1.social")).epoch
    peer = await back(world, "user.1.social", epoch, 5, None)
    result = peer.heard("SUBSCRIBED")[0]["topics"]["user.1.social"]
    assert (result["recovery"], result["offset"]) == ("failed", 0)
    assert result["epoch"] != epoch


async def test_a_client_that_heard_more_than_this_process_has_missed_nothing() -> None:
    """It comes from another process, which was quicker."""
    broker = LossyBroker()
    world = World(broker=broker)
    await world.publish(count=9)
    token, epoch = await token_at(world, "activity")
    broker.unheard = 2
    for shown in (None, token):
        peer = await back(world, "activity", epoch, 8, shown)
        result = peer.heard("SUBSCRIBED")[0]["topics"]["activity"]
        assert (result["recovery"], result["epoch"], result["replay"]) == ("complete", epoch, 1)
        assert peer.offsets() == [9]
        assert "GAP" not in peer.types()
    assert world.gateway.statistics().alarms == 0
