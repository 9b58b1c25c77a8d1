"""SUBSCRIBE, UNSUBSCRIBE, resume tokens, limits."""

from __future__ import annotations

from groundswell.realtime.gateway.limits import Limits
from tests.unit.realtime.gateway.dialogue import World, settle, user, visitor


async def test_one_refused_topic_fails_no_other() -> None:
    world = World()
    peer = await world.hello(user("123"))
    (told, *_) = await peer.ask(
        "SUBSCRIBE",
        topics=["user.123.referrals", "user.999.social", "no.such.topic", "Ärger", "activity"],
        ref="1",
    )
    results = told["topics"]
    assert list(results) == [
        "user.123.referrals",
        "user.999.social",
        "no.such.topic",
        "Ärger",
        "activity",
    ]
    assert {name: one["ok"] for name, one in results.items()} == {
        "user.123.referrals": True,
        "user.999.social": False,
        "no.such.topic": False,
        "Ärger": False,
        "activity": True,
    }
    codes = [one["error"]["code"] for one in results.values() if not one["ok"]]
    assert codes == [1103, 1104, 1001]
    assert results["user.999.social"]["error"] == {
        "code": 1103,
        "name": "permission_denied",
        "message": "The topic 'user.999.social' is private to its user.",
        "retryable": False,
    }


async def test_a_name_that_is_too_long_fails_no_other() -> None:
    world = World()
    peer = await world.hello()
    long = ".".join(["a" * 60] * 6)
    (told, *_) = await peer.ask("SUBSCRIBE", topics=["activity", long])
    assert told["topics"]["activity"]["ok"] is True
    assert told["topics"][long]["error"]["code"] == 1001


async def test_subscribing_again_changes_options_and_delivers_once() -> None:
    world = World()
    peer = await world.subscribed("activity")
    await world.publish()
    (told, *_) = await peer.ask("SUBSCRIBE", topics=["activity"], options={"priority": "high"})
    assert told["topics"]["activity"]["ok"] is True
    await world.publish()
    assert peer.offsets() == [2]
    assert world.gateway.statistics().subscriptions == 2


async def test_the_same_topic_twice_in_one_request_is_one_subscription() -> None:
    world = World()
    peer = await world.subscribed("activity", "activity")
    await world.publish()
    assert peer.offsets() == [1]


async def test_after_unsubscribing_nothing_more_comes() -> None:
    world = World()
    peer = await world.subscribed("activity", "hot")
    (told,) = await peer.ask("UNSUBSCRIBE", topics=["activity"], ref="u")
    assert told == {
        "type": "UNSUBSCRIBED",
        "ref": "u",
        "topic": "activity",
        "code": 2000,
        "reason": "requested",
        "resubscribe": False,
    }
    peer.forget()
    await world.publish()
    await world.publish("hot", state=True)
    assert [one["topic"] for one in peer.heard("EVENT")] == ["hot"]


async def test_every_connection_hears_broadcasts_without_asking() -> None:
    world = World()
    peer = await world.hello()
    await world.publish("system.broadcast", 2)
    assert peer.offsets("system.broadcast") == [1, 2]
    (error,) = await peer.ask("UNSUBSCRIBE", topics=["system.broadcast"])
    assert error["code"] == 1001


async def test_no_more_than_128_topics() -> None:
    world = World()
    peer = await world.hello()
    names = [f"media.{n}" for n in range(1, 130)]
    (told, *_) = await peer.ask("SUBSCRIBE", topics=names)
    refused = [name for name, one in told["topics"].items() if not one["ok"]]
    assert refused == ["media.129"]
    assert told["topics"]["media.129"]["error"]["name"] == "topic_limit"
    (told, *_) = await peer.ask("SUBSCRIBE", topics=["activity"])
    assert told["topics"]["activity"]["error"]["code"] == 1201
    await peer.ask("UNSUBSCRIBE", topics=["media.1"])
    (told, *_) = await peer.ask("SUBSCRIBE", topics=["activity"])
    assert told["topics"]["activity"]["ok"] is True


async def test_subscriptions_that_change_too_fast_cool_down() -> None:
    world = World(options={"limits": Limits(changes_burst=3, changes_per_second=2)})
    peer = await world.hello()
    for _ in range(3):
        await peer.ask("SUBSCRIBE", topics=["hot"])
        await peer.ask("UNSUBSCRIBE", topics=["hot"])
    (told, *_) = await peer.ask("SUBSCRIBE", topics=["hot"])
    error = told["topics"]["hot"]["error"]
    assert (error["code"], error["retryable"], error["retryAfterMs"]) == (1203, True, 500)
    world.pass_time(0.5)
    (told, *_) = await peer.ask("SUBSCRIBE", topics=["hot"])
    assert told["topics"]["hot"]["ok"] is True


async def test_nothing_to_subscribe_to_is_an_error() -> None:
    peer = await World().hello()
    (error,) = await peer.ask("SUBSCRIBE", topics=[])
    assert error["code"] == 1001


async def test_a_request_in_the_name_of_another_client_is_refused() -> None:
    peer = await World().hello(clientId="a")
    (error,) = await peer.ask("SUBSCRIBE", topics=["hot"], clientId="b")
    assert error["code"] == 1105


async def test_a_snapshot_and_its_stream_join_without_a_hole_or_a_double() -> None:
    world = World()
    await world.publish("hot", 3, state=True)
    peer = await world.hello()
    (told, *_) = await peer.ask("SUBSCRIBE", topics=["hot"], options={"snapshot": True})
    assert told["topics"]["hot"]["snapshot"] is True
    assert peer.types() == ["SUBSCRIBED", "SNAPSHOT", "CAUGHT_UP"]
    snapshot = peer.heard("SNAPSHOT")[0]
    assert (snapshot["offset"], snapshot["stateVersion"], snapshot["data"]["n"]) == (3, 3, 3)
    await world.publish("hot", state=True)
    assert peer.offsets("hot") == [4]


async def test_a_state_whose_history_is_gone_is_told_from_where_it_is_kept() -> None:
    world = World(states={"hot": b'{"n":7}'})
    peer = await world.hello()
    await peer.ask("SUBSCRIBE", topics=["hot"], options={"snapshot": True})
    (snapshot,) = peer.heard("SNAPSHOT")
    assert (snapshot["data"], snapshot["offset"]) == ({"n": 7}, 0)
    await world.publish("hot", state=True)
    assert peer.offsets("hot") == [1]


async def test_a_resume_token_restores_all_topics_with_one_hello() -> None:
    world = World()
    topics = [f"media.{n}" for n in range(1, 101)]
    first = await world.hello(user("1"), clientId="phone")
    told = (await first.ask("SUBSCRIBE", topics=topics))[0]
    first.connection.gone()
    await world.publish("media.7", 2)
    second = world.connect(user("1"))
    (welcome,) = await second.ask("HELLO", resumeToken=told["resumeToken"], clientId="phone")
    assert welcome["resumed"] is True
    assert welcome["sessionId"] == first.welcome["sessionId"]  # type: ignore[attr-defined]
    resume = {"media.7": {"epoch": told["topics"]["media.7"]["epoch"], "offset": 0}}
    (told, *_) = await second.ask("SUBSCRIBE", topics=[], options={"resume": resume})
    assert sorted(told["topics"]) == sorted(topics)
    assert second.offsets("media.7") == [1, 2]
    await world.publish("media.99")
    assert second.offsets("media.99") == [1]


async def test_a_restored_session_whose_client_names_no_positions_begins_by_itself() -> None:
    world = World()
    first = await world.hello(user("1"))
    told = (await first.ask("SUBSCRIBE", topics=["activity"]))[0]
    second = await world.hello(user("1"), resumeToken=told["resumeToken"])
    world.pass_time(2.25)
    await settle()
    assert second.types() == ["SUBSCRIBED", "CAUGHT_UP"]
    await world.publish()
    assert second.offsets() == [1]


async def test_a_resume_token_is_worth_nothing_to_another_user_client_or_server() -> None:
    world = World()
    first = await world.hello(user("1"), clientId="phone")
    told = (await first.ask("SUBSCRIBE", topics=["user.1.social"]))[0]
    token = told["resumeToken"]
    for caller, fields in (
        (user("2"), {"clientId": "phone"}),
        (visitor(), {"clientId": "phone"}),
        (user("1"), {"clientId": "laptop"}),
    ):
        peer = world.connect(caller)
        (welcome,) = await peer.ask("HELLO", resumeToken=token, **fields)
        assert welcome["resumed"] is False
    for broken in (token[:-2] + "xx", "rt_", "rt_ä", token[3:], "rt_" + "A" * 4000, "x"):
        peer = world.connect(user("1"))
        (welcome,) = await peer.ask("HELLO", resumeToken=broken, clientId="phone")
        assert welcome["resumed"] is False
    world.pass_time(24 * 3600 + 1)
    peer = world.connect(user("1"))
    (welcome,) = await peer.ask("HELLO", resumeToken=token, clientId="phone")
    assert welcome["resumed"] is False


async def test_restoring_asks_nobody_while_nothing_changed_and_everybody_after_it_did() -> None:
    world = World(members={("gold", "1")})
    first = await world.hello(user("1"))
    told = (await first.ask("SUBSCRIBE", topics=["program.gold.updates"]))[0]
    world.members.clear()
    second = await world.hello(user("1"), resumeToken=told["resumeToken"])
    (again, *_) = await second.ask("SUBSCRIBE", topics=["activity"])
    assert again["topics"]["program.gold.updates"]["ok"] is True
    world.gateway.rights_changed()
    third = await world.hello(user("1"), resumeToken=told["resumeToken"])
    (again, *_) = await third.ask("SUBSCRIBE", topics=["activity"])
    assert again["topics"]["program.gold.updates"]["ok"] is False
