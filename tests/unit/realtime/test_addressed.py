"""Events for some of those who hear a topic (2.14): nobody else gets them, at any door, ever."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundswell.access.principal import Principal
from groundswell.realtime.hub import Hub
from groundswell.realtime.messages import Envelope, Publication
from tests.unit.realtime.builders import person, publication
from tests.unit.realtime.event_stream import settle as let_run
from tests.unit.realtime.gateway.dialogue import ADDRESS, World, settle, user, visitor
from tests.unit.realtime.polling import PollingClient, Process
from tests.unit.realtime.streaming import Service, seqs

HOST = Principal("host", None, ADDRESS, None)
BROADCAST = "system.broadcast"
FOR_ADA = frozenset({"ada"})


def addressed(
    seq: int, topic: str = BROADCAST, audience: frozenset[str] | None = FOR_ADA
) -> Publication:
    return msgspec.structs.replace(publication(seq, topic), audience=audience)


async def every_other_for_ada(topic: str) -> World:
    world = World()
    for seq in range(1, 7):
        await world.publish_one(addressed(seq, topic, FOR_ADA if seq % 2 else None))
    return world


async def test_live_it_reaches_those_it_is_for_as_the_same_bytes() -> None:
    world = World()
    ada, again, bob, nobody = [
        await world.hello(one) for one in (user("ada"), user("ada"), user("bob"), visitor())
    ]
    for seq, audience in ((1, None), (2, FOR_ADA), (3, None)):
        await world.publish_one(addressed(seq, audience=audience))
    for peer, heard in ((ada, [1, 2, 3]), (again, [1, 2, 3]), (bob, [1, 3]), (nobody, [1, 3])):
        assert peer.offsets(BROADCAST) == heard
        assert peer.heard("GAP") == []
    assert ada.link.envelopes[1] is again.link.envelopes[1]
    assert b"ada" not in ada.link.raw[1]


async def test_places_move_past_it_with_sync() -> None:
    world = World()
    bob = await world.hello(user("bob"))
    (told, *_) = await bob.ask("SUBSCRIBE", topics=[BROADCAST])
    assert told["topics"][BROADCAST]["contiguous"] is False
    bob.forget()
    await world.publish_one(addressed(1))
    assert bob.heard() == []
    world.pass_time(40)
    (sync,) = bob.heard("SYNC")
    assert sync["positions"][BROADCAST]["offset"] == 1


@pytest.mark.parametrize("topic", [BROADCAST, "activity"])
@pytest.mark.parametrize(
    ("caller", "heard"),
    [(user("ada"), [2, 3, 4, 5, 6]), (user("bob"), [2, 4, 6]), (visitor(), [2, 4, 6])],
)
async def test_the_past_is_looked_at_too(topic: str, caller: Principal, heard: list[int]) -> None:
    world = await every_other_for_ada(topic)
    place = {topic: {"epoch": (await world.broker.position(topic)).epoch, "offset": 1}}
    for options in ({"resume": place}, {"history": 5}):
        peer = await world.hello(caller)
        answers = await peer.ask("SUBSCRIBE", topics=[topic], options=options)
        assert answers[0]["topics"][topic]["replay"] == len(heard)
        assert peer.offsets(topic) == heard
        assert peer.heard("GAP") == []
    (page,) = await peer.ask("HISTORY", topic=topic, limit=5)
    assert sorted(one["offset"] for one in page["messages"]) == heard


async def test_the_host_hears_what_it_said() -> None:
    world = World()
    host = await world.hello(HOST)
    await host.ask("SUBSCRIBE", topics=["media.*"])
    host.forget()
    await world.publish_one(addressed(1, "media.7"))
    await world.publish_one(addressed(2))
    assert [one.seq for one in host.link.envelopes] == [1, 2]


async def test_a_subscriber_that_does_not_say_for_whom_it_hears_gets_none() -> None:
    class Plain:
        heard = 0

        def send(self, _: Envelope) -> None:
            self.heard += 1

    hub, plain = Hub(), Plain()
    hub.subscribe(plain, ["activity"])
    hub.deliver([Envelope(addressed(1, "activity"), 1, "e")])
    assert plain.heard == 0
    hub.deliver([Envelope(publication(2), 2, "e")])
    assert plain.heard == 1


async def test_streams_tell_it_to_those_it_is_for() -> None:
    service = Service()
    clients = {
        name: await service.connect("activity", viewer=person(name)) for name in ("ada", "bob")
    }
    await service.publish(publication(1), addressed(2, "activity"), publication(3))
    await let_run()
    assert (seqs(clients["ada"]), seqs(clients["bob"])) == ([1, 2, 3], [1, 3])
    for client in clients.values():
        await client.leave()


async def test_polls_tell_it_to_those_it_is_for() -> None:
    process = Process()
    clients = {}
    for name in ("ada", "bob"):
        clients[name] = PollingClient(process, person(name))
        await clients[name].register("activity")
    await process.publish(publication(1), addressed(2, "activity"), publication(3))
    for name, heard in (("ada", [1, 2, 3]), ("bob", [1, 3])):
        told = await clients[name].poll()
        assert [one["seq"] for one in told if one["type"] == "EVENT"] == heard


@settings(max_examples=100, deadline=None)
@given(
    audiences=st.lists(
        st.none() | st.frozensets(st.sampled_from(["ada", "bob", "cyn"])), max_size=12
    ),
    away=st.integers(0, 12),
    filtered=st.booleans(),
)
def test_whoever_comes_and_goes_hears_exactly_what_is_for_them(
    audiences: list[frozenset[str] | None], away: int, filtered: bool
) -> None:
    asyncio.run(_comes_and_goes(audiences, away, filtered=filtered))


async def _comes_and_goes(
    audiences: list[frozenset[str] | None], away: int, *, filtered: bool
) -> None:
    world = World()
    chosen = {"filter": {"key": "n", "cmp": "gt", "val": 3}} if filtered else {}
    for name in ("ada", "bob", None):
        caller = user(name) if name else visitor()
        peer = await world.hello(caller)
        await peer.ask("SUBSCRIBE", topics=["activity"], options=chosen)
        peer.forget()
        told: list[int] = []
        start, options = world.seq, dict[str, Any](chosen)
        if filtered:
            options["filter"] = chosen["filter"] = {"key": "n", "cmp": "gt", "val": start + 3}
            await peer.ask("SUBSCRIBE", topics=["activity"], options=chosen)
            peer.forget()
        for number, audience in enumerate(audiences):
            if number == away:
                place = peer.connection.subscriptions["activity"].place
                told = peer.offsets()
                peer.connection.gone()
                options["resume"] = {"activity": {"epoch": place.epoch, "offset": place.offset}}
            await world.publish_one(addressed(world.seq + 1, "activity", audience))
        if "resume" in options:
            peer = await world.hello(caller)
            await peer.ask("SUBSCRIBE", topics=["activity"], options=options)
        await settle()
        wanted = [
            start + number
            for number, audience in enumerate(audiences, 1)
            if (audience is None or name in audience) and not (filtered and number <= 3)
        ]
        assert told + peer.offsets() == wanted
        assert peer.heard("GAP") == []
