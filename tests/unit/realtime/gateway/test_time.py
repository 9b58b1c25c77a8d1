"""What happens by itself: heartbeats, the end of tokens, revocation."""

from __future__ import annotations

from groundswell.realtime.credentials import Credentials
from tests.unit.realtime.gateway.dialogue import World, settle, user, visitor


async def test_p10_ping_comes_after_thirty_seconds_of_silence_give_or_take_a_tenth() -> None:
    world = World()
    peer = await world.hello(features=["ping"])
    world.pass_time(26.5)
    assert peer.types() == []
    world.pass_time(7)
    assert peer.types() == ["PING"]


async def test_ping_is_not_said_while_something_else_is() -> None:
    world = World()
    peer = await world.subscribed("activity")
    for _ in range(10):
        world.pass_time(10)
        await world.publish()
    assert set(peer.types()) == {"EVENT"}


async def test_the_moment_of_ping_differs_between_connections() -> None:
    world = World()
    peers = [await world.hello(features=["ping"]) for _ in range(20)]
    silent = []
    for _ in range(40):
        world.pass_time(1)
        silent.append(sum(not peer.types() for peer in peers))
    assert len({count for count in silent if 0 < count < 20}) > 3


async def test_p10_a_client_that_promised_to_answer_and_does_not_is_closed() -> None:
    world = World()
    peer, plain = await world.hello(features=["ping"]), await world.hello()
    world.pass_time(45)
    assert peer.close_code == 4109
    assert plain.close_code is None


async def test_p10_any_frame_counts_as_an_answer() -> None:
    world = World()
    peer = await world.hello(features=["ping"])
    for _ in range(20):
        world.pass_time(9)
        peer.say("FLOW", state="foreground")
    assert peer.close_code is None


async def test_other_transports_have_a_heartbeat_of_their_own() -> None:
    world = World()
    peer = world.connect(transport="polling")
    await peer.ask("HELLO")
    peer.forget()
    world.pass_time(120)
    assert peer.types() == []


async def test_a_token_is_said_to_expire_at_four_fifths_of_its_life() -> None:
    world = World()
    peer = await world.hello(user("1"), token=world.token("1", seconds=900))
    world.pass_time(719)
    assert peer.heard("TOKEN_EXPIRING") == []
    world.pass_time(1.25)
    (told,) = peer.heard("TOKEN_EXPIRING")
    assert told == {
        "type": "TOKEN_EXPIRING",
        "expiresAt": "2026-03-15T14:45:40.120Z",
        "graceMs": 25000,
    }


async def test_a_token_of_a_short_life_is_said_to_expire_a_minute_before() -> None:
    world = World()
    peer = await world.hello(user("1"), token=world.token("1", seconds=100))
    world.pass_time(39)
    assert peer.heard("TOKEN_EXPIRING") == []
    world.pass_time(1.5)
    assert len(peer.heard("TOKEN_EXPIRING")) == 1


async def test_after_its_end_nothing_private_is_told_and_after_the_grace_comes_the_close() -> None:
    world = World()
    peer = await world.hello(user("1"), token=world.token("1", seconds=100))
    await peer.ask("SUBSCRIBE", topics=["user.1.social", "activity"])
    world.pass_time(100)
    peer.forget()
    await world.publish("user.1.social")
    await world.publish("activity")
    assert [one["topic"] for one in peer.heard("EVENT")] == ["activity"]
    world.pass_time(24)
    assert peer.close_code is None
    world.pass_time(1.5)
    assert peer.close_code == 4101


async def test_a_refresh_in_the_grace_brings_what_was_withheld_in_order() -> None:
    world = World()
    peer = await world.hello(user("1"), token=world.token("1", seconds=100))
    await peer.ask("SUBSCRIBE", topics=["user.1.social"])
    await world.publish("user.1.social")
    world.pass_time(101)
    await world.publish("user.1.social", 3)
    assert peer.offsets("user.1.social") == [1]
    answers = await peer.ask("REFRESH", token=world.token("1"), ref="r1")
    assert answers[0]["type"] == "REFRESHED"
    assert answers[0]["ref"] == "r1"
    assert answers[0]["expiresAt"] == "2026-03-15T14:47:21.120Z"
    assert peer.offsets("user.1.social") == [2, 3, 4]
    await world.publish("user.1.social")
    assert peer.offsets("user.1.social") == [2, 3, 4, 5]
    world.pass_time(60)
    assert peer.close_code is None


async def test_a_refresh_ends_the_topics_that_are_allowed_no_more() -> None:
    world = World(members={("gold", "1")})
    peer = await world.hello(user("1"), token=world.token("1"))
    await peer.ask("SUBSCRIBE", topics=["program.gold.updates", "user.1.social"])
    world.members.clear()
    answers = await peer.ask("REFRESH", token=world.token("1"))
    assert answers[0]["dropped"] == ["program.gold.updates"]
    assert answers[1]["type"] == "UNSUBSCRIBED"
    assert (answers[1]["topic"], answers[1]["code"]) == ("program.gold.updates", 2001)
    peer.forget()
    await world.publish("program.gold.updates")
    assert peer.types() == []


async def test_a_refresh_with_somebody_elses_token_ends_the_connection() -> None:
    world = World()
    peer = await world.hello(user("1"), token=world.token("1"))
    (error,) = await peer.ask("REFRESH", token=world.token("2"), ref="r")
    assert (error["code"], error["name"]) == (1105, "subject_mismatch")
    assert peer.close_code == 4001


async def test_a_refresh_with_a_bad_token_leaves_the_old_one_in_force() -> None:
    world = World()
    peer = await world.hello(user("1"), token=world.token("1"))
    (error,) = await peer.ask("REFRESH", token="nonsense")
    assert error["code"] == 1101
    old = world.token("1", seconds=5)
    world.pass_time(6)
    (error,) = await peer.ask("REFRESH", token=old)
    assert (error["code"], error["name"]) == (1102, "token_expired")
    assert peer.close_code is None


async def test_a_hello_with_a_bad_token_is_told_to_get_a_new_one_first() -> None:
    world = World()
    peer = world.connect()
    (error,) = await peer.ask("HELLO", token="nonsense", ref="1")
    assert (error["code"], error["ref"]) == (1101, "1")
    assert peer.close_code == 4101


async def test_a_hello_with_somebody_elses_token_ends_the_connection() -> None:
    world = World()
    peer = world.connect(user("2"))
    (error,) = await peer.ask("HELLO", token=world.token("1"))
    assert error["code"] == 1105
    assert peer.close_code == 4001


async def test_a_token_for_one_client_id_is_not_accepted_with_another() -> None:
    world = World()
    peer = world.connect()
    await peer.ask("HELLO", token=world.token("1", client_id="phone"), clientId="laptop")
    assert peer.close_code == 4001


async def test_the_end_of_a_token_shown_by_the_request_itself_counts_too() -> None:
    world = World()
    shown = Credentials(user("1"), expires_at=world.now + 60_000_000)
    peer = world.connect(user("1"), credentials=shown)
    await peer.ask("SUBSCRIBE", topics=["user.1.social"])
    world.pass_time(86)
    assert peer.close_code == 4101


async def test_a_revoked_sign_in_is_closed_within_about_a_second() -> None:
    world = World()
    peer = await world.hello(user("1", "s1"))
    other = await world.hello(visitor())
    world.revoked.add("s1")
    world.pass_time(1.25)
    await settle()
    assert peer.close_code == 4005
    assert other.close_code is None


async def test_a_revoked_sign_in_hears_nothing_private_from_that_very_moment() -> None:
    world = World()
    peer = await world.subscribed("user.1.social", caller=user("1", "s1"))
    world.revoked.add("s1")
    await world.publish("user.1.social")
    assert peer.heard("EVENT") == []
    assert peer.close_code == 4005
