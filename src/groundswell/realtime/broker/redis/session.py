"""One connection to Redis from joining to its end: what it hears, and what is said through it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from itertools import count
from typing import Final

import msgspec

from groundswell.realtime.broker.redis.codec import live_envelope, renewed_epoch
from groundswell.realtime.broker.redis.followed import Followed, Place
from groundswell.realtime.broker.redis.keys import Keys
from groundswell.realtime.broker.redis.listeners import Listeners
from groundswell.realtime.broker.redis.streams import Head, Lost, Streams
from groundswell.realtime.broker.redis.wire import Wire
from groundswell.realtime.messages import Envelope, Publication
from groundswell.realtime.topics import is_pattern

PING_SECONDS: Final = 5.0
QUIET_SECONDS: Final = 12.0
"""A connection on which not even a ping is answered for so long is dead."""

_places = msgspec.msgpack.Decoder(list[str])


class Session:
    """Hears the followed topics on one connection.

    ``head`` is the present life and the newest commit that was heard.

    Raises:
        redis.RedisError, OSError, TimeoutError, Lost: from every call: the session is over.
    """

    def __init__(
        self,
        wire: Wire,
        streams: Streams,
        keys: Keys,
        followed: Followed,
        listeners: Listeners,
        *,
        patience: float,
    ) -> None:
        self._wire = wire
        self._streams = streams
        self._keys = keys
        self._followed = followed
        self._listeners = listeners
        self._patience = patience
        self._tokens = count(1)
        self._waiting: dict[str, asyncio.Future[None]] = {}
        self._unconfirmed: set[bytes] = set()
        self._confirmed = asyncio.Event()
        self._call: list[Envelope] = []
        self._places_in_call: set[tuple[str, int | None]] = set()
        self._end: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.head = Head("", 0)

    async def subscribe(self, topics: Sequence[str]) -> None:
        """Connect and hear the topics; nothing is delivered before ``locate``."""
        await self._wire.open()
        channels = [self._keys.commits, self._keys.private]
        channels += [self._keys.channel(topic) for topic in topics]
        self._unconfirmed = set(channels)
        # Confirmations are read while more is asked for: neither side's buffer may fill up.
        async with asyncio.TaskGroup() as both:
            both.create_task(self._wire.subscribe(channels))
            both.create_task(self._read_confirmations())

    async def locate(self, head: Head, topics: Sequence[str]) -> dict[str, Place]:
        """Where the topics stand at the place in the log that ``head`` tells from then on.

        Whatever was heard before is left out: it is past.
        """
        token = self._token()
        await self._streams.locate(head.life, topics, token)
        while True:
            _, channel, body = await self._wire.read(self._patience)
            if channel == self._keys.private:
                told, seq, places = _located(body)
                if told == token:
                    self.head = Head(head.life, seq)
                    return places

    async def listen(self) -> None:
        """Deliver what is heard, until the session ends by an error."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._hear())
            tasks.create_task(self._follow())
            tasks.create_task(self._ping())
            tasks.create_task(self._until_ended())

    async def publish(self, publications: Sequence[Publication]) -> None:
        """Publish what is new, and wait until it was heard here."""
        seq = self.head.seq
        fresh = [one for one in publications if one.state or one.seq > seq]
        if not fresh:
            return
        token = self._token()
        heard = self._waiting[token] = asyncio.get_running_loop().create_future()
        try:
            await self._streams.publish(self.head, fresh, token)
            async with asyncio.timeout(self._patience):
                await heard
        finally:
            self._waiting.pop(token, None)

    def end(self, error: Exception) -> None:
        """Let ``listen`` end with ``error``, and whoever waits for a commit too."""
        for future in (self._end, *self._waiting.values()):
            if not future.done():
                future.set_exception(error)

    async def close(self) -> None:
        """Hang up."""
        self.end(ConnectionError("the session was closed"))
        self._end.exception()
        await self._wire.close()

    async def _read_confirmations(self) -> None:
        while self._unconfirmed:
            _, channel, _ = await self._wire.read(self._patience)
            self._unconfirmed.discard(channel)

    async def _hear(self) -> None:
        actions: dict[bytes, Callable[[bytes], None]] = {
            self._keys.commits: self._commit,
            self._keys.private: self._put,
        }
        while True:
            kind, channel, body = await self._wire.read(QUIET_SECONDS)
            if kind == b"smessage":
                action = actions.get(channel)
                if action is None:
                    self._take(self._keys.topic(channel), body)
                else:
                    action(body)
            elif kind == b"ssubscribe":
                self._unconfirmed.discard(channel)
                if not self._unconfirmed:
                    self._confirmed.set()

    def _take(self, topic: str, body: bytes) -> None:
        """Something was published; it waits for the commit of its call."""
        if topic not in self._followed:
            return
        if is_pattern(topic):
            self._take_of_many(body)
            return
        last = self._followed.place(topic)
        if (epoch := renewed_epoch(body)) is not None:
            if last is not None:
                self._followed.put(topic, Place(epoch, 0))
            return
        envelope = live_envelope(topic, body)
        if last is not None:
            if envelope.epoch != last.epoch or envelope.offset != last.offset + 1:
                raise Lost(f"{topic}: {envelope.epoch}:{envelope.offset} after {last}")
            self._followed.put(topic, Place(last.epoch, last.offset + 1))
        self._call.append(envelope)
        if self._followed.patterns:
            self._places_in_call.add((topic, envelope.offset))

    def _take_of_many(self, body: bytes) -> None:
        """The same from the channel of a pattern, to which it is told after the topic's own."""
        name, _, message = body.partition(b":")
        envelope = live_envelope(name.decode(), message)
        if (envelope.topic, envelope.offset) not in self._places_in_call:
            self._call.append(envelope)

    def _commit(self, body: bytes) -> None:
        """A call is complete: deliver it."""
        seq, _, token = body.decode().partition(" ")
        self.head = Head(self.head.life, max(self.head.seq, int(seq)))
        call, self._call = self._call, []
        self._places_in_call.clear()
        self._listeners.hand(call)
        self._listeners.reached(int(seq))
        if not token.startswith(self._keys.process):
            self._listeners.others_published()
        if (heard := self._waiting.get(token)) and not heard.done():
            heard.set_result(None)

    def _put(self, body: bytes) -> None:
        """Newly followed topics are heard from here on."""
        token, seq, places = _located(body)
        self._listeners.reached(seq)
        for topic, place in places.items():
            self._followed.put(topic, place)
        if (heard := self._waiting.get(token)) and not heard.done():
            heard.set_result(None)

    async def _follow(self) -> None:
        """Hear what newly has listeners, and no longer what lost them."""
        while True:
            await self._followed.changed.wait()
            new, dropped = self._followed.changes()
            if dropped:
                await self._wire.unsubscribe(self._keys.channel(topic) for topic in dropped)
            if new:
                await self._follow_new(new)

    async def _follow_new(self, topics: Sequence[str]) -> None:
        channels = [self._keys.channel(topic) for topic in topics]
        self._unconfirmed = set(channels)
        self._confirmed.clear()
        await self._wire.subscribe(channels)
        token = self._token()
        heard = self._waiting[token] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(self._patience):
                await self._confirmed.wait()
                await self._streams.locate(self.head.life, topics, token)
                await heard
        finally:
            self._waiting.pop(token, None)

    async def _ping(self) -> None:
        while True:
            await asyncio.sleep(PING_SECONDS)
            await self._wire.ping()

    async def _until_ended(self) -> None:
        await asyncio.shield(self._end)

    def _token(self) -> str:
        return f"{self._keys.process}.{next(self._tokens)}"


def _located(body: bytes) -> tuple[str, int, dict[str, Place]]:
    """Token, place in the log, and the places of topics."""
    token, seq, *rest = _places.decode(body)
    parts = zip(rest[::3], rest[1::3], rest[2::3], strict=True)
    return token, int(seq), {topic: Place(epoch, int(offset)) for topic, epoch, offset in parts}
