"""Filters, batches, digests, deltas, and positions that move past what is not told."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec.structs import replace

from groundswell.realtime.deltas import apply_delta
from tests.unit.realtime.builders import publication
from tests.unit.realtime.gateway.dialogue import Peer, World, settle, user

EVEN = {"key": "parity", "cmp": "eq", "val": "even"}
ALL = ["batch", "snapshot", "digest", "delta-jsonpatch"]


async def publish(world: World, count: int, topic: str = "activity") -> None:
    for _ in range(count):
        world.seq += 1
        parity = "odd" if world.seq % 2 else "even"
        data = {"eventType": "count", "n": world.seq, "parity": parity, "nested": {"a": 1}}
        await world.broker.publish([publication(world.seq, topic, data=msgspec.json.encode(data))])


async def holding(world: World, *topics: str, **options: Any) -> Peer:
    peer = await world.hello(user("1"), features=ALL)
    await peer.ask("SUBSCRIBE", topics=list(topics), options=options)
    return peer


async def test_a_filter_tells_only_what_it_lets_through() -> None:
    world = World()
    peer, other = await holding(world, "activity", filter=EVEN), await holding(world, "activity")
    assert peer.heard("SUBSCRIBED")[0]["topics"]["activity"]["contiguous"] is False
    await publish(world, 6)
    assert peer.offsets() == [2, 4, 6]
    assert other.offsets() == [1, 2, 3, 4, 5, 6]


async def test_a_filter_is_for_the_past_as_well() -> None:
    world = World()
    await publish(world, 6)
    peer = await holding(world, "activity", filter=EVEN, history=5)
    assert peer.heard("SUBSCRIBED")[0]["topics"]["activity"]["replay"] == 3
    assert peer.offsets() == [2, 4, 6]
    assert peer.heard("CAUGHT_UP")[0]["offset"] == 6
    (answer,) = await peer.ask("HISTORY", topic="activity", filter=EVEN, limit=4)
    assert [one["offset"] for one in answer["messages"]] == [6, 4]


async def test_a_filter_compares_the_tags_of_an_event_that_are_not_in_its_data() -> None:
    world = World()
    peer = await holding(world, "activity", filter={"key": "ownerId", "cmp": "eq", "val": "u-1"})
    for seq, owner in enumerate(["u-1", "u-2", "u-1"], start=1):
        await world.broker.publish([replace(publication(seq), tags={"ownerId": owner})])
    assert peer.offsets() == [1, 3]
    assert peer.heard("EVENT")[0]["tags"] == {"ownerId": "u-1"}


async def test_a_filter_that_cannot_be_understood_is_refused() -> None:
    peer = await World().hello()
    (error,) = await peer.ask("SUBSCRIBE", topics=["activity"], options={"filter": {"op": "xor"}})
    assert (error["code"], error["name"]) == (1204, "filter_invalid")
    (error,) = await peer.ask("HISTORY", topic="activity", filter={"op": "xor"})
    assert error["code"] == 1204


async def test_subscribing_again_without_the_filter_ends_it() -> None:
    world = World()
    peer = await holding(world, "activity", filter=EVEN)
    await publish(world, 2)
    await peer.ask("SUBSCRIBE", topics=["activity"])
    await publish(world, 2)
    assert peer.offsets() == [3, 4]


async def test_with_the_heartbeat_positions_move_past_what_was_filtered() -> None:
    world = World()
    peer = await holding(world, "activity", "media.1", filter=EVEN)
    await publish(world, 3)
    peer.forget()
    world.pass_time(34)
    (sync,) = peer.heard("SYNC")
    epoch = (await world.broker.position("activity")).epoch
    assert sync["positions"] == {"activity": {"epoch": epoch, "offset": 3}}
    peer.forget()
    world.pass_time(34)
    assert "SYNC" not in peer.types()


async def test_low_priority_waits_and_comes_in_one_batch() -> None:
    world = World()
    peer = await holding(world, "activity", priority="low", digestIntervalMs=2000)
    peer.forget()
    await publish(world, 5)
    assert peer.types() == []
    world.pass_time(2.5)
    (batch,) = peer.heard()
    assert (batch["type"], batch["reason"]) == ("BATCH", "live")
    assert peer.offsets() == [1, 2, 3, 4, 5]


async def test_a_client_without_batches_waits_for_nothing() -> None:
    world = World()
    peer = await world.hello(features=[])
    await peer.ask("SUBSCRIBE", topics=["activity"], options={"priority": "low"})
    await publish(world, 2)
    assert peer.offsets() == [1, 2]


async def test_in_the_background_normal_comes_once_a_second_and_low_as_a_digest() -> None:
    world = World()
    peer = await holding(world, "activity", priority="normal")
    await peer.ask("SUBSCRIBE", topics=["media.1"], options={"priority": "low"})
    await peer.ask("FLOW", state="background")
    await publish(world, 3)
    await publish(world, 4, "media.1")
    assert peer.types() == []
    world.pass_time(1.5)
    assert peer.types() == ["BATCH"]
    assert peer.offsets() == [1, 2, 3]
    world.pass_time(30)
    (digest,) = peer.heard("DIGEST")
    assert (digest["topic"], digest["count"]) == ("media.1", 4)
    assert (digest["fromOffset"], digest["toOffset"]) == (1, 4)


async def test_back_in_the_foreground_what_waited_comes_at_once() -> None:
    world = World()
    peer = await holding(world, "activity")
    await peer.ask("FLOW", state="background")
    await publish(world, 2)
    await peer.ask("FLOW", state="foreground")
    assert peer.offsets() == [1, 2]
    await publish(world, 1)
    assert peer.offsets() == [1, 2, 3]


async def test_a_rate_bounds_how_often_something_comes() -> None:
    world = World()
    peer = await holding(world, "activity", maxRatePerSec=1)
    peer.forget()
    for _ in range(8):
        await publish(world, 5)
        world.pass_time(0.5)
    assert len(peer.heard()) <= 5
    world.pass_time(2)
    assert peer.offsets() == list(range(1, 41))


async def test_of_a_state_that_waits_only_the_newest_comes() -> None:
    world = World()
    peer = await holding(world, "hot", maxRatePerSec=1)
    peer.forget()
    await world.publish("hot", 5, state=True)
    world.pass_time(1.5)
    assert peer.offsets("hot") == [5]


async def test_digest_mode_sums_up() -> None:
    world = World()
    peer = await holding(world, "activity", mode="digest", digestIntervalMs=5000)
    assert peer.heard("SUBSCRIBED")[0]["topics"]["activity"]["mode"] == "digest"
    peer.forget()
    await publish(world, 7)
    world.pass_time(5.5)
    (digest,) = peer.heard()
    assert (digest["type"], digest["count"]) == ("DIGEST", 7)
    assert sum(digest["byType"].values()) == 7


async def test_what_waits_is_told_before_more_is_asked_for() -> None:
    world = World()
    peer = await holding(world, "activity", priority="low")
    await publish(world, 3)
    await peer.ask("SUBSCRIBE", topics=["activity"], options={"priority": "high"})
    assert peer.offsets() == [1, 2, 3]
    assert peer.types()[0] == "BATCH"


async def test_what_waits_is_withheld_when_the_token_expires_and_told_after_its_renewal() -> None:
    world = World()
    token = world.token("1", seconds=10)
    peer = await world.hello(user("1"), token=token, features=ALL)
    await peer.ask("SUBSCRIBE", topics=["user.1.social"], options={"maxRatePerSec": 0.2})
    peer.forget()
    world.pass_time(8)
    await publish(world, 3, "user.1.social")
    world.pass_time(6)
    await publish(world, 1, "user.1.social")
    assert peer.offsets("user.1.social") == []
    await peer.ask("REFRESH", token=world.token("1"))
    assert peer.offsets("user.1.social") == [1, 2, 3, 4]


def listing(changed: int) -> bytes:
    entries = [{"id": f"user-{n}", "score": n * 10} for n in range(30)]
    entries[changed]["score"] += 1
    return msgspec.json.encode({"eventType": "list", "entries": entries})


async def publish_list(world: World, changed: int) -> bytes:
    world.seq += 1
    data = listing(changed)
    await world.broker.publish([publication(world.seq, "hot", data=data, state=True)])
    return data


async def test_a_delta_leads_from_one_state_to_the_next() -> None:
    world = World()
    state = await publish_list(world, 0)
    peer = await holding(world, "hot", snapshot=True, delta="jsonpatch")
    whole = await holding(world, "hot")
    for changed in (1, 2, 3):
        await publish_list(world, changed)
    snapshot, first, *deltas = peer.heard("SNAPSHOT", "EVENT", "DELTA")
    assert msgspec.json.encode(snapshot["data"]) == state
    assert first["type"] == "EVENT"
    held = msgspec.json.encode(first["data"])
    assert [one["base"] for one in deltas] == [2, 3]
    for one in deltas:
        assert (one["type"], one["format"], one["stateVersion"]) == (
            "DELTA",
            "jsonpatch",
            one["base"] + 1,
        )
        held = apply_delta(held, msgspec.json.encode(one["patch"]))
    assert msgspec.json.decode(held) == msgspec.json.decode(listing(3))
    assert whole.types().count("EVENT") == 3


async def test_on_a_cellular_network_states_come_as_deltas_without_being_asked_for() -> None:
    """Section 9: `network: cellular` adds the preference for deltas."""
    world = World()
    peer = await holding(world, "hot")
    for network, kind in ((None, "EVENT"), ("cellular", "DELTA")):
        await peer.ask("FLOW", network=network)
        for changed in (1, 2):
            await publish_list(world, changed)
        assert peer.types()[-1] == kind


async def test_a_delta_is_made_once_for_all() -> None:
    world = World()
    peers = [await holding(world, "hot", delta="jsonpatch") for _ in range(3)]
    for changed in (1, 2):
        await publish_list(world, changed)
    first, *others = [peer.link.raw[-1] for peer in peers]
    assert b'"DELTA"' in first
    assert all(one is first for one in others)


async def test_a_slow_reader_gets_the_whole_state_and_then_deltas_again() -> None:
    world = World()
    peer = await holding(world, "hot", delta="jsonpatch")
    await publish_list(world, 1)
    peer.forget()
    peer.link.pending_bytes = 1_000_000
    for changed in (2, 3, 4):
        await publish_list(world, changed)
    peer.read_all()
    await publish_list(world, 5)
    assert peer.types() == ["EVENT", "DELTA"]
    assert (peer.heard()[0]["offset"], peer.heard()[1]["base"]) == (4, 4)


async def test_an_unknown_kind_of_delta_is_refused() -> None:
    peer = await World().hello()
    (error,) = await peer.ask("SUBSCRIBE", topics=["hot"], options={"delta": "fossil"})
    assert (error["code"], error["name"]) == (1004, "unsupported_feature")


async def test_what_waits_for_a_slow_reader_is_looked_at_again_event_by_event() -> None:
    world = World(members={("gold", "1")})
    peer = await holding(world, "program.gold.updates", priority="low", digestIntervalMs=1000)
    peer.forget()
    peer.link.pending_bytes = 1_000_000
    await publish(world, 3, "program.gold.updates")
    world.now += 1_500_000
    world.gateway._shared.wheel.turn(world.now)
    world.members.clear()
    world.gateway.rights_changed()
    peer.read_all()
    await settle()
    assert peer.types() == ["UNSUBSCRIBED"]
