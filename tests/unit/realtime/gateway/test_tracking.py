"""TRACK and UNTRACK (section 3): of a topic only what is about some things."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from groundswell.realtime.gateway.limits import Limits
from groundswell.realtime.messages import Envelope
from tests.unit.realtime.builders import publication
from tests.unit.realtime.gateway.dialogue import Peer, World, user


async def publish(world: World, *media: int, topic: str = "activity") -> None:
    for one in media:
        world.seq += 1
        data = msgspec.json.encode({"eventType": "count", "mediaFileId": one})
        await world.broker.publish([publication(world.seq, topic, data=data)])


async def tracking(world: World, *keys: str, **options: Any) -> Peer:
    peer = await world.subscribed("activity", **options)
    (sync,) = await peer.ask("TRACK", topic="activity", keys=list(keys), ref="t")
    assert (sync["type"], sync["ref"]) == ("SYNC", "t")
    peer.forget()
    return peer


async def test_only_events_about_tracked_keys_are_told() -> None:
    world = World()
    peer, other = await tracking(world, "1", "3"), await world.subscribed("activity")
    await publish(world, 1, 2, 3, 4, 1)
    assert peer.offsets() == [1, 3, 5]
    assert other.offsets() == [1, 2, 3, 4, 5]


async def test_keys_add_up_and_hold_from_the_place_that_is_answered() -> None:
    world = World()
    peer = await tracking(world, "1")
    await publish(world, 2, 1, 2)
    (sync,) = await peer.ask("TRACK", topic="activity", keys=["2"])
    assert sync["positions"]["activity"]["offset"] == 3
    await publish(world, 2, 1)
    assert peer.offsets() == [4, 5]


async def test_untracked_keys_are_told_no_more_and_without_keys_nothing_is() -> None:
    world = World()
    peer = await tracking(world, "1", "2")
    await peer.ask("UNTRACK", topic="activity", keys=["1"])
    await publish(world, 1, 2)
    assert peer.offsets() == [2]
    await peer.ask("UNTRACK", topic="activity", keys=["2", "never"])
    await publish(world, 1, 2)
    assert peer.offsets() == []


async def test_with_the_heartbeat_the_position_moves_past_what_is_not_tracked() -> None:
    world = World()
    peer = await tracking(world, "1")
    await publish(world, 2, 2)
    world.pass_time(34)
    (sync,) = peer.heard("SYNC")
    assert sync["positions"]["activity"]["offset"] == 2


async def test_keys_tracked_before_subscribing_hold_for_the_past_as_well() -> None:
    world = World()
    await publish(world, 1, 2, 1)
    peer = await world.hello()
    (sync,) = await peer.ask("TRACK", topic="activity", keys=["1"])
    assert sync["positions"] == {}
    place = {"epoch": (await world.broker.position("activity")).epoch, "offset": 0}
    await peer.ask("SUBSCRIBE", topics=["activity"], options={"resume": {"activity": place}})
    (told,) = peer.heard("SUBSCRIBED")
    assert told["topics"]["activity"]["contiguous"] is False
    assert peer.offsets() == [1, 3]
    assert peer.heard("CAUGHT_UP")[0]["offset"] == 3


async def test_keys_and_a_filter_must_both_be_satisfied() -> None:
    world = World()
    peer = await tracking(world, "1", "2", filter={"key": "mediaFileId", "cmp": "neq", "val": 2})
    await publish(world, 1, 2)
    assert peer.offsets() == [1]


async def test_what_waits_under_former_keys_is_told_before_the_new_ones_hold() -> None:
    world = World()
    peer = await tracking(world, "1", priority="low")
    await publish(world, 1, 2)
    await peer.ask("TRACK", topic="activity", keys=["2"])
    assert peer.types() == ["BATCH", "SYNC"] or peer.types() == ["EVENT", "SYNC"]
    assert peer.offsets() == [1]


async def test_events_without_offsets_are_told_by_key_too() -> None:
    world = World()
    peer = await tracking(world, "1")
    for media in (1, 2):
        data = msgspec.json.encode({"eventType": "count", "mediaFileId": media})
        world.hub.deliver([Envelope(publication(media, data=data))])
    assert [one["data"]["mediaFileId"] for one in peer.heard("EVENT")] == [1]


async def test_unsubscribing_ends_the_tracking() -> None:
    world = World()
    peer = await tracking(world, "1")
    await peer.ask("UNSUBSCRIBE", topics=["activity"])
    await peer.ask("SUBSCRIBE", topics=["activity"])
    await publish(world, 2)
    assert peer.offsets() == [1]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"topic": "activity", "keys": ["1"], "signature": "x"}, 1004),
        ({"topic": "hot", "keys": ["1"]}, 1004),
        ({"topic": "media.1", "keys": ["1"]}, 1004),
        ({"topic": "no.such", "keys": ["1"]}, 1104),
        ({"topic": "user.2.social", "keys": ["1"]}, 1103),
        ({"topic": "activity", "keys": ["1"] * 201}, 1001),
    ],
)
async def test_what_cannot_be_tracked_is_refused(fields: dict[str, Any], code: int) -> None:
    peer = await World().hello(user("1"))
    (error,) = await peer.ask("TRACK", **fields)
    assert error["code"] == code


async def test_200_keys_are_tracked_at_most() -> None:
    world = World()
    peer = await tracking(world, *map(str, range(200)))
    (error,) = await peer.ask("TRACK", topic="activity", keys=["200"])
    assert error["name"] == "topic_limit"
    await publish(world, 200, 7)
    assert peer.offsets() == [2]


async def test_counters_of_the_items_on_screen_are_keys_of_media() -> None:
    world = World(options={"limits": Limits(topics=2)})
    peer = await world.subscribed("activity", "hot")
    keys = [str(one) for one in range(1, 201)]
    (told, *rest) = await peer.ask("TRACK", topic="media", keys=keys, ref="m")
    assert (told["type"], told["ref"]) == ("SUBSCRIBED", "m")
    assert all(told["topics"][f"media.{key}"]["ok"] for key in keys)
    assert {one["type"] for one in rest} == {"CAUGHT_UP"}
    await publish(world, 7, topic="media.7")
    assert peer.offsets("media.7") == [1]
    (told,) = await peer.ask("TRACK", topic="media", keys=["201"])
    assert told["topics"]["media.201"]["error"]["code"] == 1201
    (ended,) = await peer.ask("UNTRACK", topic="media", keys=["7"])
    assert (ended["type"], ended["topic"]) == ("UNSUBSCRIBED", "media.7")
    await publish(world, 7, topic="media.7")
    assert peer.offsets("media.7") == []
    (told, _) = await peer.ask("TRACK", topic="media", keys=["201"])
    assert told["topics"]["media.201"]["ok"] is True


async def test_a_topic_held_by_itself_is_left_alone_by_keys() -> None:
    world = World(options={"limits": Limits(topics=1)})
    peer = await world.subscribed("media.1", priority="low")
    (told,) = await peer.ask("TRACK", topic="media", keys=["1"])
    assert told["topics"] == {}
    assert await peer.ask("UNTRACK", topic="media", keys=["1"]) == []
    assert "media.1" in peer.connection.subscriptions
    await peer.ask("TRACK", topic="media", keys=["2"])
    (told,) = await peer.ask("SUBSCRIBE", topics=["media.2"])
    assert told["topics"]["media.2"]["error"]["name"] == "topic_limit"


async def test_holding_many_topics_leaves_room_for_all_that_are_new() -> None:
    world = World(options={"limits": Limits(topics=4)})
    peer = await world.subscribed("media.1", "media.2", "media.3")
    names = ["media.1", "media.2", "media.3", "media.4"]
    (told, *_) = await peer.ask("SUBSCRIBE", topics=names)
    assert [one["ok"] for one in told["topics"].values()] == [True] * 4
