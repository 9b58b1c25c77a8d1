"""The broker of several processes.

Each process follows the log and publishes what it says; a script in Redis lets every event in once.
What is published comes back, in one order for all topics, on one connection, on which a process
hears only the topics that somebody here listens to. Each call ends with a message to all processes,
the commit: until it comes, what was heard of the call waits, so that nobody gets half of it.

While Redis is away, a process tells its own listeners what the log says, without offsets. When
Redis is back, the log is put in from where Redis stood, and what was missed in between is read back
there. Nothing is lost in either case as long as the log can be read; if it cannot, a GAP says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from secrets import token_urlsafe
from typing import Final

import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from groundswell.contract.errors import GroundswellError
from groundswell.contract.times import Clock, now
from groundswell.realtime.broker.base import Degraded, History, Position, Receiver
from groundswell.realtime.broker.redis.followed import Followed, Place
from groundswell.realtime.broker.redis.joining import Absence, open_life, put_in_the_log
from groundswell.realtime.broker.redis.keys import Keys
from groundswell.realtime.broker.redis.lease import Lease
from groundswell.realtime.broker.redis.listeners import Listeners
from groundswell.realtime.broker.redis.session import Session
from groundswell.realtime.broker.redis.source import Source
from groundswell.realtime.broker.redis.streams import (
    How,
    Lost,
    Renumbered,
    Retention,
    Streams,
    Stretch,
)
from groundswell.realtime.broker.redis.wire import Wire
from groundswell.realtime.hub import Hub
from groundswell.realtime.messages import Publication

FAILURES: Final = (RedisError, OSError, TimeoutError, Lost)
"""What the network, Redis and its contents may do to us at any time."""

READS_AT_ONCE: Final = 32
"""A thousand clients that come at once must not use up the connections that publishing needs."""

_SHORTEST_PAUSE = 0.05
_LONGEST_PAUSE = 2.0

_log = structlog.get_logger(__name__)


class _State(StrEnum):
    AWAY = "away"
    JOINING = "joining"
    LIVE = "live"


class RedisBroker:
    """Offsets, histories and live delivery through one Redis.

    Args:
        url: ``redis://`` or ``rediss://``.
        log_id: names the log; another log is another world in the same Redis.
        source: reads the log.
        delivered: the place in the log up to which nobody here needs to hear anything.
        always: topics that are followed whether or not the hub asks for them.
        retention: how much is kept.
        clock: the present time, for the ages in Redis.
        patience: seconds after which Redis counts as away.
        lease_seconds: how long after a process vanished another one publishes states.
    """

    def __init__(
        self,
        url: str,
        *,
        log_id: str,
        source: Source,
        delivered: int,
        always: frozenset[str] = frozenset(),
        retention: Retention | None = None,
        clock: Clock = now,
        patience: float = 2.0,
        lease_seconds: float = 5.0,
    ) -> None:
        self._redis = Redis.from_url(
            url,
            protocol=2,
            socket_timeout=patience,
            socket_connect_timeout=patience,
            retry=Retry(NoBackoff(), 0),
        )
        self._keys = Keys(log_id, token_urlsafe(9))
        self._streams = Streams(self._redis, self._keys, retention or Retention(), clock)
        self._lease = Lease(self._streams, lease_seconds)
        self._source = source
        self._patience = patience
        self._followed = Followed(always)
        self._listeners = Listeners(self._followed, delivered)
        self._session: Session | None = None
        self._state = _State.AWAY
        self._turn = asyncio.Lock()
        self._reads = asyncio.Semaphore(READS_AT_ONCE)
        self._joined = asyncio.Event()
        self._away_epoch = f"away-{token_urlsafe(6)}"
        self._published = 0
        self._joins = 0
        self._away_told = False

    @property
    def keeps_history(self) -> bool:
        """Only while Redis answers."""
        return self._state is _State.LIVE

    @property
    def speaks(self) -> bool:
        """Whether states, which every process knows, are to be published by this one.

        While Redis is away each process tells its own listeners.
        """
        return self._state is not _State.LIVE or self._lease.held

    def attach(self, receiver: Receiver) -> None:
        """Hand everything that is heard of followed topics to ``receiver``."""
        self._listeners.attach(receiver)

    def serve(self, hub: Hub) -> None:
        """Deliver to ``hub``, and tell it where delivery stands, what was lost or renumbered."""
        self._listeners.serve(hub)

    def on_others(self, herald: Callable[[], None]) -> None:
        """Call ``herald`` when another process has published while this one speaks.

        What it is to tell of that it then learns at once, not when it looks at the log again.
        """
        self._listeners.on_others(lambda: herald() if self.speaks else None)

    async def publish(self, publications: Sequence[Publication]) -> None:
        """Publish for all processes; for this one alone while Redis is away.

        Returns when this process has heard all of it.

        Raises:
            GroundswellError: Redis is away and the log cannot be read.
        """
        if not publications:
            return
        async with self._turn:
            self._published += len(publications)
            if self._state is _State.LIVE and self._session is not None:
                try:
                    await self._session.publish(publications)
                except FAILURES as error:
                    self._leave(error)
                else:
                    return
            await self._listeners.tell_from_log(self._source)
            self._listeners.tell_states(publications)

    async def history(
        self,
        topic: str,
        *,
        after_offset: int | None = None,
        after_seq: int | None = None,
        limit: int = 300,
    ) -> History:
        """What followed a position, oldest first; without a position, the newest ``limit``.

        Raises:
            Degraded: Redis is away.
        """
        if after_seq is not None:
            stretch = await self._read(topic, "seq", after_seq, limit)
            return History(stretch.envelopes, complete=stretch.floor <= after_seq)
        if after_offset is None:
            stretch = await self._read(topic, "newest", 0, limit)
            return History(stretch.envelopes, complete=True)
        stretch = await self._read(topic, "offset", after_offset, limit)
        complete = stretch.lowest - 1 <= after_offset <= stretch.offset
        return History(stretch.envelopes, complete)

    async def position(self, topic: str) -> Position:
        """Where the topic stands; a followed one: up to where it was heard here.

        While Redis is away nothing gets an offset, and positions are of an epoch that never comes
        back.
        """
        try:
            await self.ready([topic])
            stretch = await self._read(topic, "newest", 0, 0)
        except Degraded:
            return Position(self._away_epoch, 0, 1)
        place = self._followed.place(topic) or Place(stretch.epoch, stretch.offset)
        return Position(place.epoch, place.offset, min(stretch.lowest, place.offset + 1))

    async def renew(self, topic: str, epoch: str, beyond: int) -> Position:
        """Begin a new epoch of a topic that is in ``epoch`` and does not reach ``beyond``.

        Raises:
            Degraded: Redis is away.
        """
        session = self._session
        if self._state is not _State.LIVE or session is None:
            raise Degraded
        if beyond:
            try:
                await self._streams.renew(session.head.life, topic, epoch, beyond)
            except FAILURES as error:
                self._leave(error)
                raise Degraded from error
        stretch = await self._read(topic, "newest", 0, 0)
        return Position(stretch.epoch, stretch.offset, stretch.lowest)

    def follow(self, topic: str) -> None:
        """A topic has its first listener here."""
        self._followed.add(topic)
        if self._state is _State.AWAY:
            self._followed.release(topic)

    def unfollow(self, topic: str) -> None:
        """A topic lost its last listener here."""
        self._followed.remove(topic)

    async def ready(self, topics: Iterable[str]) -> None:
        """Return when the followed ones of the topics are heard here.

        Raises:
            Degraded: that is not the case in time.
        """
        try:
            async with asyncio.timeout(2 * self._patience):
                await self._followed.heard(topics)
        except TimeoutError:
            raise Degraded from None

    async def run(self) -> None:
        """Hear what is published, until cancelled; come back whenever Redis does."""
        pause = _SHORTEST_PAUSE
        while True:
            joins = self._joins
            await self._stay()
            pause = _SHORTEST_PAUSE if self._joins > joins else min(pause * 2, _LONGEST_PAUSE)
            await self._tell_rest()
            await asyncio.sleep(pause)

    async def is_heard(self, topic: str) -> bool:
        """Whether anybody listens to the topic, here or at another process.

        Of others nothing is known while Redis is away.
        """
        if topic in self._followed:
            return True
        try:
            return await self._streams.listeners(topic) > 0
        except FAILURES:
            return False

    async def wait_joined(self, seconds: float) -> bool:
        """Wait until Redis is there, but not longer than that; whether it is."""
        try:
            async with asyncio.timeout(seconds):
                await self._joined.wait()
        except TimeoutError:
            return False
        return True

    async def close(self) -> None:
        """Let another process publish states, and hang up. ``run`` must have ended."""
        try:
            await self._lease.give_up()
        except FAILURES as error:
            _log.info("the lease runs out by itself", error=str(error))
        await self._redis.aclose()

    def statistics(self) -> Mapping[str, float]:
        """Whether Redis is there, what is followed, and counts since the start."""
        return {
            "connected": float(self._state is _State.LIVE),
            "speaks": float(self.speaks),
            "followed_topics": float(len(self._followed)),
            "published_total": float(self._published),
            "delivered_without_redis_total": float(self._listeners.alone),
            "joins_total": float(self._joins),
        }

    async def _stay(self) -> None:
        """Join and listen, until that fails."""
        wire = Wire(self._redis)
        session = Session(
            wire,
            self._streams,
            self._keys,
            self._followed,
            self._listeners,
            patience=self._patience,
        )
        try:
            await self._join(session)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(session.listen())
                tasks.create_task(self._lease.keep())
        except* (*FAILURES, GroundswellError) as errors:
            self._leave(_cause(errors))
        except* Exception as errors:
            _log.exception("the session with redis failed", exc_info=errors)
        finally:
            self._away()
            await session.close()

    async def _join(self, session: Session) -> None:
        """Bring Redis up to the log, and this process up to Redis; from then on it is live."""
        if self._joins == 0 and await self._streams.evicts():
            _log.warning("redis may evict what is still needed: set maxmemory-policy noeviction")
        last = self._session.head if self._session is not None else None
        head = await open_life(self._streams, self._source, self._listeners.delivered, last)
        # Most of it while listeners are still told from the log, the rest in the turn.
        head = await put_in_the_log(self._streams, self._source, head)
        async with self._turn:
            self._state = _State.JOINING
            topics = self._followed.all()
            await session.subscribe(topics)
            head = await put_in_the_log(self._streams, self._source, head)
            places = await session.locate(head, topics)
            await self._catch_up(session, places)
            await self._lease.take()
            self._session = session
            self._joins += 1
            self._state = _State.LIVE
            self._away_told = False
            self._joined.set()
        _log.info("redis is there", topics=len(topics), seq=session.head.seq)

    async def _catch_up(self, session: Session, places: Mapping[str, Place]) -> None:
        """Tell what was missed up to ``places``; from there on the session tells."""
        listeners, head = self._listeners, session.head
        absence = Absence(
            self._streams, self._source, head.life, self._followed, listeners.delivered
        )
        try:
            missed = await absence.missed(places, head.seq)
        except Renumbered:
            _log.error("redis forgot a topic: streams begin anew")
            await self._streams.open(listeners.delivered, condemned=head.life)
            raise
        if missed.lost is not None:
            listeners.lost(missed.behind, *missed.lost)
        listeners.hand([one for one in missed.envelopes if self._followed.hears(one.topic)])
        listeners.reached(head.seq)
        for topic, place in places.items():
            self._followed.put(topic, place)
        for topic in missed.moved:
            listeners.moved(topic, places[topic].epoch, places[topic].offset)

    async def _tell_rest(self) -> None:
        """Tell listeners what was on its way to them when Redis went."""
        async with self._turn:
            try:
                await self._listeners.tell_from_log(self._source)
            except GroundswellError as error:
                _log.warning("the log cannot be read either", error=str(error))

    def _leave(self, error: Exception) -> None:
        """Redis is away from now on."""
        tell = _log.info if self._away_told else _log.warning
        tell("redis is away: delivery goes on without it", error=repr(error))
        self._away_told = True
        if self._session is not None:
            self._session.end(ConnectionError("redis is away"))
        self._away()

    def _away(self) -> None:
        if self._state is _State.LIVE:
            self._away_epoch = f"away-{token_urlsafe(6)}"
        self._state = _State.AWAY
        self._joined.clear()
        self._followed.release_all()

    async def _read(self, topic: str, how: How, place: int, limit: int) -> Stretch:
        async with self._reads:
            session = self._session
            if self._state is not _State.LIVE or session is None:
                raise Degraded
            try:
                return await self._streams.read(session.head.life, topic, how, place, limit)
            except FAILURES as error:
                self._leave(error)
                raise Degraded from error


def _cause(error: Exception) -> Exception:
    """The first error of a group of groups."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error
