"""The delivery invariant of the gateway: every event in order, or named in a GAP, whatever happens.

Clients follow feeds, a state and a critical topic while events are published and lost on the way,
connections break, come back with what they had, read slowly, their tokens expire and are renewed,
histories are trimmed and the server is replaced. Each client checks every message against what it
heard before; in the end each must stand at the top of every stream.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
from hypothesis import example, given, settings
from hypothesis import strategies as st

from groundswell.contract.times import DAY, SECOND
from groundswell.realtime.broker.base import History, Position
from groundswell.realtime.broker.memory import MemoryBroker
from groundswell.realtime.gateway.limits import Limits
from tests.unit.realtime.gateway.dialogue import Message, Peer, World, settle

FEEDS = ("activity", "media.1")
STATE = "hot"
CRITICAL = "user.1.social"
TOPICS = (*FEEDS, STATE, CRITICAL)
CLIENTS = 3
KEPT = 5
LIMITS = Limits(
    queue_messages=6,
    buffered=2,
    replay_topic=3,
    replay_total=6,
    commands_per_second=10_000,
    changes_burst=10_000,
    write_ahead=1_000,
)

MANNERS: tuple[Message, ...] = (
    {},
    {},
    {"delta": "jsonpatch"},
    {"maxRatePerSec": 2},
    {"priority": "low", "digestIntervalMs": 1_000},
    {"mode": "digest", "digestIntervalMs": 1_000},
)

Step = tuple[str, int, int]


class SlowBroker(MemoryBroker):
    """Answers take time, in which more happens; a topic too many makes it forget another."""

    def __init__(self, seq: int, clock: Callable[[], int]) -> None:
        super().__init__(history_size=KEPT, max_topics=len(TOPICS), after_seq=seq, clock=clock)

    async def position(self, topic: str) -> Position:
        await asyncio.sleep(0)
        found = await super().position(topic)
        await asyncio.sleep(0)
        return found

    async def history(self, topic: str, **place: Any) -> History:
        await asyncio.sleep(0)
        found = await super().history(topic, **place)
        await asyncio.sleep(0)
        return found


class Reader:
    """A client that keeps its positions and checks everything it is told against them."""

    def __init__(self, truth: Truth, *, batches: bool, snapshots: bool, manner: Message) -> None:
        self.truth = truth
        self.manner = manner
        self.features = ["batch"] * batches + ["snapshot"] * snapshots
        self.features += ["digest", "delta-jsonpatch"]
        self.snapshots = snapshots
        self.places: dict[str, tuple[str, int]] = {}
        self.peer: Peer | None = None
        self.taken = 0
        self.heard: dict[tuple[str, str, int], int] = {}
        self.unfinished: set[str] = set()

    @property
    def connected(self) -> bool:
        return self.peer is not None and self.peer.close_code is None

    def connect(self, world: World) -> None:
        self.taken = 0
        self.peer = world.connect()
        self.peer.say("HELLO", token=world.token("1", seconds=100), features=self.features)
        self.subscribe(TOPICS)

    def subscribe(self, topics: tuple[str, ...]) -> None:
        assert self.peer is not None
        resume = {
            topic: {"epoch": self.places[topic][0], "offset": self.places[topic][1]}
            for topic in topics
            if topic in self.places
        }
        options = {"resume": resume, "snapshot": self.snapshots, **self.manner}
        self.peer.say("SUBSCRIBE", topics=list(topics), options=options)

    def read(self, most: int | None = None) -> None:
        """Take what was written, or only the first of it."""
        if self.peer is None:
            return
        waiting = self.peer.link.raw[self.taken :][:most]
        self.taken += len(waiting)
        for raw in waiting:
            self._take(msgspec.json.decode(raw))

    def follow_up(self) -> None:
        """Ask for the rest of what was too much to be told at once."""
        if self.connected and self.unfinished:
            topics, self.unfinished = tuple(sorted(self.unfinished)), set()
            self.subscribe(topics)

    def _take(self, message: Message) -> None:
        handler: Callable[[Message], None] | None = getattr(
            self, f"_{message['type'].lower()}", None
        )
        if handler is not None:
            handler(message)

    def _error(self, message: Message) -> None:
        assert message["name"] == "token_expired", message

    def _subscribed(self, message: Message) -> None:
        for topic, told in message["topics"].items():
            assert told["ok"] or told["error"]["name"] == "token_expired", told
            if told["ok"] and topic not in self.places:
                self.places[topic] = (told["epoch"], told["offset"] - told["replay"])

    def _batch(self, message: Message) -> None:
        for one in message["messages"]:
            self._event(one)

    def _event(self, message: Message) -> None:
        topic, offset = message["topic"], message["offset"]
        if topic not in self.places:
            assert topic == "system.broadcast"
            return
        epoch, last = self.places[topic]
        if topic == STATE:
            assert offset > last
        else:
            assert offset == last + 1, (topic, last, message)
        assert self.truth[topic, epoch, offset] == message["seq"]
        self.places[topic] = (epoch, offset)
        self.heard[topic, epoch, offset] = message["seq"]

    def _gap(self, message: Message) -> None:
        topic = message["topic"]
        epoch, last = self.places[topic]
        if message["reason"] == "epoch_changed":
            assert (message["epoch"], last) != (epoch, message.get("to", 0))
            self.places[topic] = (message["epoch"], message.get("to", 0))
            return
        assert message["epoch"] == epoch
        assert message["from"] == last + 1, (last, message)
        assert message["to"] >= message["from"]
        assert message["missed"] == message["to"] - message["from"] + 1
        assert message["reason"] in ("trimmed", "slow_consumer")
        assert not (topic == CRITICAL and message["reason"] == "slow_consumer")
        self.places[topic] = (epoch, message["to"])

    def _snapshot(self, message: Message) -> None:
        topic, offset = message["topic"], message["offset"]
        assert topic == STATE
        assert offset >= self.places[topic][1] or self.places[topic][0] != message["epoch"]
        if offset:
            assert self.truth[topic, message["epoch"], offset] == message["data"]["n"]
        self.places[topic] = (message["epoch"], offset)

    def _delta(self, message: Message) -> None:
        epoch, last = self.places[STATE]
        assert message["topic"] == STATE
        assert message["base"] == last
        assert self.truth[STATE, epoch, message["offset"]] == self._patched(message)
        self.places[STATE] = (epoch, message["offset"])

    def _patched(self, message: Message) -> int:
        (number,) = [one["value"] for one in message["patch"] if one["path"] == "/n"]
        return int(number)

    def _digest(self, message: Message) -> None:
        topic = message["topic"]
        epoch, last = self.places[topic]
        assert message["fromOffset"] == last + 1 or topic == STATE
        assert message["count"] == message["toOffset"] - message["fromOffset"] + 1
        self.places[topic] = (epoch, message["toOffset"])

    def _sync(self, message: Message) -> None:
        for topic, place in message["positions"].items():
            assert self.places[topic] == (place["epoch"], place["offset"])

    def _caught_up(self, message: Message) -> None:
        topic = message["topic"]
        assert self.places[topic] == (message["epoch"], message["offset"])
        if not message["complete"]:
            assert message["next"] == {"epoch": message["epoch"], "offset": message["offset"]}
            self.unfinished.add(topic)


Kind = tuple[bool, bool, int]
Truth = dict[tuple[str, str, int], int]


class Story:
    """The server, the clients, and what may happen to them."""

    def __init__(self, kinds: list[Kind]) -> None:
        self.truth: Truth = {}
        self.seq = 0
        self.now: int | None = None
        self.serve()
        self.readers = [
            Reader(self.truth, batches=batches, snapshots=snapshots, manner=MANNERS[manner])
            for batches, snapshots, manner in kinds
        ]

    def serve(self) -> None:
        now = {} if self.now is None else {"now": self.now}
        broker = SlowBroker(self.seq, lambda: self.world.now)
        self.world = World(broker=broker, options={"limits": LIMITS}, **now)  # type: ignore[arg-type]
        self.world.seq = self.seq
        broker.attach(self._record)

    def _record(self, envelopes: Any) -> None:
        for one in envelopes:
            self.truth[one.topic, one.epoch, one.offset] = one.seq

    async def step(self, step: Step) -> None:
        kind, which, amount = step
        reader = self.readers[which % CLIENTS]
        topic = TOPICS[which % len(TOPICS)]
        match kind:
            case "publish":
                await self.publish(topic, amount)
            case "burst":
                for one in TOPICS:
                    await self.publish(one, amount + KEPT)
            case "drop":
                await self.publish_unheard(topic, amount)
            case "connect" if not reader.connected:
                reader.read()
                reader.connect(self.world)
            case "leave":
                self.leave(reader, amount)
            case "stall" if reader.peer is not None:
                reader.peer.link.stuck = True
            case "read":
                self.resume_reading(reader)
            case "refresh" if reader.connected and reader.peer is not None:
                reader.peer.say("REFRESH", token=self.world.token("1", seconds=100))
            case "flow" if reader.connected and reader.peer is not None:
                reader.peer.say("FLOW", state="background" if amount % 2 else "foreground")
            case "time":
                self.world.pass_time(amount * 10)
            case "forget":
                self.world.now += DAY
                await self.publish("media.9", 1)
                for one in self.readers:
                    self.leave(one, 0)
            case "evict":
                await self.publish("media.9", 1)
            case "rights":
                self.world.gateway.rights_changed()
            case "restart":
                self.restart()
            case "wait":
                await settle(amount)
        for one in self.readers:
            if one.peer is not None and not one.peer.link.stuck:
                one.read()
                one.follow_up()

    async def publish(self, topic: str, count: int) -> None:
        state = topic == STATE
        await self.world.publish(topic, count, state=state, padding=300 * state)
        self.seq = self.world.seq

    async def publish_unheard(self, topic: str, count: int) -> None:
        """What carries events between processes loses some."""
        hub = self.world.hub
        heard = [one for one in self.readers if one.connected and one.peer is not None]
        held = [one for one in heard if topic in one.peer.connection.subscriptions]  # type: ignore[union-attr]
        for one in held:
            hub.unsubscribe(one.peer.connection, [topic])  # type: ignore[union-attr]
        await self.publish(topic, count)
        for one in held:
            hub.subscribe(one.peer.connection, [topic])  # type: ignore[union-attr]

    def leave(self, reader: Reader, amount: int) -> None:
        """The connection breaks; only a part of what was on its way arrives."""
        reader.read(amount if reader.peer and reader.peer.link.stuck else None)
        if reader.peer is not None:
            reader.peer.connection.gone()
        reader.peer = None
        reader.unfinished.clear()

    def resume_reading(self, reader: Reader) -> None:
        if reader.peer is not None:
            reader.peer.link.stuck = False
            reader.peer.read_all()

    def restart(self) -> None:
        for reader in self.readers:
            self.leave(reader, 1)
        self.now = self.world.now + SECOND
        self.serve()

    async def finish(self) -> None:
        """Let everybody read everything and see where they stand."""
        for topic in TOPICS:
            await self.publish(topic, 1)
        for reader in self.readers:
            if reader.connected and reader.peer is not None:
                reader.peer.say("REFRESH", token=self.world.token("1"))
        await settle()
        for reader in self.readers:
            if reader.peer and CRITICAL not in reader.peer.connection.subscriptions:
                self.resume_reading(reader)
                self.leave(reader, 0)
        for _ in range(40):
            for reader in self.readers:
                if not reader.connected:
                    reader.read()
                    reader.unfinished.clear()
                    reader.connect(self.world)
                self.resume_reading(reader)
                reader.read()
                reader.follow_up()
            await settle(6)
            self.world.pass_time(1)
        for reader in self.readers:
            reader.read()
            for topic in TOPICS:
                stands = await self.world.broker.position(topic)
                assert reader.places[topic] == (stands.epoch, stands.offset), topic


KINDS = (
    "publish",
    "publish",
    "publish",
    "burst",
    "drop",
    "connect",
    "connect",
    "leave",
    "stall",
    "stall",
    "read",
    "refresh",
    "flow",
    "time",
    "forget",
    "evict",
    "rights",
    "restart",
    "wait",
    "wait",
)
STEPS = st.lists(
    st.tuples(st.sampled_from(KINDS), st.integers(0, 11), st.integers(0, 9)),
    min_size=20,
    max_size=60,
)


@settings(max_examples=150)
@given(
    st.lists(
        st.tuples(st.booleans(), st.booleans(), st.integers(0, len(MANNERS) - 1)),
        min_size=CLIENTS,
        max_size=CLIENTS,
    ),
    STEPS,
)
@example(
    # The token ends while the first reading of its topics is still on its way.
    kinds=[(False, False, 0)] * CLIENTS,
    steps=[("publish", 0, 0), ("connect", 0, 0), ("time", 0, 1), ("wait", 0, 4), ("time", 0, 9)],
)
def test_p5_every_event_is_told_in_order_or_named_in_a_gap(
    kinds: list[Kind], steps: list[Step]
) -> None:
    async def tell() -> None:
        story = Story(kinds)
        for step in steps:
            await story.step(step)
        await story.finish()

    asyncio.run(tell())
