"""A grant may end before its token: at that moment its topics do (2.13)."""

from __future__ import annotations

from typing import Any

import pytest

from groundswell.contract.errors import Unauthenticated
from groundswell.contract.times import SECOND, to_rfc3339
from groundswell.realtime.grants import Grants
from tests.unit.realtime.gateway.dialogue import Peer, World, settle


def grants(world: World, seconds: float | None, *topics: str) -> Grants:
    """One grant of these topics for so long."""
    claim: dict[str, Any] = {"topics": list(topics), "actions": ["subscribe", "history"]}
    if seconds is not None:
        claim["exp"] = world.now / SECOND + seconds
    return Grants.parse([claim])


async def holding(world: World, held: Grants, topic: str, **options: Any) -> Peer:
    peer = await world.hello(None, token=world.token("1", grants=held))
    answers = await peer.ask("SUBSCRIBE", topics=[topic], options=options)
    peer.held = answers[0]["topics"][topic]  # type: ignore[attr-defined]
    return peer


@pytest.mark.parametrize("topic", ["user.1.social", "activity"])
async def test_it_ends_to_the_moment_and_asks_to_subscribe_again(topic: str) -> None:
    world = World()
    start = world.now
    peer = await holding(world, grants(world, 60, topic), topic)
    assert peer.held["expiresAt"] == to_rfc3339(start + 60 * SECOND)  # type: ignore[attr-defined]
    peer.forget()
    world.now = start + 60 * SECOND - 1
    await world.publish(topic)
    world.now = start + 60 * SECOND
    # Nothing looked at the clock since: the event itself finds that it is too late.
    await world.publish(topic)
    assert peer.types() == ["EVENT", "UNSUBSCRIBED"]
    (ended,) = peer.heard("UNSUBSCRIBED")
    assert (ended["topic"], ended["code"], ended["resubscribe"]) == (topic, 2501, True)
    (answer,) = await peer.ask("SUBSCRIBE", topics=[topic])
    assert answer["topics"][topic]["error"]["code"] == 1103
    (answer,) = await peer.ask("HISTORY", topic=topic)
    assert answer["code"] == 1103
    assert peer.close_code is None


async def test_nobody_has_to_speak_for_it_to_end() -> None:
    world = World()
    peer = await holding(world, grants(world, 60, "activity"), "activity")
    peer.forget()
    world.pass_time(59)
    assert peer.heard("UNSUBSCRIBED") == []
    world.pass_time(2)
    assert [one["code"] for one in peer.heard("UNSUBSCRIBED")] == [2501]
    assert not world.hub.is_heard("activity")


async def test_a_newer_grant_goes_on_without_a_break() -> None:
    world = World()
    peer = await holding(world, grants(world, 60, "user.1.*"), "user.1.social")
    world.pass_time(30)
    newer = world.token("1", grants=grants(world, 60, "user.1.*"))
    (refreshed,) = await peer.ask("REFRESH", token=newer)
    assert "dropped" not in refreshed
    world.pass_time(45)
    peer.forget()
    await world.publish("user.1.social")
    assert peer.types() == ["EVENT"]
    world.pass_time(20)
    assert [one["code"] for one in peer.heard("UNSUBSCRIBED")] == [2501]


async def test_of_several_grants_of_a_topic_the_longest_counts() -> None:
    world = World()
    claim = [
        {"topics": ["user.1.*"], "actions": ["subscribe"], "exp": world.now // SECOND + 30},
        {"topics": ["user.1.social"], "actions": ["subscribe"], "exp": world.now // SECOND + 60},
        {"topics": ["activity"], "actions": ["subscribe"]},
    ]
    peer = await world.hello(None, token=world.token("1", grants=Grants.parse(claim)))
    await peer.ask("SUBSCRIBE", topics=["user.1.social", "user.1.inbox", "activity"])
    peer.forget()
    world.pass_time(40)
    assert [one["topic"] for one in peer.heard("UNSUBSCRIBED")] == ["user.1.inbox"]
    world.pass_time(30)
    assert [one["topic"] for one in peer.heard("UNSUBSCRIBED")] == ["user.1.inbox", "user.1.social"]
    peer.forget()
    await world.publish("activity")
    assert peer.offsets() == [1]


async def test_what_waits_for_a_slow_reader_is_not_told_after_the_end() -> None:
    world = World()
    peer = await holding(world, grants(world, 60, "activity"), "activity")
    peer.forget()
    peer.link.stuck = True
    await world.publish(padding=70_000)
    await world.publish(count=3)
    assert peer.offsets() == [1]
    world.now += 61 * SECOND
    peer.link.stuck = False
    peer.read_all()
    await settle()
    assert peer.offsets() == [1]
    assert [one["code"] for one in peer.heard("UNSUBSCRIBED")] == [2501]


async def test_what_waits_to_be_told_together_is_not_told_after_the_end() -> None:
    world = World()
    peer = await holding(
        world, grants(world, 10, "activity"), "activity", priority="low", digestIntervalMs=20_000
    )
    peer.forget()
    await world.publish(count=2)
    world.now += 25 * SECOND
    world.gateway.turn()
    assert peer.types() == ["UNSUBSCRIBED"]


async def test_a_resumed_session_does_not_bring_back_what_has_ended() -> None:
    world = World()
    token = world.token("1", grants=grants(world, 60, "activity"))
    first = await world.hello(None, token=token)
    (answer, *_) = await first.ask("SUBSCRIBE", topics=["activity"])
    first.connection.gone()
    world.now += 61 * SECOND
    again = await world.hello(None, token=token, resumeToken=answer["resumeToken"])
    (answer, *_) = await again.ask("SUBSCRIBE", topics=[])
    assert answer["topics"]["activity"]["error"]["code"] == 1103


@pytest.mark.parametrize("exp", [0, -1, True, "60", None, [], 1e300, 253_402_300_800])
def test_an_end_that_is_none_is_refused(exp: Any) -> None:
    with pytest.raises(Unauthenticated):
        Grants.parse([{"topics": ["activity"], "actions": ["subscribe"], "exp": exp}])


def test_ends_survive_being_kept() -> None:
    claim = [
        {"topics": ["media.*", "hot"], "actions": ["subscribe"], "exp": 1_800_000_000},
        {"topics": ["hot"], "actions": ["subscribe", "history"]},
    ]
    made = Grants.parse(claim)
    kept = Grants.of(made.patterns())
    assert kept.patterns() == made.patterns()
    assert kept.fingerprint == made.fingerprint != Grants.parse(claim[1:]).fingerprint
    assert kept.until("media.7") == 1_800_000_000 * SECOND
    assert kept.allow("hot", at=2**62)
    assert not kept.allow("media.7", at=1_800_000_000 * SECOND)
