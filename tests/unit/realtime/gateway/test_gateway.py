"""Who is let in, taken over and sent away; what is counted."""

from __future__ import annotations

import asyncio

import pytest

from groundswell.contract.errors import Unavailable
from groundswell.realtime.gateway.limits import Return
from tests.unit.realtime.builders import publication
from tests.unit.realtime.gateway.dialogue import World, settle, user, visitor


async def test_beyond_the_connections_it_takes_newcomers_are_asked_to_come_later() -> None:
    world = World(options={"max_connections": 2})
    first, _ = world.connect(), world.connect()
    with pytest.raises(Unavailable):
        world.connect()
    first.connection.gone()
    world.connect()


async def test_one_user_has_a_limited_number_of_connections() -> None:
    world = World(options={"per_user": 2})
    await world.hello(user("1"))
    by_token = await world.hello(token=world.token("1"))
    third = world.connect(user("1"))
    await settle()
    assert third.close_code == 4006
    fourth = world.connect()
    await fourth.ask("HELLO", token=world.token("1"))
    assert fourth.close_code == 4006
    await world.hello(user("2"))
    by_token.connection.gone()
    await world.hello(user("1"))


async def test_one_address_may_have_a_limited_number_of_connections() -> None:
    world = World(options={"per_address": 1})
    world.connect()
    second = world.connect()
    await settle()
    assert second.close_code == 4006


async def test_pages_of_foreign_origins_are_sent_away() -> None:
    world = World(options={"origin_allowed": lambda origin: origin in (None, "https://us.example")})
    peers = [world.connect(origin=one) for one in (None, "https://us.example", "https://x.example")]
    await settle()
    assert [peer.close_code for peer in peers] == [None, None, 4003]


async def test_the_same_client_id_of_a_user_takes_the_session_over() -> None:
    world = World()
    former = await world.hello(user("1"), clientId="phone")
    await former.ask("SUBSCRIBE", topics=["activity"])
    other = await world.hello(user("1"), clientId="laptop")
    present = await world.hello(user("1"), clientId="phone")
    assert former.close_code == 4203
    assert other.close_code is None
    await settle()
    former.forget()
    await world.publish()
    assert former.types() == []
    former.connection.gone()
    await world.hello(user("1"), clientId="phone")
    assert present.close_code == 4203


async def test_draining_tells_each_connection_a_moment_of_its_own() -> None:
    world = World(options={"returning": Return(accept_rate=10)})
    peers = [await world.hello() for _ in range(50)]
    await world.gateway.drain("deploy")
    told = [peer.heard("DRAIN")[0] for peer in peers]
    assert all(peer.close_code == 4200 for peer in peers)
    assert all(500 <= one["reconnectInMs"] <= 5_500 for one in told)
    assert len({one["reconnectInMs"] for one in told}) > 40
    assert {(one["deadlineMs"], one["reason"]) for one in told} == {(30_000, "deploy")}
    await settle()
    assert world.gateway.statistics().connections == 0
    with pytest.raises(Unavailable):
        world.connect()


async def test_draining_goes_in_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    peers = [world.connect() for _ in range(250)]
    left = []
    pause = asyncio.sleep

    async def count(seconds: float) -> None:
        left.append(sum(peer.close_code is None for peer in peers))
        await pause(0)

    monkeypatch.setattr("groundswell.realtime.gateway.gateway.asyncio.sleep", count)
    await world.gateway.drain()
    assert left[:3] == [150, 50, 0]


async def test_the_more_are_connected_the_wider_is_the_window_of_their_return() -> None:
    world = World(options={"returning": Return(accept_rate=1)})
    for _ in range(4):
        world.connect()
    peer = world.connect()
    (welcome,) = await peer.ask("HELLO")
    assert welcome["reconnect"]["firstWindowMs"] == 5_000


async def test_what_is_counted() -> None:
    world = World()
    peer = await world.subscribed("activity", caller=user("1"))
    await peer.ask("SUBSCRIBE", topics=["user.2.social"])
    await world.publish_one(publication(1))
    world.now += 3_000_000
    figures = world.gateway.statistics()
    assert (figures.connections, figures.opened, figures.subscriptions) == (1, 1, 2)
    assert figures.resumes == {"none": 1}
    assert figures.errors == {"permission_denied": 1}
    assert sum(figures.latency_counts) == 1
    peer.connection.gone()
    assert world.gateway.statistics().closes == {}


async def test_the_time_to_delivery_is_measured() -> None:
    world = World()
    event = publication(1)
    world.now = event.at + 300_000
    await world.publish_one(event)
    figures = world.gateway.statistics()
    assert figures.latency_sum == pytest.approx(0.3)
    assert figures.latency_counts[figures.latency_bounds.index(0.5)] == 1


async def test_a_request_that_fails_unexpectedly_fails_no_other() -> None:
    world = World()
    peer, other = await world.hello(), await world.subscribed("activity")

    async def fail(*_: object) -> None:
        raise RuntimeError

    peer.connection.later(fail)
    peer.say("SUBSCRIBE", topics=["activity"])
    await settle()
    assert peer.types()[:2] == ["ERROR", "SUBSCRIBED"]
    await world.publish()
    assert other.offsets() == [1]


async def test_too_many_requests_at_once_are_refused() -> None:
    world = World()

    async def wait(*_: object) -> None:
        await asyncio.sleep(3600)

    peer = await world.hello(visitor())
    peer.connection.later(wait)
    for _ in range(80):
        world.now += 100_000
        peer.say("SUBSCRIBE", topics=["activity"], ref="x")
    assert peer.heard()[0]["code"] == 1501
    peer.connection.gone()
