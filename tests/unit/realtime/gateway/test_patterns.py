"""One subscription of the host to many topics (2.8): live, exact, and for nobody else."""

from __future__ import annotations

from typing import Any

import pytest

from groundswell.access.principal import Principal
from groundswell.realtime.credentials import Credentials
from groundswell.realtime.gateway.limits import Limits
from groundswell.realtime.grants import Grants
from groundswell.realtime.messages import Envelope, Gap
from tests.unit.realtime.builders import publication
from tests.unit.realtime.gateway.dialogue import ADDRESS, Peer, World, settle, user, visitor

HOST = Principal("host", None, ADDRESS, None)


async def listening(world: World, *patterns: str, **options: Any) -> Peer:
    peer = await world.hello(HOST)
    answers = await peer.ask("SUBSCRIBE", topics=list(patterns), options=options)
    assert all(one["ok"] for one in answers[0]["topics"].values()), answers
    peer.forget()
    return peer


async def test_every_topic_that_matches_is_told_as_the_same_bytes() -> None:
    world = World()
    host = await listening(world, "media.*", "user.123.*")
    ordinary = await world.subscribed("media.7")
    for topic in ("media.7", "media.8", "user.123.inbox", "user.123.social", "activity"):
        await world.publish(topic)
    told = [one.topic for one in host.link.envelopes]
    assert told == ["media.7", "media.8", "user.123.inbox", "user.123.social"]
    assert ordinary.link.envelopes[0] is host.link.envelopes[0]
    assert ordinary.link.raw == [host.link.raw[0]]


async def test_what_the_host_is_told_about_it() -> None:
    world = World()
    await world.publish("media.7")
    peer = await world.hello(HOST)
    subscribed, caught_up, *_ = await peer.ask("SUBSCRIBE", topics=["media.*", "activity"])
    assert subscribed["topics"]["media.*"] == {
        "ok": True,
        "epoch": "*",
        "offset": 0,
        "lowest": 1,
        "seq": 1,
        "recovery": "none",
        "replay": 0,
        "contiguous": False,
        "mode": "stream",
    }
    assert subscribed["topics"]["activity"]["contiguous"] is True
    assert (caught_up["topic"], caught_up["complete"], caught_up["seq"]) == ("media.*", True, 1)


@pytest.mark.parametrize(
    "topic", ["media", "media.7.x", "user.12.inbox", "user.1234.inbox", "hot", "activity"]
)
async def test_a_star_stands_for_one_whole_segment(topic: str) -> None:
    world = World()
    host = await listening(world, "media.*", "user.123.*")
    world.hub.deliver([Envelope(publication(1, topic), 1, "epoch")])
    assert host.link.envelopes == []


async def test_an_event_of_a_topic_held_by_name_too_is_told_once() -> None:
    world = World()
    host = await listening(world, "media.*", "media.7")
    await world.publish("media.7", 2)
    assert host.offsets("media.7") == [1, 2]
    await host.ask("UNSUBSCRIBE", topics=["media.7"])
    await world.publish("media.7")
    assert host.offsets("media.7") == [3]


async def test_unsubscribing_ends_it() -> None:
    world = World()
    host = await listening(world, "media.*")
    (answer,) = await host.ask("UNSUBSCRIBE", topics=["media.*"])
    assert (answer["topic"], answer["code"]) == ("media.*", 2000)
    host.forget()
    await world.publish("media.7")
    assert host.heard() == []
    assert "media.*" not in world.hub.audience().subscriptions


@pytest.mark.parametrize("caller", [visitor(), user("123")])
@pytest.mark.parametrize("name", ["media.*", "user.123.*", "user.*", "system.*", "*"])
async def test_nobody_else_ever_holds_one(caller: Principal, name: str) -> None:
    world = World()
    peer = await world.hello(caller)
    await peer.ask("SUBSCRIBE", topics=[name])
    assert peer.heard()[0]["topics"][name]["error"]["code"] == 1001
    for kind in ("HISTORY", "TRACK", "PRESENCE"):
        (answer,) = await peer.ask(kind, topic=name, keys=["7"], op="list")
        assert answer["code"] in (1001, 1103, 1503)
    peer.forget()
    for topic in ("media.7", "user.123.inbox", "user.123.social"):
        await world.publish(topic)
    assert peer.heard() == []


async def test_grants_do_not_make_a_host() -> None:
    world = World()
    grants = Grants.parse([{"topics": ["user.123.*", "media.*"], "actions": ["subscribe"]}])
    token = world.token("123", grants=grants)
    peer = await world.hello(None, token=token)
    answer = (await peer.ask("SUBSCRIBE", topics=["user.123.*", "media.*"]))[0]
    assert {one["error"]["code"] for one in answer["topics"].values()} == {1001}


async def test_nobody_becomes_the_host_by_a_refresh() -> None:
    world = World()
    world.tokens["key"] = Credentials(HOST)
    for caller in (visitor(), user("123")):
        peer = await world.hello(caller)
        await peer.ask("REFRESH", token="key")
        assert peer.close_code == 4001


async def test_a_key_is_shown_in_hello_too() -> None:
    world = World()
    world.tokens["key"] = Credentials(HOST)
    peer = await world.hello(None, token="key")
    await peer.ask("SUBSCRIBE", topics=["user.123.*"])
    await world.publish("user.123.social")
    assert peer.offsets("user.123.social") == [1]


async def test_a_pattern_that_no_topic_matches_is_refused() -> None:
    world = World()
    peer = await world.hello(HOST)
    wrong = ["user.*", "program.*", "nothing.*", "presence.*", "media.7.*"]
    (answer,) = await peer.ask("SUBSCRIBE", topics=wrong)
    assert [answer["topics"][one]["error"]["code"] for one in wrong] == [1104] * 5


@pytest.mark.parametrize(
    "options",
    [
        {"resume": {"media.*": {"epoch": "e", "offset": 1}}},
        {"history": 1},
        {"snapshot": True},
        {"mode": "digest"},
        {"priority": "low"},
        {"delta": "jsonpatch"},
        {"maxRatePerSec": 1},
        {"ack": True},
    ],
)
async def test_it_has_no_past_and_says_so(options: dict[str, Any]) -> None:
    world = World()
    peer = await world.hello(HOST)
    (answer,) = await peer.ask("SUBSCRIBE", topics=["media.*"], options=options)
    assert answer["topics"]["media.*"]["error"]["code"] == 1004


async def test_a_filter_holds() -> None:
    world = World()
    host = await listening(world, "media.*", filter={"key": "n", "cmp": "eq", "val": 2})
    await world.publish("media.7", 3)
    assert [one.seq for one in host.link.envelopes] == [2]


async def test_a_pattern_counts_like_a_topic() -> None:
    world = World(options={"limits": Limits(topics=1)})
    peer = await world.hello(HOST)
    (answer, *_) = await peer.ask("SUBSCRIBE", topics=["media.*", "leaderboard.*", "activity"])
    codes = [one.get("error", {}).get("code") for one in answer["topics"].values()]
    assert codes == [None, 1201, 1201]


async def test_a_slow_host_is_told_which_offsets_of_which_topics_it_lost() -> None:
    world = World(options={"limits": Limits(queue_messages=4)})
    host = await listening(world, "media.*", "user.123.*")
    host.link.stuck = True
    for _ in range(4):
        for topic in ("media.7", "user.123.social"):
            await world.publish(topic, padding=70_000)
    host.link.stuck = False
    host.read_all()
    told = {(one["topic"], one["offset"]) for one in host.heard("EVENT")}
    lost = {
        (gap["topic"], offset)
        for gap in host.heard("GAP")
        for offset in range(gap["from"], gap["to"] + 1)
    }
    every = {(t, n) for t in ("media.7", "user.123.social") for n in range(1, 5)}
    assert told | lost == every
    assert lost
    assert not told & lost
    assert host.close_code is None


async def test_what_the_broker_lost_is_named_under_the_pattern() -> None:
    world = World()
    host = await listening(world, "media.*")
    world.hub.lose(
        Gap(topic="media.*", epoch="", reason="trimmed", from_seq=3, to_seq=9, fallback="none")
    )
    (gap,) = host.heard("GAP")
    assert (gap["topic"], gap["fromSeq"], gap["toSeq"]) == ("media.*", 3, 9)


async def test_a_revoked_key_is_heard_of_within_half_a_minute() -> None:
    world, holds = World(), [True]

    async def still() -> bool:
        return holds[0]

    link_owner = world.connect(HOST, credentials=Credentials(HOST, holds=still))
    await link_owner.ask("SUBSCRIBE", topics=["media.*"])
    world.pass_time(31)
    await settle()
    assert link_owner.close_code is None
    holds[0] = False
    world.pass_time(31)
    await settle()
    assert link_owner.close_code == 4005
