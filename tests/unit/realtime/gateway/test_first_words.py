"""What a client says first, and frames that are no messages."""

from __future__ import annotations

import msgspec
import pytest

from groundswell.realtime.gateway.limits import Limits
from tests.unit.realtime.gateway.dialogue import World, settle, user


async def test_p2_the_plain_client_knows_only_subscribe_and_event() -> None:
    world = World()
    peer = world.connect(user("123"))
    peer.say(
        "SUBSCRIBE",
        topics=["user.123.social", "user.123.referrals", "activity"],
        clientId="device-456789",
        options={"history": 10, "priority": "high", "offlineDelivery": True},
    )
    await settle()
    assert peer.types()[:2] == ["WELCOME", "SUBSCRIBED"]
    peer.forget()
    await world.publish("user.123.social")
    (event,) = peer.heard("EVENT")
    assert {"type", "topic", "id", "timestamp", "data", "version"} <= event.keys()
    assert (event["topic"], event["version"], event["offset"]) == ("user.123.social", 1, 1)
    assert event["data"]["eventType"]
    assert peer.connection.session.client_id == "device-456789"


async def test_p8_times_are_rfc_3339_in_utc_and_durations_end_in_ms() -> None:
    world = World()
    peer = world.connect(user("1"))
    (welcome,) = await peer.ask("HELLO", protocol=1, token=world.token("1"))
    assert welcome["serverTime"] == "2026-03-15T14:30:40.120Z"
    assert welcome["tokenExpiresAt"] == "2026-03-15T14:45:40.120Z"
    assert welcome["heartbeat"] == {"intervalMs": 30000, "timeoutMs": 10000}
    assert welcome["reconnect"] == {"minMs": 500, "maxMs": 20000, "firstWindowMs": 1000}
    assert welcome["limits"] == {
        "topics": 128,
        "frameBytes": 65536,
        "commandsPerSec": 20,
        "publishBatch": 50,
    }
    assert welcome["user"] == "1"


async def test_only_features_that_both_sides_have_are_agreed_on() -> None:
    peer = World().connect()
    (welcome,) = await peer.ask("HELLO", features=["batch", "teleport", "snapshot"])
    assert welcome["features"] == ["batch", "snapshot"]


async def test_p1_unknown_fields_are_ignored() -> None:
    peer = World().connect()
    (welcome,) = await peer.ask("HELLO", protocol=1, flavour="mint", sdk={"name": "x", "more": 1})
    assert welcome["type"] == "WELCOME"


async def test_p1_an_unknown_type_is_an_error_and_the_connection_stays() -> None:
    world = World()
    peer = await world.hello()
    (error,) = await peer.ask("DANCE", ref="7")
    assert (error["code"], error["name"], error["ref"]) == (1002, "unknown_type", "7")
    assert error["retryable"] is False
    assert [one["type"] for one in await peer.ask("PING", t=5)] == ["PONG"]
    assert peer.heard()[0]["t"] == 5


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b'"SUBSCRIBE"',
        b"null",
        b"{",
        b"\xff\xfe",
        b'{"type":1}',
        b'{"type":"SUBSCRIBE"}',
        b'{"type":"SUBSCRIBE","topics":"activity"}',
        b'{"type":"SUBSCRIBE","topics":[1]}',
        b'{"type":"SUBSCRIBE","topics":["\xff"]}',
        b'{"type":"SUBSCRIBE","topics":["activity"],"options":{"history":-1}}',
        b'{"type":"SUBSCRIBE","topics":["activity"],"options":{"priority":"urgent"}}',
        b'{"type":"SUBSCRIBE","topics":["activity"],"options":{"resume":{"activity":4}}}',
        b'{"type":"HELLO","clientId":""}',
        b'{"type":"PING","ref":"' + b"r" * 65 + b'"}',
        b'{"type":"PING","more":' + b"[" * 60_000,
        "{\ud800}",
    ],
)
async def test_a_frame_that_is_no_message_is_a_bad_request_and_the_connection_stays(
    raw: bytes | str,
) -> None:
    world = World()
    peer = await world.hello()
    peer.connection.receive(raw)
    (error,) = peer.heard()
    assert (error["type"], error["code"], error["name"]) == ("ERROR", 1001, "bad_request")
    assert "Traceback" not in error["message"]
    assert peer.close_code is None


async def test_frames_that_are_no_messages_again_and_again_end_the_connection() -> None:
    peer = await World().hello()
    for _ in range(10):
        peer.connection.receive(b"{")
    assert peer.close_code == 4000


async def test_p7_the_ref_of_a_request_comes_back_in_its_answer() -> None:
    world = World()
    peer = world.connect()
    answers = await peer.ask("HELLO", ref="h")
    answers += await peer.ask("SUBSCRIBE", topics=["activity"], ref="s")
    answers += await peer.ask("PING", ref="p")
    answers += await peer.ask("HISTORY", topic="activity", ref="y")
    answers += await peer.ask("UNSUBSCRIBE", topics=["activity"], ref="u")
    answers += await peer.ask("HISTORY", topic="user.1.social", ref="e")
    refs = {one["ref"]: one["type"] for one in answers if "ref" in one}
    assert refs == {
        "h": "WELCOME",
        "s": "SUBSCRIBED",
        "p": "PONG",
        "y": "HISTORY_PAGE",
        "u": "UNSUBSCRIBED",
        "e": "ERROR",
    }


async def test_p9_a_frame_that_is_too_large_is_refused_and_the_second_ends_the_connection() -> None:
    peer = await World().hello()
    peer.connection.receive(b"x" * 65_537)
    (error,) = peer.heard()
    assert (error["code"], error["name"]) == (1003, "too_large")
    assert peer.close_code is None
    peer.connection.receive("ä" * 32_769)
    assert peer.close_code == 4009


async def test_p9_a_frame_of_just_the_limit_is_accepted() -> None:
    peer = await World().hello()
    body = msgspec.json.encode({"type": "PING", "pad": ""})
    peer.connection.receive(body[:-2] + b"x" * (65_536 - len(body)) + b'"}')
    assert peer.types() == ["PONG"]


async def test_commands_beyond_twenty_a_second_are_told_when_to_try_again() -> None:
    world = World()
    peer = await world.hello()
    world.pass_time(2)
    for _ in range(21):
        peer.say("PING")
    *pongs, error = peer.heard()
    assert len(pongs) == 20
    assert (error["code"], error["retryable"], error["retryAfterMs"]) == (1202, True, 50)
    world.pass_time(0.25)
    peer.forget()
    peer.say("PING")
    assert peer.types() == ["PONG"]


async def test_who_goes_on_too_fast_is_closed() -> None:
    peer = await World(options={"limits": Limits(abuse=5)}).hello()
    for _ in range(40):
        peer.say("PING")
    assert peer.close_code == 4009


async def test_a_second_hello_is_refused() -> None:
    peer = await World().hello()
    (error,) = await peer.ask("HELLO", ref="2")
    assert (error["code"], error["ref"]) == (1001, "2")


async def test_another_protocol_closes() -> None:
    peer = World().connect()
    await peer.ask("HELLO", protocol=2)
    assert peer.close_code == 4007


async def test_p10_who_says_nothing_within_ten_seconds_is_closed() -> None:
    world = World()
    silent, talker = world.connect(), world.connect()
    talker.say("SUBSCRIBE", topics=["activity"])
    world.pass_time(9.5)
    assert silent.close_code is None
    world.pass_time(0.75)
    assert silent.close_code == 4002
    assert talker.close_code is None


async def test_p10_a_frame_that_is_no_message_is_not_a_first_word() -> None:
    world = World()
    peer = world.connect()
    peer.connection.receive(b"{")
    world.pass_time(10.25)
    assert peer.close_code == 4002


async def test_bye_ends_the_connection_after_what_was_asked_before() -> None:
    peer = await World().hello()
    peer.say("SUBSCRIBE", topics=["activity"])
    peer.say("BYE")
    await settle()
    assert "SUBSCRIBED" in peer.types()
    assert peer.close_code == 1000


async def test_what_this_server_does_not_offer_is_said_to_be_so() -> None:
    peer = await World().hello()
    (error,) = await peer.ask("PRESENCE", topic="presence.x", op="list", ref="1")
    assert (error["code"], error["name"], error["topic"]) == (1503, "not_available", "presence.x")
