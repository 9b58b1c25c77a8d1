"""A token for one user never brings a byte of another's topics."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from groundswell.access.principal import Principal
from groundswell.realtime.grants import Grants
from tests.unit.realtime.builders import publication
from tests.unit.realtime.gateway.dialogue import Peer, World, settle, user, visitor

SECRET = b"only for user 1"
TOPIC = "user.1.social"

TRICKS = [
    "user.1.social",
    "user.*.social",
    "user.1.*",
    "user.*",
    "*",
    "**",
    "*.*.*",
    "user.1.>",
    "user.#",
    "USER.1.SOCIAL",
    "User.1.social",
    "user.1.Social",
    "user.01.social",
    "user.1 .social",
    " user.1.social",
    "user.1.social ",
    "user.1.social\n",
    "user.1.social\x00",
    "user.1.social\x00.x",
    "user%2E1%2Esocial",
    "user.%31.social",
    "user.\uff11.social",
    "user.\u0661.social",
    "user.1\u200b.social",
    "user\u2024" + "1\u2024social",
    "user..1.social",
    ".user.1.social",
    "user.1.social.",
    "user.2.social/../../user.1.social",
    "user.2..1.social",
    "user.2.1.social",
    "user/1/social",
    "user.1.social,user.2.social",
    "user.2.social,user.1.social",
    "user.2.social user.1.social",
    "./user.1.social",
    "../user.1.social",
    "user.1.social?",
    "user.1.social#",
    "u\u017fer.1.social",
    "user.1;2.social",
    "user.{1}.social",
    "user.1'--.social",
]


async def publish_secret(world: World, seq: int = 1) -> None:
    data = msgspec.json.encode({"eventType": "secret", "text": SECRET.decode()})
    await world.broker.publish([publication(seq, TOPIC, data=data)])


def never_heard(peer: Peer) -> bool:
    return all(SECRET not in message for message in peer.link.raw)


@pytest.mark.parametrize("caller", [user("2", "other"), user("12"), user("0"), visitor()])
@pytest.mark.parametrize("name", TRICKS)
async def test_another_users_topic_under_any_name(name: str, caller: Principal) -> None:
    """By subscription, by history in SUBSCRIBE, by resume, and by HISTORY."""
    world = World()
    await publish_secret(world)
    epoch = (await world.broker.position(TOPIC)).epoch
    place = {"epoch": epoch, "offset": 0}
    peer = world.connect(caller)
    for options in (
        {},
        {"history": 100, "snapshot": True, "mode": "state"},
        {"resume": {name: place, TOPIC: place}},
        {"offlineDelivery": True, "priority": "low"},
    ):
        peer.say("SUBSCRIBE", topics=[name, "activity"], options=options)
    peer.say("HISTORY", topic=name, after=place)
    peer.say("HISTORY", topic=name, before={"epoch": epoch, "offset": 2}, order="desc")
    await settle(60)
    for told in peer.heard("SUBSCRIBED"):
        assert told["topics"][name]["ok"] is False
        assert told["topics"]["activity"]["ok"] is True
    assert "HISTORY_PAGE" not in peer.types()
    await publish_secret(world, 2)
    await settle()
    assert never_heard(peer)
    assert set(peer.connection.subscriptions) == {"activity", "system.broadcast"}


async def test_the_user_named_in_the_topic_does_hear_it() -> None:
    """What the tests above rest on."""
    world = World()
    await publish_secret(world)
    peer = await world.hello(user("1"))
    await peer.ask("SUBSCRIBE", topics=[TOPIC], options={"history": 1})
    assert not never_heard(peer)


@pytest.mark.parametrize(
    "fields",
    [
        {"user": "1"},
        {"clientId": "1"},
        {"sub": "1"},
        {"userId": "1"},
        {"principal": {"userId": "1"}},
        {"grants": [{"topics": ["user.1.*"], "actions": ["subscribe"]}]},
        {"resumeToken": "rt_user1"},
        {"features": ["admin"]},
    ],
)
async def test_nothing_that_a_client_says_of_itself_counts(fields: dict[str, Any]) -> None:
    world = World()
    peer = world.connect(user("2"))
    await peer.ask("HELLO", **fields)
    (told, *_) = await peer.ask("SUBSCRIBE", topics=[TOPIC], **fields)
    if told["type"] == "SUBSCRIBED":
        assert told["topics"][TOPIC]["ok"] is False
    await publish_secret(world)
    assert never_heard(peer)


async def test_grants_narrow_what_a_token_may_and_never_widen_it() -> None:
    world = World()
    narrow = Grants({"subscribe": frozenset(("user.1.referrals", "user.2.*", "leaderboard.*"))})
    peer = world.connect()
    await peer.ask("HELLO", token=world.token("1", grants=narrow))
    names = ["user.1.referrals", TOPIC, "user.2.social", "leaderboard.weekly", "activity"]
    (told, *_) = await peer.ask("SUBSCRIBE", topics=names)
    assert [told["topics"][name]["ok"] for name in names] == [True, False, False, True, False]
    (error,) = await peer.ask("HISTORY", topic="user.1.referrals")
    assert error["code"] == 1103


async def test_rights_removed_in_mid_stream_end_the_stream_before_the_next_event() -> None:
    world = World(members={("gold", "1")})
    peer = await world.subscribed("program.gold.updates", caller=user("1"))
    await world.publish("program.gold.updates")
    assert peer.offsets("program.gold.updates") == [1]
    peer.forget()
    world.members.clear()
    world.gateway.rights_changed()
    await world.publish("program.gold.updates", 3)
    await settle()
    (told,) = peer.heard()
    assert (told["type"], told["topic"], told["code"]) == (
        "UNSUBSCRIBED",
        "program.gold.updates",
        2001,
    )
    assert told["resubscribe"] is False
    await world.publish("program.gold.updates")
    assert peer.types() == ["UNSUBSCRIBED"]


async def test_rights_that_changed_and_still_hold_cost_no_event() -> None:
    world = World(members={("gold", "1")})
    peer = await world.subscribed("program.gold.updates", "activity", caller=user("1"))
    for _ in range(3):
        world.gateway.rights_changed()
        await world.publish("program.gold.updates", 2)
        await world.publish("activity", 2)
        await settle()
    assert peer.offsets("program.gold.updates") == [1, 2, 3, 4, 5, 6]
    assert peer.offsets("activity") == [1, 2, 3, 4, 5, 6]
    assert "GAP" not in peer.types()


async def test_rights_removed_while_the_past_is_told_end_it_there() -> None:
    world = World(members={("gold", "1")})
    await world.publish("program.gold.updates", 50, padding=5_000)
    peer = await world.hello(user("1"))
    peer.link.stuck = True
    peer.say("SUBSCRIBE", topics=["program.gold.updates"], options={"history": 50})
    await settle()
    told_before = len(peer.offsets("program.gold.updates"))
    assert 0 < told_before < 50
    world.members.clear()
    world.gateway.rights_changed()
    for _ in range(20):
        peer.read_all()
        await settle()
    assert len(peer.offsets("program.gold.updates")) == told_before
    assert peer.types()[-1] == "UNSUBSCRIBED"


async def test_what_waits_for_a_slow_reader_is_dropped_with_the_right_to_it() -> None:
    world = World(members={("gold", "1")})
    peer = await world.subscribed("program.gold.updates", caller=user("1"))
    peer.link.pending_bytes = 1_000_000
    await world.publish("program.gold.updates", 3)
    world.members.clear()
    world.gateway.rights_changed()
    await world.publish("program.gold.updates")
    await settle()
    peer.read_all()
    assert peer.types() == ["UNSUBSCRIBED"]


async def test_a_stale_token_opens_nothing() -> None:
    world = World()
    token = world.token("1", seconds=10)
    world.pass_time(11)
    peer = world.connect()
    peer.say("HELLO", token=token)
    peer.say("SUBSCRIBE", topics=[TOPIC, "activity"])
    await settle()
    await publish_secret(world)
    assert peer.heard("ERROR")[0]["code"] == 1102
    assert peer.types() == ["ERROR"]
    assert peer.close_code == 4101


async def test_what_is_said_behind_a_token_waits_for_its_verification() -> None:
    world = World()
    peer = world.connect()
    peer.say("HELLO", token=world.token("1"))
    peer.say("SUBSCRIBE", topics=[TOPIC])
    await settle()
    assert peer.types()[:2] == ["WELCOME", "SUBSCRIBED"]
    assert peer.heard("SUBSCRIBED")[0]["topics"][TOPIC]["ok"] is True


async def test_an_expired_token_reads_no_history() -> None:
    world = World()
    await publish_secret(world)
    peer = await world.hello(user("1"), token=world.token("1", seconds=10))
    world.pass_time(11)
    (error,) = await peer.ask("HISTORY", topic=TOPIC)
    assert error["code"] == 1102
    (told,) = await peer.ask("SUBSCRIBE", topics=[TOPIC], options={"history": 5})
    assert told["topics"][TOPIC]["error"]["code"] == 1102
    assert never_heard(peer)


async def test_what_waits_for_a_slow_reader_is_withheld_once_the_token_has_expired() -> None:
    world = World()
    peer = await world.hello(user("1"), token=world.token("1", seconds=10))
    await peer.ask("SUBSCRIBE", topics=[TOPIC])
    peer.link.pending_bytes = 1_000_000
    await world.publish(TOPIC, 3)
    world.pass_time(11)
    peer.forget()
    peer.read_all()
    assert peer.offsets(TOPIC) == []
    await peer.ask("REFRESH", token=world.token("1"))
    assert peer.offsets(TOPIC) == [1, 2, 3]


async def test_what_waits_for_a_slow_reader_is_withheld_once_the_right_is_gone() -> None:
    world = World(members={("gold", "1")})
    peer = await world.subscribed("program.gold.updates", caller=user("1"))
    peer.link.pending_bytes = 1_000_000
    await world.publish("program.gold.updates", 3)
    world.members.clear()
    world.gateway.rights_changed()
    peer.read_all()
    await settle()
    assert peer.types() == ["UNSUBSCRIBED"]


async def test_a_revoked_sign_in_subscribes_to_nothing_and_reads_nothing() -> None:
    world = World()
    await publish_secret(world)
    peer = await world.hello(user("1", "s1"))
    world.revoked.add("s1")
    peer.say("SUBSCRIBE", topics=[TOPIC], options={"history": 5})
    peer.say("HISTORY", topic=TOPIC)
    await settle()
    assert never_heard(peer)


async def test_a_user_who_becomes_another_by_refresh_hears_neither() -> None:
    world = World()
    peer = await world.hello(user("2"), token=world.token("2"))
    peer.say("REFRESH", token=world.token("1"))
    peer.say("SUBSCRIBE", topics=[TOPIC])
    await settle()
    await publish_secret(world)
    assert never_heard(peer)
    assert peer.close_code == 4001


async def test_a_client_id_of_another_user_takes_over_nothing() -> None:
    world = World()
    mine = await world.hello(user("1"), clientId="phone")
    await world.hello(user("2"), clientId="phone")
    await world.hello(visitor(), clientId="phone")
    assert mine.close_code is None


async def test_an_unexpected_error_tells_nothing_of_itself() -> None:
    async def fail(*_: object) -> Any:
        raise RuntimeError(SECRET.decode())

    world = World(options={"admit": fail})
    peer = await world.hello()
    (told,) = await peer.ask("SUBSCRIBE", topics=["activity"])
    error = told["topics"]["activity"]["error"]
    assert (error["code"], error["name"], error["retryable"]) == (1000, "internal", True)
    assert never_heard(peer)
