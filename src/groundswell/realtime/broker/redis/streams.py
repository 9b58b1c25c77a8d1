"""The topics' numbers and histories in Redis: one call per script, typed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from secrets import token_urlsafe
from typing import Any, Literal

from redis.asyncio import Redis

from groundswell.contract.times import DAY, MILLISECOND, Clock
from groundswell.realtime.broker.base import keeps_newest_only
from groundswell.realtime.broker.redis.cancelling import heeded
from groundswell.realtime.broker.redis.codec import envelope_of, payload_of
from groundswell.realtime.broker.redis.keys import Keys
from groundswell.realtime.messages import Envelope, Publication

How = Literal["offset", "seq", "newest"]


class Lost(Exception):
    """Redis no longer holds what this process knows it held."""


class Renumbered(Lost):
    """A topic gives offsets again that it gave before, under the same epoch."""


@dataclass(frozen=True, slots=True)
class Retention:
    """How much is kept: ``length`` events of a topic, for ``age``; its position for ``position``.

    Ages are in microseconds.
    """

    length: int = 300
    age: int = DAY
    position: int = 30 * DAY

    @property
    def rotation(self) -> int:
        """How often the mark moves, so that it is never older than a forgotten position."""
        return self.position // 2


@dataclass(frozen=True, slots=True)
class Head:
    """The life of all streams, and the place in the log up to which everything is published."""

    life: str
    seq: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """Where a topic stands, and some of its history in order of offset.

    Whatever of the topic has a greater ``seq`` than ``floor`` is in the history.
    """

    epoch: str
    offset: int
    lowest: int
    floor: int
    envelopes: list[Envelope]


class Streams:
    """Calls the scripts. Errors of the Redis client and of sockets pass through.

    Raises:
        Lost: from every call that names a life: it is over.
    """

    def __init__(self, redis: Redis, keys: Keys, retention: Retention, clock: Clock) -> None:
        self._redis = redis
        self._keys = keys
        self._retention = retention
        self._clock = clock
        self._scripts = {
            name: redis.register_script(_source(name))
            for name in ("open", "publish", "read", "renew", "locate", "lease")
        }

    async def evicts(self) -> bool:
        """Whether Redis is set up to throw away keys that have not expired."""
        policy = (await heeded(self._redis.info("memory"))).get("maxmemory_policy", "noeviction")
        return str(policy) != "noeviction"

    async def open(self, begin_after: int, condemned: str = "") -> Head:
        """The present life. Begins one after that place of the log if there is none, or if the
        present one is ``condemned``."""
        answer = await self._call(
            "open", [self._keys.head], condemned, token_urlsafe(6), begin_after, self._now
        )
        return Head(answer[0].decode(), int(answer[1]))

    async def publish(self, head: Head, publications: Sequence[Publication], token: str) -> None:
        """Put in what is new of ``publications``; the call is told to all under ``token``."""
        numbers: dict[str, int] = {}
        places = [numbers.setdefault(one.topic, len(numbers) + 1) for one in publications]
        newest_only = {one.topic for one in publications if keeps_newest_only(one)}
        keys, names = [self._keys.head], list[bytes | int]()
        for topic in numbers:
            keys += [self._keys.record(head.life, topic), self._keys.history(head.life, topic)]
            names += [self._keys.channel(topic), int(topic in newest_only)]
            names.append(self._keys.family(topic))
        bodies = list[str | bytes | int]()
        for place, one in zip(places, publications, strict=True):
            bodies += [place, one.seq, one.id, int(one.state), payload_of(one)]
        kept = self._retention
        await self._call(
            "publish",
            keys,
            *(head.life, head.seq, self._now, kept.length),
            *(kept.age // MILLISECOND, kept.position // MILLISECOND, kept.rotation // MILLISECOND),
            *(self._keys.commits, token, len(numbers), *names, *bodies),
        )

    async def read(self, life: str, topic: str, how: How, place: int, limit: int) -> Stretch:
        """Up to ``limit`` of what followed an offset or a seq, or the newest."""
        oldest = self._now - self._retention.age // MILLISECOND
        keys = self._keys
        epoch, offset, lowest, floor, entries = await self._call(
            "read",
            [keys.head, keys.record(life, topic), keys.history(life, topic)],
            *(life, self._now, max(0, oldest), self._retention.rotation // MILLISECOND),
            *(how, place, limit),
        )
        name = epoch.decode()
        envelopes = [
            envelope_of(topic, int(number), name, payload)
            for number, payload in zip(entries[::2], entries[1::2], strict=True)
        ]
        return Stretch(name, int(offset), int(lowest), int(floor), envelopes)

    async def renew(self, life: str, topic: str, epoch: str, beyond: int) -> None:
        """Begin a new epoch of a topic that is in ``epoch`` and does not reach ``beyond``."""
        keys = self._keys
        await self._call(
            "renew",
            [keys.head, keys.record(life, topic), keys.history(life, topic)],
            *(life, keys.channel(topic), epoch, beyond, token_urlsafe(9)),
            *(self._now, self._retention.position // MILLISECOND),
        )

    async def listeners(self, topic: str) -> int:
        """How many processes listen to the topic."""
        ask: Any = self._redis.execute_command
        answer = await heeded(ask("PUBSUB", "SHARDNUMSUB", self._keys.channel(topic)))
        return int(answer[1])

    async def locate(self, life: str, topics: Sequence[str], token: str) -> None:
        """Tell this process, through its own channel, where the topics stand."""
        records = [self._keys.record(life, topic) for topic in topics]
        await self._call(
            "locate", [self._keys.head, *records], life, self._keys.private, token, *topics
        )

    async def lease(self, milliseconds: int) -> bool:
        """Take or keep the lease for so long; 0 gives it up. Whether this process has it."""
        answer = await self._call("lease", [self._keys.lease], self._keys.process, milliseconds)
        return bool(answer[0])

    @property
    def _now(self) -> int:
        return self._clock() // MILLISECOND

    async def _call(self, name: str, keys: list[str], *arguments: Any) -> list[Any]:
        outcome, *answer = await heeded(self._scripts[name](keys=keys, args=arguments))
        if outcome != b"OK":
            raise Lost(name)
        return list(answer)


@cache
def _source(name: str) -> str:
    return files(__package__).joinpath(f"{name}.lua").read_text(encoding="utf-8")
