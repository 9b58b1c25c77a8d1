"""The event streams: who hears what, from where, and how all of them end."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from random import Random, SystemRandom

import msgspec
from litestar.types import ASGIApp, Receive, Scope, Send

from groundswell.contract.errors import GroundswellError, Invalid, Unavailable
from groundswell.contract.times import Clock, now, to_rfc3339
from groundswell.realtime.access import TopicAccess
from groundswell.realtime.broker.base import Broker, Position
from groundswell.realtime.doors.sse.blocks import (
    Form,
    activity_form,
    event_blocks,
    event_form,
    message_block,
)
from groundswell.realtime.doors.sse.connection import Connection, Ending, Pacing, abort_of
from groundswell.realtime.doors.sse.greeting import Start, caught_up_block, gap_blocks
from groundswell.realtime.hub import Hub
from groundswell.realtime.messages import Snapshot
from groundswell.realtime.outbox import MAX_BYTES, MAX_MESSAGES
from groundswell.realtime.recovery import LogPosition, Recovery, Replay
from groundswell.realtime.topics import (
    ACTIVITY,
    BROADCAST,
    Viewer,
    is_state,
)

logger = logging.getLogger(__name__)

SnapshotOf = Callable[[str], bytes | None]
"""The present state of a topic as JSON, if there is one yet."""


@dataclass(frozen=True, slots=True)
class SseStatistics:
    """Present ``connections``; ``opened``, ``resumed`` and ``endings`` (by reason) in total."""

    connections: int
    opened: int
    resumed: int
    endings: dict[str, int]


@dataclass(frozen=True, slots=True)
class _Request:
    """What a client asked for."""

    topics: frozenset[str]
    last: LogPosition | None
    form: Form


class SseDoor:
    """Serves topics as server-sent events.

    ``snapshot`` gives the present state of a state topic, ``access`` decides who may hear what. A
    connection may hold ``max_topics``;
    its queue is bounded by ``max_messages`` and ``max_bytes``; ``replay_limit`` events are replayed
    at most. Above ``max_connections`` newcomers are asked to come later.
    """

    def __init__(
        self,
        hub: Hub,
        broker: Broker,
        replay: Replay,
        snapshot: SnapshotOf,
        *,
        access: TopicAccess | None = None,
        pacing: Pacing | None = None,
        max_topics: int = 128,
        max_messages: int = MAX_MESSAGES,
        max_bytes: int = MAX_BYTES,
        max_connections: int = 10_000,
        replay_limit: int = 1_000,
        random: Random | None = None,
        clock: Clock = now,
    ) -> None:
        self._hub = hub
        self._broker = broker
        self._replay = replay
        self._recovery = Recovery(broker, replay, limit=replay_limit)
        self._snapshot = snapshot
        self._access = access or TopicAccess()
        self._pacing = pacing or Pacing()
        self._max_topics = max_topics
        self._limits = {"max_messages": max_messages, "max_bytes": max_bytes}
        self._max_connections = max_connections
        self._random = random or SystemRandom()
        self._clock = clock
        self._events = event_form(replay.log_id)
        self._activities = activity_form(replay.log_id)
        self._connections: set[Connection] = set()
        self._all_gone = asyncio.Event()
        self._draining = False
        self._opened = 0
        self._resumed = 0
        self._endings: Counter[str] = Counter()

    async def stream(self, topics: str, viewer: Viewer, last_event_id: str | None) -> ASGIApp:
        """The stream of the comma-separated ``topics``, from ``last_event_id`` on.

        Raises:
            Invalid: no topic, too many, or one that is not a topic name.
            UnknownTopic: one that does not exist.
            TopicForbidden: one that is private to somebody else.
            Unavailable: no connection can be taken now.
        """
        names = {part.strip() for part in topics.split(",") if part.strip()}
        if not names:
            raise Invalid.at("topics", "Name at least one topic")
        if len(names) > self._max_topics:
            raise Invalid.at("topics", f"At most {self._max_topics} topics per connection")
        admitted = {await self._access.admit(name, viewer) for name in sorted(names)}
        return self._app(
            _Request(frozenset({*admitted, BROADCAST}), _last(last_event_id), self._events)
        )

    def activity(self, last_event_id: str | None) -> ASGIApp:
        """The plain stream of the public feed, from ``last_event_id`` on.

        Raises:
            Unavailable: no connection can be taken now.
        """
        return self._app(_Request(frozenset({ACTIVITY}), _last(last_event_id), self._activities))

    async def drain(self, patience: float = 2.0) -> None:
        """End every connection and take no more.

        Clients are told to come back at moments spread over the drain window. What has not gone
        after ``patience`` seconds is cut.
        """
        self._draining = True
        for connection in self._connections:
            retry = self._random.uniform(0.5, 0.5 + self._pacing.drain_window)
            connection.end(Ending.DRAINED, retry=retry)
        if self._connections:
            self._all_gone.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._all_gone.wait(), patience)
        for connection in list(self._connections):
            connection.drop()

    def statistics(self) -> SseStatistics:
        """How many listen, and why others no longer do."""
        return SseStatistics(
            len(self._connections), self._opened, self._resumed, dict(self._endings)
        )

    def _app(self, request: _Request) -> ASGIApp:
        if self._draining or len(self._connections) >= self._max_connections:
            raise Unavailable("No more live connections can be taken now.", retry_after=5)

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await self._serve(request, scope, receive, send)

        return app

    async def _serve(self, request: _Request, scope: Scope, receive: Receive, send: Send) -> None:
        connection = Connection(
            send,
            request.form,
            self._hub,
            log_id=self._replay.log_id,
            limits=self._limits,
            pacing=self._pacing,
            random=self._random,
            abort=abort_of(scope),
        )
        with self._joined(connection, request):
            watch = asyncio.create_task(connection.watch(receive))
            try:
                start = await self._start(request)
                await connection.open()
                await self._greet(connection, request, start)
                await connection.follow()
                await connection.close()
            finally:
                watch.cancel()

    @contextmanager
    def _joined(self, connection: Connection, request: _Request) -> Iterator[None]:
        """Subscribed before anything is read, so that nothing falls between past and live."""
        self._connections.add(connection)
        self._opened += 1
        self._resumed += request.last is not None
        self._hub.subscribe(connection.outbox, request.topics)
        try:
            yield
        finally:
            self._hub.leave(connection.outbox)
            self._connections.discard(connection)
            self._endings[connection.ending or Ending.FAILED] += 1
            if not self._connections:
                self._all_gone.set()

    async def _start(self, request: _Request) -> Start:
        """Where live begins, before anything is written: writing takes time, in which more comes.

        The positions are read before the states, so that a state is never older than it says.

        Raises:
            Unavailable: the topics do not come to this process in reasonable time.
        """
        await self._hub.ready(request.topics)
        target = max(self._hub.seq, self._replay.head())
        positions = {topic: await self._broker.position(topic) for topic in sorted(request.topics)}
        states = {topic: self._snapshot(topic) for topic in positions if is_state(topic)}
        return Start(target, positions, {topic: data for topic, data in states.items() if data})

    async def _greet(self, connection: Connection, request: _Request, start: Start) -> None:
        """Tell states, then what was missed, then that the past is over."""
        await self._tell_states(connection, start)
        try:
            complete = await self._tell_past(connection, request, start)
        except GroundswellError as error:
            logger.warning("A stream could not be resumed: %s", error)
            connection.end(Ending.FAILED)
            return
        if connection.ending is None:
            await connection.write(caught_up_block(connection, start.positions, complete=complete))

    async def _tell_states(self, connection: Connection, start: Start) -> None:
        blocks = []
        for topic, data in start.states.items():
            position = start.positions[topic]
            connection.outbox.start_state_after(topic, position.offset)
            blocks.append(message_block(self._snapshot_message(topic, position, data)))
        if blocks:
            await connection.write(b"".join(blocks))

    async def _tell_past(self, connection: Connection, request: _Request, start: Start) -> bool:
        """Replay up to where live begins; whether nothing was lost."""
        feeds = frozenset(topic for topic in request.topics if not is_state(topic))
        complete = True
        async for page in self._recovery.pages(feeds, request.last, start.target):
            complete = complete and page.hole is None
            blocks = [
                *gap_blocks(page, feeds, start.positions),
                *event_blocks(page.envelopes, request.form),
            ]
            connection.outbox.start_after(page.position)
            connection.told(page.position)
            if blocks:
                await connection.write(b"".join(blocks))
            if connection.ending is not None:
                break
        return complete

    def _snapshot_message(self, topic: str, position: Position, data: bytes) -> Snapshot:
        return Snapshot(
            topic=topic,
            epoch=position.epoch,
            offset=position.offset,
            timestamp=to_rfc3339(self._clock()),
            data=msgspec.Raw(data),
        )


def _last(text: str | None) -> LogPosition | None:
    return LogPosition.parse(text) if text else None
