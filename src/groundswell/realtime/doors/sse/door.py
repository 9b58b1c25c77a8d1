"""The event streams: who hears what, from where, and how all of them end."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from random import Random, SystemRandom
from typing import Final

import msgspec
from litestar.types import ASGIApp, Receive, Scope, Send

from groundswell.access.principal import Principal
from groundswell.contract.errors import GroundswellError, Invalid, Unavailable
from groundswell.contract.inbox import InboxPort
from groundswell.contract.times import Clock, now, to_rfc3339
from groundswell.realtime.access import TopicAccess
from groundswell.realtime.audience import is_for
from groundswell.realtime.broker.base import Broker, Position
from groundswell.realtime.credentials import Credentials
from groundswell.realtime.doors.device import Device
from groundswell.realtime.doors.signing import signer
from groundswell.realtime.doors.sse.asking import Request, admitted_of, last_of, names_in
from groundswell.realtime.doors.sse.blocks import (
    activity_form,
    event_blocks,
    event_form,
    message_block,
    position_block,
)
from groundswell.realtime.doors.sse.connection import Connection, Ending, Pacing, abort_of
from groundswell.realtime.doors.sse.greeting import Start, caught_up_block, gap_blocks
from groundswell.realtime.doors.sse.inbox import InboxStream
from groundswell.realtime.doors.standing import Standing, device_name
from groundswell.realtime.gateway.rights import Rights
from groundswell.realtime.hub import Hub
from groundswell.realtime.messages import Sign, Snapshot
from groundswell.realtime.outbox import MAX_BYTES, MAX_MESSAGES
from groundswell.realtime.recovery import Page, Recovery, Replay, parse_places
from groundswell.realtime.topics import ACTIVITY, BROADCAST, is_state

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


class SseDoor:
    """Serves topics as server-sent events.

    ``snapshot`` gives the present state of a state topic, ``rights`` decides who may hear what,
    ``inbox`` knows what devices have not acknowledged, ``sign`` signs events for those who ask. A
    connection may hold ``max_topics``; its queue is bounded by ``max_messages`` and ``max_bytes``;
    ``replay_limit`` events are replayed at most. Above ``max_connections`` newcomers are asked to
    come later.
    """

    def __init__(
        self,
        hub: Hub,
        broker: Broker,
        replay: Replay,
        snapshot: SnapshotOf,
        *,
        rights: Rights | None = None,
        inbox: InboxPort | None = None,
        sign: Sign | None = None,
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
        self._rights = rights or Rights(TopicAccess().admit, lambda _: False)
        self._inbox = inbox
        self._sign = sign
        self._pacing = pacing or Pacing()
        self._max_topics = max_topics
        self._limits = {"max_messages": max_messages, "max_bytes": max_bytes}
        self._max_connections = max_connections
        self._random = random or SystemRandom()
        self._clock = clock
        self._events = event_form(replay.log_id)
        self._signed_events = event_form(replay.log_id, sign)
        self._activities = activity_form(replay.log_id)
        self._connections: set[Connection] = set()
        self._all_gone = asyncio.Event()
        self._draining = False
        self._opened = 0
        self._resumed = 0
        self._endings: Counter[str] = Counter()

    async def stream(
        self,
        topics: str,
        viewer: Credentials,
        last_event_id: str | None = None,
        *,
        resume: str | None = None,
        client_id: str | None = None,
        signed: bool = False,
    ) -> ASGIApp:
        """The stream of the comma-separated ``topics``, from ``last_event_id`` on.

        Without that, each topic in ``resume`` (``topic:epoch:offset``, separated by commas) goes on
        from its place. As device ``client_id`` the client is told its inbox until it acknowledges.

        Raises:
            Invalid: no topic, too many, one that is not a topic name, no place, or not signed here.
            UnknownTopic: one that does not exist.
            TopicForbidden: one that is private to somebody else; a client that resumes is told so
                instead, unless it is none of them all.
            Forbidden: the token is for another device.
            Unauthenticated: what the client showed no longer counts.
            Unavailable: no connection can be taken now.
        """
        names = names_in(topics)
        if len(names) > self._max_topics:
            raise Invalid.at("topics", f"At most {self._max_topics} topics per connection")
        last, places = last_of(last_event_id), parse_places(resume or "")
        device, sign = device_name(viewer, client_id), signer(self._sign, signed=signed)
        standing = Standing(self._rights, viewer, self._clock)
        standing.require()
        returns = bool(last or places) and viewer.user_id is not None
        admitted, refused = await admitted_of(names, standing, returns=returns)
        standing.holds(admitted)
        held = frozenset({*admitted, BROADCAST})
        inbox = self._inbox_of(viewer, held, device, sign)
        form = self._signed_events if signed else self._events
        return self._app(Request(held, form, standing, last, places, refused, inbox))

    def activity(self, last_event_id: str | None) -> ASGIApp:
        """The plain stream of the public feed, from ``last_event_id`` on.

        Raises:
            Unavailable: no connection can be taken now.
        """
        standing = Standing(self._rights, _ANYBODY, self._clock)
        feed = frozenset({ACTIVITY})
        return self._app(Request(feed, self._activities, standing, last_of(last_event_id)))

    async def run(self) -> None:
        """End what may be told no longer, until cancelled; looked at every second."""
        while True:
            await asyncio.sleep(1)
            for connection in tuple(self._connections):
                connection.look_after()

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

    def _app(self, request: Request) -> ASGIApp:
        if self._draining or len(self._connections) >= self._max_connections:
            raise Unavailable("No more live connections can be taken now.", retry_after=5)

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await self._serve(request, scope, receive, send)

        return app

    async def _serve(self, request: Request, scope: Scope, receive: Receive, send: Send) -> None:
        connection = Connection(
            send,
            request.form,
            self._hub,
            request.standing,
            topics=request.topics,
            log_id=self._replay.log_id,
            limits=self._limits,
            pacing=self._pacing,
            random=self._random,
            clock=self._clock,
            device=request.device,
            abort=abort_of(scope),
        )
        with self._joined(connection, request):
            watch = asyncio.create_task(connection.watch(receive))
            try:
                start = await self._start(request)
                await connection.open()
                try:
                    await self._greet(connection, request, start)
                    await connection.follow()
                except GroundswellError as error:
                    logger.warning("A stream could not go on: %s", error)
                    connection.end(Ending.FAILED)
                await connection.close()
            finally:
                watch.cancel()

    @contextmanager
    def _joined(self, connection: Connection, request: Request) -> Iterator[None]:
        """Subscribed before anything is read, so that nothing falls between past and live."""
        self._connections.add(connection)
        self._opened += 1
        self._resumed += request.resumes
        self._hub.subscribe(connection.outbox, request.topics, door="sse")
        try:
            yield
        finally:
            self._hub.leave(connection.outbox)
            self._connections.discard(connection)
            self._endings[connection.ending or Ending.FAILED] += 1
            if not self._connections:
                self._all_gone.set()

    async def _start(self, request: Request) -> Start:
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

    async def _greet(self, connection: Connection, request: Request, start: Start) -> None:
        """Tell states, then what was missed, then that the past is over.

        Raises:
            GroundswellError: the past cannot be read now.
        """
        if request.refused:
            await connection.let_go(request.refused)
        await connection.reconsider()
        if connection.ending is not None:
            return
        await self._tell_states(connection, start)
        complete = await self._tell_past(connection, request, start)
        if connection.ending is not None:
            return
        await self._tell_inbox(connection, request, start)
        if connection.ending is not None:
            return
        positions = {topic: start.positions[topic] for topic in sorted(connection.topics)}
        await connection.write(caught_up_block(connection, positions, complete=complete))

    async def _tell_inbox(self, connection: Connection, request: Request, start: Start) -> None:
        """Tell a device what it missed, and what it has not acknowledged."""
        device = connection.device
        if device is None or device.topic not in connection.topics:
            return
        epoch = start.positions[device.topic].epoch
        missed = await device.begin(epoch, resumes=request.names_place(device.topic))
        blocks = missed + await device.due(connection.position)
        await connection.reconsider()
        if blocks and connection.ending is None and device.topic in connection.topics:
            # These have no id of their own: they stand where the past ends.
            here = position_block(connection.told(connection.position))
            await connection.write(here + blocks)

    async def _tell_states(self, connection: Connection, start: Start) -> None:
        blocks = []
        for topic, data in start.states.items():
            if topic not in connection.topics:
                continue
            position = start.positions[topic]
            connection.outbox.start_state_after(topic, position.offset)
            blocks.append(message_block(self._snapshot_message(topic, position, data)))
        if blocks:
            await connection.write(b"".join(blocks))

    async def _tell_past(self, connection: Connection, request: Request, start: Start) -> bool:
        """Replay up to where live begins, by the rights of that moment; whether nothing is lost."""
        feeds = frozenset(topic for topic in connection.topics if not is_state(topic))
        complete = True
        async for page in self._pages(request, feeds, start):
            await connection.reconsider()
            if connection.ending is not None:
                break
            told = feeds & connection.topics
            receiver = request.standing.credentials.principal
            events = [one for one in page.envelopes if one.topic in told and is_for(one, receiver)]
            complete = complete and page.hole is None and not page.gaps
            blocks = [
                *gap_blocks(page, told, start.positions),
                *event_blocks(events, request.form),
            ]
            connection.outbox.start_after(page.position)
            connection.told(page.position)
            if connection.device is not None:
                connection.device.telling(events)
            if blocks:
                await connection.write(b"".join(blocks))
        return complete

    async def _pages(
        self, request: Request, feeds: frozenset[str], start: Start
    ) -> AsyncIterator[Page]:
        if request.last is None and request.places:
            places = {topic: at for topic, at in request.places.items() if topic in feeds}
            yield await self._recovery.since(places, start.target)
            return
        async for page in self._recovery.pages(feeds, request.last, start.target):
            yield page

    def _inbox_of(
        self,
        viewer: Credentials,
        topics: Collection[str],
        client_id: str | None,
        sign: Sign | None,
    ) -> InboxStream | None:
        user_id = viewer.user_id
        if self._inbox is None or user_id is None or client_id is None:
            return None
        device = Device(self._inbox, user_id, client_id, self._clock, sign)
        return InboxStream(device, self._clock) if device.topic in topics else None

    def _snapshot_message(self, topic: str, position: Position, data: bytes) -> Snapshot:
        return Snapshot(
            topic=topic,
            epoch=position.epoch,
            offset=position.offset,
            timestamp=to_rfc3339(self._clock()),
            data=msgspec.Raw(data),
        )


_ANYBODY: Final = Credentials(Principal("visitor", None, "", None))
"""Whoever listens to what is public; nobody asks who they are."""
