"""Moments at which something could be lost in silence, told twice, or told to others (P5)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from groundswell.access.tokens import TokenExpired
from groundswell.contract.errors import Unavailable
from groundswell.realtime.broker.base import Degraded, History, Position
from groundswell.realtime.broker.memory import MemoryBroker
from groundswell.realtime.gateway.limits import Limits
from groundswell.realtime.grants import Grants
from groundswell.realtime.messages import Gap
from tests.unit.realtime.builders import publication
from tests.unit.realtime.gateway.dialogue import World, settle, user

PROGRAM = "program.gold.updates"


class BusyBroker(MemoryBroker):
    """While it reads, more is published, again and again for a while."""

    def __init__(self, world: World | None = None) -> None:
        super().__init__(after_seq=0)
        self.bursts = 0
        self.answers: int | None = None

    async def position(self, topic: str) -> Position:
        if self.answers == 0:
            raise Degraded
        if self.answers is not None:
            self.answers -= 1
        return await super().position(topic)

    async def history(self, topic: str, **more: Any) -> History:
        found = await super().history(topic, **more)
        if self.bursts:
            self.bursts -= 1
            seq = self._cursor
            await self.publish([publication(seq + 1, topic), publication(seq + 2, topic)])
        return found


async def test_p5_who_never_catches_up_is_told_that_there_is_more() -> None:
    broker = BusyBroker()
    world = World(broker=broker, options={"limits": Limits(buffered=1)})
    await world.publish(count=2)
    broker.bursts = 20
    peer = await world.hello()
    await peer.ask("SUBSCRIBE", topics=["activity"], options={"history": 2})
    (caught_up,) = peer.heard("CAUGHT_UP")
    assert caught_up["complete"] is False
    assert caught_up["next"]["offset"] == peer.offsets()[-1]
    broker.bursts = 0
    await peer.ask("SUBSCRIBE", topics=["activity"])
    top = (await broker.position("activity")).offset
    assert peer.heard("CAUGHT_UP")[0]["offset"] == peer.offsets()[-1] == top


async def test_p5_a_topic_that_cannot_be_followed_is_ended_and_others_go_on() -> None:
    broker = BusyBroker()
    world = World(broker=broker, options={"limits": Limits(buffered=1)})
    await world.publish(count=2)
    peer = await world.hello()
    broker.bursts, broker.answers = 1, 2
    await peer.ask("SUBSCRIBE", topics=["activity", "media.1"], options={"history": 2})
    (ended,) = peer.heard("UNSUBSCRIBED")
    assert (ended["topic"], ended["code"], ended["resubscribe"]) == ("activity", 2500, True)
    world.seq = broker._cursor
    await world.publish("media.1")
    assert peer.offsets("media.1") == [1]


async def test_p5_a_hole_found_while_options_change_is_closed_once() -> None:
    world = World()
    peer = await world.subscribed("activity")
    await world.publish()
    world.hub.leave(peer.connection)
    await world.publish(count=2)
    world.hub.subscribe(peer.connection, ["activity"])
    peer.say("SUBSCRIBE", topics=["activity"])
    await world.publish()
    await settle(2)
    await world.publish(count=2)
    await settle()
    await world.publish()
    assert peer.offsets() == [1, 2, 3, 4, 5, 6, 7]
    assert len(peer.heard("CAUGHT_UP")) == 1


async def test_p5_a_loss_while_a_topic_is_held_is_named_when_it_goes_on() -> None:
    world = World()
    token = world.token("1", seconds=10)
    peer = await world.hello(user("1"), token=token)
    await peer.ask("SUBSCRIBE", topics=["user.1.social"])
    world.pass_time(11)
    await world.publish("user.1.social")
    for first in (2, 4):
        gap = Gap(topic="user.1.social", epoch="", reason="trimmed", from_seq=first, to_seq=first)
        world.hub.lose(gap)
    peer.forget()
    await peer.ask("REFRESH", token=world.token("1"))
    (gap,) = peer.heard("GAP")
    assert (gap["fromSeq"], gap["toSeq"]) == (2, 4)


async def test_p5_a_page_from_which_something_was_trimmed_meanwhile_is_refused() -> None:
    class Trimming(MemoryBroker):
        async def history(self, topic: str, **more: Any) -> History:
            found = await super().history(topic, **more)
            return History(found.envelopes[2:], found.complete)

    world = World(broker=Trimming(after_seq=0))
    await world.publish(count=5)
    peer = await world.hello()
    (error,) = await peer.ask("HISTORY", topic="activity", limit=5)
    assert (error["code"], error["lowest"]) == (1302, 3)


async def test_a_right_that_was_lost_is_not_regained_by_the_former_session() -> None:
    world = World(members={("gold", "1")})
    first = await world.hello(user("1"))
    told = (await first.ask("SUBSCRIBE", topics=[PROGRAM]))[0]
    peer = await world.hello(user("1"), resumeToken=told["resumeToken"])
    await peer.ask("SUBSCRIBE", topics=[])
    world.members.clear()
    world.gateway.rights_changed()
    await world.publish(PROGRAM)
    await settle()
    assert peer.heard("UNSUBSCRIBED")[0]["code"] == 2001
    (again,) = await peer.ask("SUBSCRIBE", topics=[PROGRAM])
    assert again["topics"][PROGRAM]["error"]["code"] == 1103


async def test_a_former_session_opens_nothing_to_a_token_that_is_limited() -> None:
    world = World()
    first = await world.hello(user("1"))
    told = (await first.ask("SUBSCRIBE", topics=["user.1.social"]))[0]
    grants = Grants.parse([{"topics": ["activity"], "actions": ["subscribe"]}])
    limited = world.token("1", grants=grants)
    peer = await world.hello(user("1"), token=limited, resumeToken=told["resumeToken"])
    (again, *_) = await peer.ask("SUBSCRIBE", topics=["activity"])
    assert again["topics"]["user.1.social"]["error"]["code"] == 1103
    assert again["topics"]["activity"]["ok"] is True


async def test_what_cannot_be_decided_now_is_to_be_asked_again_and_not_lost() -> None:
    answers: list[Exception] = []

    async def admit(text: str, *_: object) -> Any:
        await asyncio.sleep(0)
        if answers:
            raise answers[0]
        return text

    world = World(options={"admit": admit})
    for error, code in ((Unavailable("away"), 2500), (RuntimeError("broken"), 2500)):
        peer = await world.subscribed("user.1.social", caller=user("1"))
        answers.append(error)
        world.gateway.rights_changed()
        await world.publish("user.1.social")
        await settle()
        (ended,) = peer.heard("UNSUBSCRIBED")
        assert (ended["code"], ended["resubscribe"]) == (code, True)
        answers.clear()


@pytest.mark.parametrize(
    ("error", "code", "close"),
    [
        (Unavailable("away"), 1502, 4100),
        (RuntimeError("broken"), 1000, 4100),
        (TokenExpired("over"), 1102, 4101),
    ],
)
async def test_a_token_that_cannot_be_verified_makes_nobody_of_nobody(
    error: Exception, code: int, close: int
) -> None:
    async def verify(*_: object) -> Any:
        raise error

    world = World(options={"verify_token": verify})
    peer = world.connect()
    peer.say("HELLO", token="any")
    peer.say("SUBSCRIBE", topics=["activity"])
    await settle()
    assert [one["type"] for one in peer.heard()] == ["ERROR"]
    assert peer.heard()[0]["code"] == code
    assert peer.close_code == close


async def test_a_request_that_is_refused_as_a_whole_keeps_the_topics_to_be_restored() -> None:
    world = World()
    first = await world.hello(user("1"), clientId="a")
    told = (await first.ask("SUBSCRIBE", topics=["media.1"]))[0]
    peer = await world.hello(user("1"), clientId="a", resumeToken=told["resumeToken"])
    (error,) = await peer.ask("SUBSCRIBE", topics=["hot"], clientId="b")
    assert error["code"] == 1105
    (told, *_) = await peer.ask("SUBSCRIBE", topics=[])
    assert list(told["topics"]) == ["media.1"]
