"""The delivery invariant of the gateway: every event in order, or named in a GAP, whatever happens.

Clients follow feeds, a state and a critical topic while events are published and lost on the way,
connections break, come back with what they had and with other features, read slowly, their tokens
expire and are renewed, rights end and return, histories are trimmed or cannot be read, and the
server is replaced. Each client checks every message against what it heard before; in the end each
must stand at the top of every stream.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
from hypothesis import example, given, settings
from hypothesis import strategies as st

from groundswell.contract.times import DAY, SECOND
from groundswell.realtime.broker.base import Degraded, History, Position
from groundswell.realtime.broker.memory import MemoryBroker
from groundswell.realtime.gateway.limits import Limits
from groundswell.realtime.messages import Publication
from tests.unit.realtime.gateway.dialogue import Message, Peer, World, settle

FEEDS = ("activity", "media.1")
STATE = "hot"
CRITICAL = "user.1.social"
PROGRAM = "program.gold.updates"
TOPICS = (*FEEDS, STATE, CRITICAL, PROGRAM)
MEMBER = ("gold", "1")
CLIENTS = 3
KEPT = 5
FILTERED = frozenset(range(0, 300, 3))
"""Events that a filter leaves out."""
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
    {"filter": {"key": "n", "cmp": "nin", "vals": list(FILTERED)}},
)

ANY_NUMBER = 1_000_000

Step = tuple[str, int, int]


class SlowBroker(MemoryBroker):
    """Answers take time, in which more happens; a topic too many makes it forget another."""

    def __init__(self, seq: int, clock: Callable[[], int]) -> None:
        super().__init__(history_size=KEPT, max_topics=len(TOPICS), after_seq=seq, clock=clock)
        self.answers = ANY_NUMBER

    async def position(self, topic: str) -> Position:
        await asyncio.sleep(0)
        self._answer()
        found = await super().position(topic)
        await asyncio.sleep(0)
        return found

    def _answer(self) -> None:
        """After a number of answers there are none for a while."""
        self.answers -= 1
        if self.answers < 0:
            raise Degraded

    async def history(self, topic: str, **place: Any) -> History:
        await asyncio.sleep(0)
        self._answer()
        found = await super().history(topic, **place)
        await asyncio.sleep(0)
        return found


class Reader:
    """A client that keeps its positions and checks everything it is told against them."""

    def __init__(self, truth: Truth, kind: Kind) -> None:
        self.truth = truth
        self.barred: list[tuple[int, int | None]] = []
        self.token: str | None = None
        self.denied = False
        self.change(kind)
        self.places: dict[str, tuple[str, int]] = {}
        self.peer: Peer | None = None
        self.taken = 0
        self.heard: dict[tuple[str, str, int], int] = {}
        self.unfinished: set[str] = set()

    def change(self, kind: Kind) -> None:
        """Be another client, with what the former one had heard."""
        batches, snapshots, digests, manner = kind
        self.manner = MANNERS[manner]
        self.features = ["batch"] * batches + ["snapshot"] * snapshots + ["digest"] * digests
        self.features += ["delta-jsonpatch"]
        self.snapshots = snapshots

    def bar(self) -> None:
        """From now on the program's events must not come."""
        if self.connected and self.peer is not None and not self._is_barred(None):
            self.barred.append((len(self.peer.link.raw), None))

    def unbar(self) -> None:
        """From now on they may come again."""
        if self.connected and self.peer is not None and self._is_barred(None):
            self.barred[-1] = (self.barred[-1][0], len(self.peer.link.raw))

    def _is_barred(self, index: int | None) -> bool:
        """Whether the message at that place, or the next one, came while that held."""
        if index is None:
            return bool(self.barred) and self.barred[-1][1] is None
        return any(start <= index and (end is None or index < end) for start, end in self.barred)

    def _passes(self, topic: str, epoch: str, after: int, before: int) -> bool:
        """Whether all offsets between are those of events that the filter leaves out."""
        if "filter" not in self.manner:
            return after + 1 == before
        return after < before and all(
            self.truth[topic, epoch, offset] in FILTERED for offset in range(after + 1, before)
        )

    @property
    def connected(self) -> bool:
        return self.peer is not None and self.peer.close_code is None

    def connect(self, world: World) -> None:
        self.taken = 0
        self.barred = []
        self.denied = False
        self.peer = world.connect()
        resume = {} if self.token is None else {"resumeToken": self.token}
        token = world.token("1", seconds=100)
        self.peer.say("HELLO", token=token, features=self.features, **resume)
        if MEMBER not in world.members:
            self.bar()
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
        for raw in waiting:
            if self._is_barred(self.taken):
                assert b'"EVENT","topic":"%b"' % PROGRAM.encode() not in raw, raw
            self.taken += 1
            self._take(msgspec.json.decode(raw))

    def follow_up(self, *, member: bool) -> None:
        """Ask for the rest of what was too much to be told at once, and for what was refused."""
        if member and self.denied:
            self.denied = False
            self.unfinished.add(PROGRAM)
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

    def _welcome(self, message: Message) -> None:
        self.token = message["resumeToken"]

    def _unsubscribed(self, message: Message) -> None:
        if message["resubscribe"]:
            assert message["code"] == 2500
            self.unfinished.add(message["topic"])
        else:
            assert (message["code"], message["topic"]) == (2001, PROGRAM)
            self.denied = True

    def _subscribed(self, message: Message) -> None:
        self.token = message["resumeToken"]
        for topic, told in message["topics"].items():
            if not told["ok"]:
                name = told["error"]["name"]
                assert name in ("token_expired", "degraded", "permission_denied"), told
                assert name != "permission_denied" or topic == PROGRAM
                if name == "degraded":
                    self.unfinished.add(topic)
                self.denied = self.denied or name == "permission_denied"
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
            assert self._passes(topic, epoch, last, offset), (topic, last, message)
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
        assert self._passes(topic, epoch, last, message["from"]), (last, message)
        assert message["to"] >= message["from"]
        missed = message["to"] - message["from"] + 1
        assert message["missed"] == missed or "filter" in self.manner
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
        assert "digest" in self.features
        first, to = message["fromOffset"], message["toOffset"]
        assert self.truth[topic, epoch, first] == message["fromSeq"]
        assert self.truth[topic, epoch, to] == message["toSeq"]
        assert message["count"] == to - first + 1 or "filter" in self.manner
        if to > last:
            assert first == last + 1 or topic == STATE
            self.places[topic] = (epoch, to)

    def _sync(self, message: Message) -> None:
        for topic, place in message["positions"].items():
            self._stands(topic, place["epoch"], place["offset"])

    def _stands(self, topic: str, epoch: str, offset: int) -> None:
        """The server says where the client stands: there, or after what was filtered."""
        former, last = self.places[topic]
        assert former == epoch
        assert last == offset or self._passes(topic, epoch, last, offset + 1) or topic == STATE
        self.places[topic] = (epoch, offset)

    def _caught_up(self, message: Message) -> None:
        topic = message["topic"]
        self._stands(topic, message["epoch"], message["offset"])
        if not message["complete"]:
            assert message["next"] == {"epoch": message["epoch"], "offset": message["offset"]}
            self.unfinished.add(topic)


Kind = tuple[bool, bool, bool, int]
Truth = dict[tuple[str, str, int], int]


class Story:
    """The server, the clients, and what may happen to them."""

    def __init__(self, kinds: list[Kind]) -> None:
        self.truth: Truth = {}
        self.seq = 0
        self.log: list[Publication] = []
        self.now: int | None = None
        self.members = {MEMBER}
        self.serve()
        self.readers = [Reader(self.truth, kind) for kind in kinds]

    def serve(self) -> None:
        now = {} if self.now is None else {"now": self.now}
        broker = SlowBroker(self.seq, lambda: self.world.now)
        options = {"limits": LIMITS, "past": self.past}
        self.world = World(broker=broker, options=options, members=self.members, **now)  # type: ignore[arg-type]
        self.world.seq = self.seq
        broker.attach(self._record)

    def _record(self, envelopes: Any) -> None:
        for one in envelopes:
            self.truth[one.topic, one.epoch, one.offset] = one.seq
            if not one.state:
                self.log.append(one.publication)

    async def past(self, topic: str, seq: int, count: int) -> list[Publication]:
        await asyncio.sleep(0)
        return [one for one in self.log if one.topic == topic and one.seq < seq][-count:]

    async def step(self, step: Step) -> None:
        kind, which, amount = step
        await self.happen(kind, TOPICS[which % len(TOPICS)], amount)
        self.act(kind, self.readers[which % CLIENTS], amount, which % len(MANNERS))
        for one in self.readers:
            if one.peer is not None and not one.peer.link.stuck:
                one.read()
                one.follow_up(member=bool(self.members))

    async def happen(self, kind: str, topic: str, amount: int) -> None:
        """What happens to the server, whoever is connected."""
        match kind:
            case "publish":
                await self.publish(topic, amount)
            case "burst":
                for one in TOPICS:
                    await self.publish(one, amount + KEPT)
            case "drop":
                await self.publish_unheard(topic, amount)
            case "rights":
                self.world.gateway.rights_changed()
            case "expel":
                self.expel()
            case "admit":
                self.admit()
            case "fail":
                self.world.broker.answers = amount
            case "answer":
                self.world.broker.answers = ANY_NUMBER
            case "time":
                self.world.pass_time(amount * 10)
            case "forget":
                self.world.now += DAY
                await self.publish("media.9", 1)
                for reader in self.readers:
                    self.leave(reader, 0)
            case "evict":
                await self.publish("media.9", 1)
            case "restart":
                self.restart()
            case "wait":
                await settle(amount)

    def act(self, kind: str, reader: Reader, amount: int, manner: int) -> None:
        """What a client does."""
        if kind in ("connect", "change") and not reader.connected:
            reader.read()
            if kind == "change":
                reader.change((bool(amount & 1), bool(amount & 2), bool(amount & 4), manner))
            reader.connect(self.world)
        elif kind == "leave":
            self.leave(reader, amount)
        elif kind == "stall" and reader.peer is not None:
            reader.peer.link.stuck = True
        elif kind == "read":
            self.resume_reading(reader)
        elif kind == "refresh" and reader.connected and reader.peer is not None:
            reader.peer.say("REFRESH", token=self.world.token("1", seconds=100))
        elif kind == "flow" and reader.connected and reader.peer is not None:
            reader.peer.say("FLOW", state="background" if amount % 2 else "foreground")

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

    def expel(self) -> None:
        self.members.clear()
        self.world.gateway.rights_changed()
        for one in self.readers:
            one.bar()

    def admit(self) -> None:
        self.members.add(MEMBER)
        self.world.gateway.rights_changed()
        for one in self.readers:
            one.unbar()

    async def finish(self) -> None:
        """Let everybody read everything and see where they stand."""
        self.world.broker.answers = ANY_NUMBER
        self.admit()
        for topic in TOPICS:
            await self.publish(topic, 1)
        for reader in self.readers:
            if reader.connected and reader.peer is not None:
                reader.peer.say("REFRESH", token=self.world.token("1"))
        await settle()
        for reader in self.readers:
            held = reader.peer.connection.subscriptions if reader.peer else {}
            if reader.peer and not held.keys() >= set(TOPICS):
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
                reader.follow_up(member=bool(self.members))
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
    "expel",
    "admit",
    "fail",
    "answer",
    "change",
    "change",
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
        st.tuples(st.booleans(), st.booleans(), st.booleans(), st.integers(0, len(MANNERS) - 1)),
        min_size=CLIENTS,
        max_size=CLIENTS,
    ),
    STEPS,
)
@example(
    # The token ends while the first reading of its topics is still on its way.
    kinds=[(False, False, True, 0)] * CLIENTS,
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
