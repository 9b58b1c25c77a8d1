"""Long polling: an answer as soon as something happened, and nothing remembered in between."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from random import Random, SystemRandom

from groundswell.access.principal import Principal
from groundswell.contract.errors import GroundswellError, Invalid, Unauthenticated
from groundswell.contract.times import Clock, now
from groundswell.realtime.access import TopicAccess
from groundswell.realtime.broker.base import Broker
from groundswell.realtime.doors.polling import answers
from groundswell.realtime.doors.polling.answers import TopicResult
from groundswell.realtime.doors.polling.cursor import Cursor, decode
from groundswell.realtime.doors.polling.pacing import Circumstances, Pacing, next_poll
from groundswell.realtime.doors.polling.reading import Reader, SnapshotOf, Told
from groundswell.realtime.hub import Hub
from groundswell.realtime.messages import Envelope
from groundswell.realtime.recovery import Replay
from groundswell.realtime.topics import BROADCAST, kind_of


@dataclass(slots=True)
class PollingStatistics:
    """Polls that ``waiting`` now; answered ``polls``, ``messages`` and ``gaps`` in total."""

    waiting: int = 0
    registrations: int = 0
    polls: int = 0
    messages: int = 0
    gaps: int = 0


class Waiter:
    """A poll that is held: woken by the hub, by draining, or because its client left."""

    __slots__ = ("_event", "gone")

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self.gone = False

    def send(self, _: Envelope) -> None:
        """Something was published on one of its topics."""
        self._event.set()

    def wake(self) -> None:
        """Look again whether to go on waiting."""
        self._event.set()

    def leave(self) -> None:
        """Nobody wants the answer any more."""
        self.gone = True
        self._event.set()

    async def wait(self, seconds: float) -> bool:
        """Whether it was woken in time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._event.wait()
        woken = self._event.is_set()
        self._event.clear()
        return woken


class PollingDoor:
    """Answers polls from the broker's histories and the log.

    Args:
        hub: wakes polls that are held.
        broker: the histories.
        replay: the log, for what the histories no longer hold.
        snapshot: the present state of a state topic.
        access: who may hear what; asked at every reading, so a right that ends ends at once.
        is_valid: whether what a caller showed still counts; asked before each reading.
        max_waiting: polls held at once; beyond it clients are answered at once and come later.
    """

    def __init__(
        self,
        hub: Hub,
        broker: Broker,
        replay: Replay,
        snapshot: SnapshotOf,
        access: TopicAccess,
        *,
        is_valid: Callable[[Principal], bool] = lambda _: True,
        pacing: Pacing | None = None,
        max_topics: int = answers.MOST_TOPICS,
        max_waiting: int = 10_000,
        most: int = 300,
        random: Random | None = None,
        clock: Clock = now,
    ) -> None:
        self._hub = hub
        self._access = access
        self._is_valid = is_valid
        self._pacing = pacing or Pacing()
        self._max_topics = max_topics
        self._max_waiting = max_waiting
        self._random = random or SystemRandom()
        self._reader = Reader(
            broker, replay, snapshot, lambda: max(hub.seq, replay.head()), clock, most=most
        )
        self._waiters: set[Waiter] = set()
        self._draining = False
        self._figures = PollingStatistics()

    async def register(
        self, topics: list[str], caller: Principal, *, snapshot: bool = True, history: int = 0
    ) -> bytes:
        """The cursor to poll with, and what became of each topic, with states and history.

        Raises:
            Invalid: there are too many topics.
        """
        names = dict.fromkeys(topics)
        if len(names) > self._max_topics:
            raise Invalid.at("topics", f"At most {self._max_topics} topics per cursor")
        admitted, results = list[str](), dict[str, TopicResult]()
        for name in names:
            try:
                admitted.append(await self._access.admit(name, caller))
            except GroundswellError as error:
                results[name] = answers.refused(error)
        told, positions = await self._reader.begin(
            {*admitted, BROADCAST}, snapshot=snapshot, history=history
        )
        results |= {name: answers.held(name, positions[name]) for name in admitted}
        self._figures.registrations += 1
        circumstances = Circumstances(draining=self._draining)
        return self._answer(told, circumstances, {name: results[name] for name in names})

    async def poll(
        self,
        cursor: str,
        caller: Principal,
        waiter: Waiter,
        *,
        wait: float = 25.0,
        hidden: bool = False,
    ) -> bytes:
        """What happened since the cursor; held up to ``wait`` seconds until something does.

        Raises:
            Invalid: the cursor is none of ours.
            Unauthenticated: the cursor holds private topics, and nobody is signed in; or what the
                caller showed no longer counts.
            GroundswellError: the log cannot be read now, or the topics cannot be listened to.
        """
        place = decode(cursor)
        if len(place.places) > self._max_topics + 1:
            raise Invalid.at("cursor", f"At most {self._max_topics} topics per cursor")
        crowded = len(self._waiters) >= self._max_waiting
        circumstances = Circumstances(waits=wait > 0, hidden=hidden, crowded=crowded)
        held = 0.0 if hidden or crowded else wait
        with self._waiting(waiter, place):
            told = await self._follow(place, caller, waiter, held)
        self._figures.polls += 1
        return self._answer(
            told, replace(circumstances, more=told.more, draining=self._draining), None
        )

    async def drain(self) -> None:
        """Answer every poll that is held. Clients come back at moments spread over a window."""
        self._draining = True
        for waiter in self._waiters:
            waiter.wake()

    def statistics(self) -> dict[str, float]:
        """How many wait, and what was answered."""
        self._figures.waiting = len(self._waiters)
        gauges = {"waiting"}
        return {
            name if name in gauges else f"{name}_total": float(value)
            for name, value in asdict(self._figures).items()
        }

    @contextmanager
    def _waiting(self, waiter: Waiter, cursor: Cursor) -> Iterator[None]:
        """Subscribed before anything is read, so that nothing can be missed in between."""
        self._waiters.add(waiter)
        self._hub.subscribe(waiter, cursor.places)
        try:
            yield
        finally:
            self._hub.leave(waiter)
            self._waiters.discard(waiter)

    async def _follow(self, cursor: Cursor, caller: Principal, waiter: Waiter, wait: float) -> Told:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + wait
        await self._hub.ready(cursor.places)
        while True:
            told = await self._read(cursor, caller)
            left = deadline - loop.time()
            if told.messages or told.more or left <= 0 or waiter.gone or self._draining:
                return told
            cursor = told.cursor
            if await waiter.wait(left) and not (waiter.gone or self._draining):
                await asyncio.sleep(self._pacing.gather)

    async def _read(self, cursor: Cursor, caller: Principal) -> Told:
        """What the caller may hear of what followed, with the rights of this moment."""
        if not self._is_valid(caller):
            raise Unauthenticated("The token was revoked.")
        farewells, allowed = list[bytes](), dict(cursor.places)
        for topic in cursor.places:
            try:
                await self._access.admit(topic, caller)
            except GroundswellError as error:
                _refuse_visitors(topic, caller, error)
                del allowed[topic]
                farewells.append(answers.permission_lost(topic, error).encode())
        told = await self._reader.read(cursor._replace(places=allowed))
        return replace(told, messages=[*farewells, *told.messages]) if farewells else told

    def _answer(
        self,
        told: Told,
        circumstances: Circumstances,
        topics: dict[str, TopicResult] | None,
    ) -> bytes:
        self._figures.messages += len(told.messages)
        self._figures.gaps += told.gaps
        pause = next_poll(self._pacing, circumstances, self._random)
        return answers.answer(told.cursor.encode(), told.messages, pause, topics)


def _refuse_visitors(topic: str, caller: Principal, error: GroundswellError) -> None:
    """A visitor with a private topic forgot the token: the cursor stays good for when it is shown.

    A name that is no topic was never in a cursor of ours.
    """
    if error.kind in ("invalid", "not_found"):
        raise Invalid.at("cursor", "Not a cursor of this service; register anew") from error
    if caller.user_id is None and kind_of(topic).rule in ("owner", "member"):
        raise Unauthenticated(f"The topic {topic!r} needs its user's access token.") from error
