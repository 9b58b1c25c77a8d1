"""What a client said just before it went is carried out (8.8); what it wanted to hear is not."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from groundswell.realtime.codes import CloseCode
from groundswell.realtime.credentials import Credentials
from groundswell.realtime.gateway.frames import Action
from tests.unit.realtime.gateway.dialogue import Peer, World, settle, user
from tests.unit.realtime.gateway.test_acknowledging import resumed, session
from tests.unit.realtime.gateway.test_devices import INBOX, device, with_inbox

PLAY = {"key": "a", "action": "play"}


def acting() -> tuple[World, list[str | None]]:
    """A world whose clients report actions, and the users who did, in order."""
    done: list[str | None] = []

    async def act(credentials: Credentials, _: Action) -> str | None:
        await asyncio.sleep(0)
        done.append(credentials.user_id)
        return None

    return World(options={"act": act}), done


def leave(peer: Peer, how: str) -> None:
    if how == "gone":
        peer.connection.gone()
    else:
        peer.connection.close(CloseCode[how], "")


@pytest.mark.parametrize("how", ["gone", "RESTART", "SLOW_CONSUMER", "TAKEN_OVER"])
async def test_what_was_said_last_counts(how: str) -> None:
    world, inbox = with_inbox()
    await inbox.file(3)
    peer = await device(world)
    peer.say("ACK", ids=["msg-1"])
    peer.say("READ", ids=["msg-2"], state="read")
    peer.say("ACK", topic=INBOX, offset=3)
    leave(peer, how)
    await settle()
    assert {one for _, one in inbox.acked} == {"msg-1", "msg-2", "msg-3"}
    assert [one[2] for one in inbox.marked] == ["read"]


async def test_reports_are_done_to_the_last_one() -> None:
    world, done = acting()
    peer = await world.hello(user("1"))
    peer.say("PUBLISH", messages=[{"key": str(number), "action": "play"} for number in range(50)])
    await settle(3)
    assert 0 < len(done) < 50
    peer.connection.gone()
    await settle(100)
    assert len(done) == 50


async def test_a_place_is_kept_of_a_topic_that_was_held() -> None:
    world = World()
    peer, token = await session(world, "activity")
    await world.publish(count=5)
    peer.say("ACK", topic="activity", offset=3)
    peer.connection.gone()
    await settle()
    assert (await resumed(world, token)).offsets() == [4, 5]


async def test_what_waits_for_an_answer_does_not_stand_in_the_way() -> None:
    """The first request would go on for ever: nobody takes what it tells."""
    world, inbox = with_inbox()
    await inbox.file()
    await world.publish(count=20)
    peer = await device(world)
    peer.link.pending_bytes = 10**9
    peer.say("SUBSCRIBE", topics=["activity"], options={"history": 20})
    await settle()
    peer.say("ACK", ids=["msg-1"])
    await settle()
    assert not inbox.acked
    peer.connection.gone()
    await settle()
    assert {one for _, one in inbox.acked} == {"msg-1"}


@pytest.mark.parametrize("greeting", [0, 1])
async def test_it_counts_as_said_by_whom_hello_names(greeting: int) -> None:
    """Also if the greeting is not over yet; then it takes nobody's place."""
    world, done = acting()
    world.tokens["ada"] = Credentials(user("1"))
    other = await world.hello(user("1"), clientId="phone")
    peer = world.connect()
    peer.say("HELLO", protocol=1, token="ada", clientId="phone")
    peer.say("PUBLISH", messages=[PLAY])
    await settle(greeting)
    peer.connection.gone()
    await settle()
    assert done == ["1"]
    assert other.close_code is None
    assert world.gateway.statistics().connections == 1


@pytest.mark.parametrize("greeting", [0, 1, 2, 30])
async def test_who_is_refused_has_done_nothing(greeting: int) -> None:
    world, done = acting()
    for words in (
        [("HELLO", {"protocol": 1, "token": "none"})],
        [("HELLO", {"protocol": 1}), ("REFRESH", {"token": world.token("2")})],
    ):
        peer = world.connect(user("1"))
        for kind, fields in words:
            peer.say(kind, **fields)
        peer.say("PUBLISH", messages=[PLAY])
        await settle(greeting)
        peer.connection.gone()
        await settle()
    assert done == []


async def test_an_ended_sign_in_ends_the_last_words_too() -> None:
    world, done = acting()
    peer = await world.hello(user("1", "sign-in"))
    peer.say("PUBLISH", messages=[PLAY])
    world.revoked.add("sign-in")
    peer.connection.gone()
    await settle()
    assert done == []


async def test_nobody_is_left_behind() -> None:
    """What is still done holds nothing once it is done."""
    world, done = acting()
    peers = [await world.hello(user(str(number))) for number in range(5)]
    before = len(asyncio.all_tasks())
    for peer in peers:
        peer.say("SUBSCRIBE", topics=["activity"])
        peer.say("PUBLISH", messages=[PLAY])
        peer.say("HISTORY", topic="activity")
        peer.connection.gone()
    await settle()
    figures: Any = world.gateway.statistics()
    assert (figures.connections, figures.subscriptions) == (0, 0)
    assert len(done) == 5
    assert len(asyncio.all_tasks()) == before
