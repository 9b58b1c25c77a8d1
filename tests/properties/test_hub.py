"""The delivery invariant: every event after the start, in order, or a GAP that names it."""

from __future__ import annotations

import asyncio
from random import Random

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from groundswell.realtime.broker.memory import MemoryBroker
from groundswell.realtime.doors.sse import Pacing, SseDoor
from groundswell.realtime.hub import Hub
from groundswell.realtime.messages import Publication
from tests.unit.realtime.builders import person, publication
from tests.unit.realtime.event_stream import AsgiClient, Connection, Message, settle
from tests.unit.realtime.recorded_log import RecordedLog

FEEDS = ("activity", "media.1", "media.2")
STATE = "hot"
CLIENTS = 3

Step = tuple[str, int, int]


class World:
    """A log, a delivery that follows it, and clients who come, stall, go and come back."""

    def __init__(self, topics: list[frozenset[str]], *, random: Random) -> None:
        self.random = random
        self.topics = topics
        self.clients = [AsgiClient() for _ in topics]
        self.log = RecordedLog()
        self.log.pauses = 4
        self.state = 0
        self._serve()

    def _serve(self) -> None:
        self.hub = Hub()
        self.broker = MemoryBroker(history_size=4, after_seq=self.log.delivered)
        self.broker.attach(self.hub.deliver)
        self.door = SseDoor(
            self.hub,
            self.broker,
            self.log,
            lambda topic: b'{"n":%d}' % self.state if self.state else None,
            pacing=Pacing(heartbeat=(900, 1000), stall=900),
            max_messages=5,
            replay_limit=6,
            random=self.random,
        )

    async def step(self, step: Step) -> None:
        kind, which, amount = step
        client = self.clients[which % CLIENTS]
        if kind == "publish":
            for _ in range(amount + 1):
                self._record(which)
            await self._deliver()
        elif kind == "record":
            self._record(which)
        elif kind == "connect" and not client.connected:
            await self._connect(which % CLIENTS)
        elif kind == "leave":
            await client.leave(torn=amount / 9)
        elif kind == "pause" and client.connected:
            client.pause()
        elif kind == "read":
            client.resume()
        elif kind == "trim":
            self.log.trimmed = max(self.log.trimmed, self.log.delivered - amount)
        elif kind == "restart":
            await self._restart(amount)
        elif kind == "wait":
            await settle(amount)

    async def _connect(self, which: int) -> None:
        client = self.clients[which]
        last = client.reader.last_event_id or None
        client.connect(await self.door.stream(",".join(self.topics[which]), person(), last))

    def _record(self, which: int) -> None:
        seq = self.log.top + 1
        chosen = [topic for bit, topic in enumerate((*FEEDS, STATE)) if (which + 1) >> bit & 1]
        for topic in chosen or FEEDS[:1]:
            self.log.publications.append(publication(seq, topic, state=topic == STATE))

    async def _deliver(self) -> None:
        """As the consumer of the log does: all publications of an event in one call."""
        for seq in range(self.log.delivered + 1, self.log.top + 1):
            await self._publish([one for one in self.log.publications if one.seq == seq])

    async def _publish(self, publications: list[Publication]) -> None:
        self.state = max([self.state, *(one.seq for one in publications if one.state)])
        await self.broker.publish(publications)
        self.log.delivered = publications[-1].seq

    async def _restart(self, redelivered: int) -> None:
        """Everybody is cut; the last events are delivered again, as their position was not kept."""
        for client in self.clients:
            await client.leave()
        self.log.delivered = max(0, self.log.delivered - redelivered)
        self._serve()

    async def finish(self) -> None:
        """Everybody reads to the end."""
        await self._deliver()
        for which, client in enumerate(self.clients):
            client.resume()
            if not client.connected:
                await self._connect(which)
        await settle(100)
        for client in self.clients:
            await client.leave()


def check_feed(world: World, topic: str, connection: Connection) -> int | None:
    """Strictly increasing, and every event in between is named in a GAP told in between.

    Answers the position up to which nothing is missing; None if the connection did not get so far
    as to have one.
    """
    published = {one.seq for one in world.log.publications if one.topic == topic}
    last = connection.last_event_id
    position = int(last.rpartition(".")[2]) if last else None
    named: set[int] = set()
    for message in connection.messages:
        body = message.data
        if body["topic"] != topic:
            continue
        if message.event == "CAUGHT_UP":
            position = body["seq"] if position is None else position
        elif message.event == "GAP":
            hole = {seq for seq in published if body["fromSeq"] <= seq <= body["toSeq"]}
            if body["reason"] == "slow_consumer":
                assert len(hole) == body["missed"] == body["to"] - body["from"] + 1
            named |= hole
        elif message.event == "EVENT":
            assert position is not None, "an event before the start was told"
            assert body["seq"] > position, f"{topic}: {body['seq']} after {position}"
            assert body["seq"] not in named, f"{topic}: {body['seq']} is not lost at all"
            silence = {seq for seq in published if position < seq < body["seq"]} - named
            assert not silence, f"{topic}: silence about {silence}"
            position = body["seq"]
    return max([position or 0, *named]) if position is not None else None


def check_state(world: World, messages: list[Message]) -> None:
    """What a client saw last is the newest state."""
    seen = [
        message.data["data"]["n"]
        for message in messages
        if message.data["topic"] == STATE and message.event in ("EVENT", "SNAPSHOT")
    ]
    assert (seen[-1] if seen else 0) == world.state


topic_sets = st.lists(
    st.frozensets(st.sampled_from([*FEEDS, STATE]), min_size=1),
    min_size=CLIENTS,
    max_size=CLIENTS,
)
kinds = st.sampled_from(
    ["publish"] * 4
    + ["connect"] * 3
    + ["leave", "pause", "read", "wait", "record", "trim", "restart"]
)
steps = st.lists(st.tuples(kinds, st.integers(0, 14), st.integers(0, 9)), min_size=10, max_size=60)


@given(topics=topic_sets, steps=steps, seed=st.integers(0, 2**32))
def test_every_event_is_delivered_in_order_or_named_in_a_gap(
    topics: list[frozenset[str]], steps: list[Step], seed: int
) -> None:
    async def scenario() -> World:
        world = World(topics, random=Random(seed))
        for step in steps:
            await world.step(step)
        await world.finish()
        return world

    world = asyncio.run(scenario())
    assert world.hub.statistics().subscriptions == 0
    for held, client in zip(topics, world.clients, strict=True):
        if STATE in held:
            check_state(world, client.reader.messages)
        for topic in held - {STATE}:
            ends = [check_feed(world, topic, one) for one in client.reader.connections]
            published = [one.seq for one in world.log.publications if one.topic == topic]
            assert ends[-1] is not None
            assert not [seq for seq in published if seq > ends[-1]], "silence at the end"


def test_the_positions_of_one_event_are_the_same_for_everybody() -> None:
    async def scenario() -> list[dict[int, bytes]]:
        world = World([frozenset(FEEDS)] * CLIENTS, random=Random(1))
        for which in range(CLIENTS):
            await world._connect(which)
        await settle()
        for which in range(12):
            await world.step(("publish", which % 7, 0))
            await settle()
        await world.finish()
        return [
            {
                message.data["seq"]: msgspec.json.encode(message.data)
                for message in client.reader.named("EVENT")
            }
            for client in world.clients
        ]

    first, *others = asyncio.run(scenario())
    assert len(first) == 12
    assert all(other == first for other in others)
