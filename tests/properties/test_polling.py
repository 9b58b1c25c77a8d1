"""Polling under any interleaving of publishing, polling, restarts, moves between processes, trims.

Protocol P5: every event after a client's start is told in its topic's order, or named in a GAP.
"""

from __future__ import annotations

import asyncio
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.realtime.builders import publication
from tests.unit.realtime.polling import PollingClient, Process
from tests.unit.realtime.recorded_log import RecordedLog

TOPICS = ("activity", "media.1", "media.2", "system.broadcast")
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("publish"), st.integers(1, 5), st.sampled_from(TOPICS)),
        st.tuples(st.just("publish"), st.integers(1, 5), st.sampled_from(TOPICS)),
        st.tuples(st.just("counter"), st.just(0), st.sampled_from(TOPICS[1:3])),
        st.tuples(st.just("occurrence"), st.just(0), st.just("")),
        st.tuples(st.just("poll"), st.integers(0, 1), st.just("")),
        st.tuples(st.just("poll"), st.integers(0, 1), st.just("")),
        st.tuples(st.just("restart"), st.sampled_from([0, 2, 300]), st.just("")),
        st.tuples(st.just("move"), st.integers(0, 1), st.just("")),
        st.tuples(st.just("trim"), st.integers(1, 4), st.just("")),
    ),
    max_size=30,
)


class World:
    """Two processes that read one log, and two clients that poll any of them."""

    def __init__(self, most: int) -> None:
        self.log = RecordedLog()
        self.processes = [Process(self.log, most=most) for _ in range(2)]
        self.clients = [PollingClient(process) for process in self.processes]
        self.seq = 0

    async def start(self) -> None:
        for client in self.clients:
            await client.register(*TOPICS[:3])

    async def publish(self, *topics: str) -> None:
        """One occurrence; both processes read the log, each into its own broker."""
        self.seq += 1
        told = [publication(self.seq, topic) for topic in topics]
        self.log.publications += told
        for process in self.processes:
            await process.broker.publish(told)
        self.log.delivered = self.seq

    async def counter(self, topic: str) -> None:
        """A state on top of the log, with the place of an earlier event."""
        if self.seq == 0:
            return
        seq = max(1, self.seq - 2)
        for process in self.processes:
            await process.broker.publish(
                [publication(seq, topic, state=True, data=b'{"eventType":"counters"}')]
            )

    async def step(self, kind: str, number: int, topic: str) -> None:
        match kind:
            case "publish":
                for _ in range(number):
                    await self.publish(topic)
            case "counter":
                await self.counter(topic)
            case "occurrence":
                await self.publish("activity", "media.1")
            case "poll":
                await self.clients[number].poll()
            case "restart":
                self.processes[number % 2].restart(history_size=max(1, number))
            case "move":
                client = self.clients[number]
                client.process = self.processes[client.process is self.processes[0]]
            case "trim":
                self.log.trimmed = min(self.seq, self.log.trimmed + number)
                kept = self.log.trimmed
                self.log.publications = [p for p in self.log.publications if p.seq > kept]


def check(client: PollingClient, happened: list[tuple[int, str]]) -> None:
    for topic in TOPICS:
        mine = [one for one in client.messages if one["topic"] == topic]
        facts = [one for one in mine if one["type"] == "EVENT" and not is_counter(one)]
        seqs = [one["seq"] for one in facts]
        first_times = list(dict.fromkeys(seqs))
        assert first_times == sorted(first_times)
        named = {
            seq
            for gap in mine
            if gap["type"] == "GAP"
            for seq in range(gap.get("fromSeq", 0), gap["toSeq"] + 1)
        }
        missing = {seq for seq, where in happened if where == topic} - set(seqs) - named
        assert not missing, (topic, missing)


def is_counter(event: dict[str, Any]) -> bool:
    return event["data"]["eventType"] == "counters"


@given(STEPS, st.integers(1, 6))
def test_every_event_is_told_in_order_or_named_in_a_gap(
    steps: list[tuple[str, int, str]], most: int
) -> None:
    asyncio.run(play(steps, most))


STEADY = st.lists(
    st.one_of(
        st.tuples(st.just("publish"), st.integers(1, 5), st.sampled_from(TOPICS)),
        st.tuples(st.just("counter"), st.just(0), st.sampled_from(TOPICS[1:3])),
        st.tuples(st.just("occurrence"), st.just(0), st.just("")),
        st.tuples(st.just("poll"), st.integers(0, 1), st.just("")),
    ),
    max_size=30,
)


@given(STEADY, st.integers(1, 6))
def test_a_process_that_keeps_its_history_tells_everything_once(
    steps: list[tuple[str, int, str]], most: int
) -> None:
    async def steadily() -> None:
        world = World(most)
        await world.start()
        for step in steps:
            await world.step(*step)
        for client in world.clients:
            await client.catch_up()
            assert client.named("GAP") == []
            facts = [one for one in client.named("EVENT") if not is_counter(one)]
            told = [(one["topic"], one["seq"]) for one in facts]
            assert len(told) == len(set(told))
            for topic in TOPICS:
                mine = [one["offset"] for one in client.named("EVENT") if one["topic"] == topic]
                assert mine == sorted(set(mine))
                position = await client.process.broker.position(topic)
                assert (mine or [0])[-1] == position.offset

    asyncio.run(steadily())


async def play(steps: list[tuple[str, int, str]], most: int) -> None:
    world = World(most)
    await world.start()
    happened: list[tuple[int, str]] = []
    for step in steps:
        before = world.seq
        await world.step(*step)
        happened += [(one.seq, one.topic) for one in world.log.publications if one.seq > before]
    for client in world.clients:
        await client.catch_up()
        check(client, happened)
