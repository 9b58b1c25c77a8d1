"""Long polling: an answer as soon as something happened, and nothing remembered in between."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from random import Random, SystemRandom

from groundswell.contract.errors import GroundswellError, Invalid, Unauthenticated
from groundswell.contract.inbox import InboxPort
from groundswell.contract.times import SECOND, Clock, now
from groundswell.realtime.audience import is_for
from groundswell.realtime.broker.base import Broker
from groundswell.realtime.credentials import Credentials
from groundswell.realtime.doors.device import Device
from groundswell.realtime.doors.polling import answers
from groundswell.realtime.doors.polling.answers import TopicResult
from groundswell.realtime.doors.polling.cursor import Cursor, decode
from groundswell.realtime.doors.polling.pacing import Circumstances, Pacing, next_poll
from groundswell.realtime.doors.polling.reading import Reader, SnapshotOf
from groundswell.realtime.doors.polling.telling import Answered
from groundswell.realtime.doors.signing import signer
from groundswell.realtime.doors.standing import Standing, device_name, permission_lost
from groundswell.realtime.gateway.rights import Rights
from groundswell.realtime.hub import Hub
from groundswell.realtime.messages import Envelope, Place, Sign
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
    """A poll that is held: woken by the hub, by draining, or because its client left.

    ``standing`` is what its client showed, once that is known.
    """

    __slots__ = ("_event", "gone", "standing")

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self.gone = False
        self.standing: Standing | None = None

    def send(self, _: Envelope) -> None:
        """Something was published on one of its topics."""
        self._event.set()

    def send_addressed(self, envelope: Envelope) -> None:
        """The same, perhaps for others."""
        if self.standing and is_for(envelope, self.standing.credentials.principal):
            self._event.set()

    def wake(self) -> None:
        """Look again whether to go on waiting."""
        self._event.set()

    def look_after(self) -> None:
        """Wake if something about the client's rights has changed."""
        standing = self.standing
        if standing is not None and not (standing.is_current and standing.ended() is None):
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
        rights: who may hear what; asked at every reading, so a right that ends ends at once.
        inbox: what devices have not acknowledged; None: polls tell it once, as it comes.
        sign: signs events for those who ask for it; None: not offered.
        max_waiting: polls held at once; beyond it clients are answered at once and come later.
    """

    def __init__(
        self,
        hub: Hub,
        broker: Broker,
        replay: Replay,
        snapshot: SnapshotOf,
        rights: Rights,
        *,
        inbox: InboxPort | None = None,
        sign: Sign | None = None,
        pacing: Pacing | None = None,
        max_topics: int = answers.MOST_TOPICS,
        max_waiting: int = 10_000,
        most: int = 300,
        random: Random | None = None,
        clock: Clock = now,
    ) -> None:
        self._hub = hub
        self._rights = rights
        self._inbox = inbox
        self._sign = sign
        self._clock = clock
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
        self,
        topics: list[str],
        caller: Credentials,
        *,
        snapshot: bool = True,
        history: int = 0,
        resume: Mapping[str, Place] | None = None,
        client_id: str | None = None,
        signed: bool = False,
    ) -> bytes:
        """The cursor to poll with, and what became of each topic, with states and history.

        Topics in ``resume`` go on from there, with a GAP for what cannot be told any more. As
        device ``client_id`` the caller is told the inbox until it acknowledges.

        Raises:
            Invalid: there are too many topics, or nothing is signed here.
            Forbidden: the token is for another device.
            Unauthenticated: what the caller showed no longer counts.
        """
        names = dict.fromkeys(topics)
        if len(names) > self._max_topics:
            raise Invalid.at("topics", f"At most {self._max_topics} topics per cursor")
        name, sign = device_name(caller, client_id), signer(self._sign, signed=signed)
        standing = Standing(self._rights, caller, self._clock)
        standing.require()
        admitted, results = list[str](), dict[str, TopicResult]()
        for topic in names:
            try:
                admitted.append(await standing.admit(topic))
            except GroundswellError as error:
                results[topic] = answers.refused(error)
        started, positions = await self._reader.begin(
            {*admitted, BROADCAST},
            caller.principal,
            snapshot=snapshot,
            history={topic: history for topic in admitted if standing.may_page(topic)},
            resume=resume or {},
            sign=sign,
        )
        told = Answered(started)
        device = self._device_of(caller, admitted, name, sign)
        if device is not None:
            resumes = device.topic in (resume or {})
            missed = await device.arrive(positions[device.topic].epoch, resumes=resumes)
            told.add_missed(missed)
            await told.add_due(device)
            await device.sent(told.ids)
        standing.require()
        results |= {topic: answers.held(topic, positions[topic]) for topic in admitted}
        self._figures.registrations += 1
        circumstances = Circumstances(draining=self._draining)
        return self._answer(told, circumstances, {topic: results[topic] for topic in names})

    async def poll(
        self,
        cursor: str,
        caller: Credentials,
        waiter: Waiter,
        *,
        wait: float = 25.0,
        hidden: bool = False,
        client_id: str | None = None,
        signed: bool = False,
    ) -> bytes:
        """What happened since the cursor; held up to ``wait`` seconds until something does.

        Raises:
            Invalid: the cursor is none of ours, or nothing is signed here.
            Forbidden: the token is for another device.
            Unauthenticated: the cursor holds private topics, and nobody is signed in; or what the
                caller showed no longer counts.
            GroundswellError: the log cannot be read now, or the topics cannot be listened to.
        """
        place = decode(cursor)
        if len(place.places) > self._max_topics + 1:
            raise Invalid.at("cursor", f"At most {self._max_topics} topics per cursor")
        sign = signer(self._sign, signed=signed)
        device = self._device_of(caller, place.places, device_name(caller, client_id), sign)
        waiter.standing = Standing(self._rights, caller, self._clock)
        crowded = len(self._waiters) >= self._max_waiting
        circumstances = Circumstances(waits=wait > 0, hidden=hidden, crowded=crowded)
        held = 0.0 if hidden or crowded else wait
        with self._waiting(waiter, place):
            told = await self._follow(place, waiter, device, held, sign)
        if device is not None:
            await device.sent(told.ids)
        self._figures.polls += 1
        return self._answer(
            told, replace(circumstances, more=told.more, draining=self._draining), None
        )

    async def run(self) -> None:
        """Answer polls whose rights have changed, until cancelled; looked at every second."""
        while True:
            await asyncio.sleep(1)
            for waiter in tuple(self._waiters):
                waiter.look_after()

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
        self._hub.subscribe(waiter, cursor.places, door="polling")
        try:
            yield
        finally:
            self._hub.leave(waiter)
            self._waiters.discard(waiter)

    async def _follow(
        self,
        cursor: Cursor,
        waiter: Waiter,
        device: Device | None,
        wait: float,
        sign: Sign | None,
    ) -> Answered:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + wait
        standing = waiter.standing
        assert standing is not None  # noqa: S101 - whoever polls has shown something
        await self._hub.ready(cursor.places)
        while True:
            told = await self._read(cursor, standing, device, sign)
            left = deadline - loop.time()
            if told.messages or told.more or left <= 0 or waiter.gone or self._draining:
                return told
            cursor = told.cursor
            if await waiter.wait(self._until(left, told, standing)) and not (
                waiter.gone or self._draining
            ):
                await asyncio.sleep(self._pacing.gather)

    def _until(self, left: float, told: Answered, standing: Standing) -> float:
        """Seconds until something may have to be told though nothing happens."""
        instants = (told.next_at, standing.credentials.expires_at)
        known = [(at - self._clock()) / SECOND for at in instants if at is not None]
        return max(0.0, min([left, *known]))

    async def _read(
        self, cursor: Cursor, standing: Standing, device: Device | None, sign: Sign | None
    ) -> Answered:
        """What the caller may hear of what followed, with the rights of this moment."""
        while True:
            standing.require()
            standing.holds(())
            farewells, allowed = list[bytes](), dict(cursor.places)
            for topic in cursor.places:
                try:
                    await standing.admit(topic)
                except GroundswellError as error:
                    _refuse_visitors(topic, standing.credentials, error)
                    del allowed[topic]
                    farewells.append(permission_lost(topic, error).encode())
            read = await self._reader.read(
                cursor._replace(places=allowed), standing.credentials.principal, sign
            )
            told = Answered(read, farewells)
            if device is not None and device.topic in allowed:
                await told.add_due(device)
            if standing.is_current:
                standing.require()
                return told

    def _device_of(
        self,
        caller: Credentials,
        topics: Collection[str],
        client_id: str | None,
        sign: Sign | None,
    ) -> Device | None:
        """The device whose inbox the topics hold, if it has a name."""
        user_id = caller.user_id
        if self._inbox is None or user_id is None or client_id is None:
            return None
        device = Device(self._inbox, user_id, client_id, self._clock, sign)
        return device if device.topic in topics else None

    def _answer(
        self,
        told: Answered,
        circumstances: Circumstances,
        topics: dict[str, TopicResult] | None,
    ) -> bytes:
        self._figures.messages += len(told.messages)
        self._figures.gaps += told.gaps
        pause = next_poll(self._pacing, circumstances, self._random)
        return answers.answer(told.cursor.encode(), told.messages, pause, topics)


def _refuse_visitors(topic: str, caller: Credentials, error: GroundswellError) -> None:
    """A visitor with a private topic forgot the token: the cursor stays good for when it is shown.

    A name that is no topic was never in a cursor of ours.
    """
    if error.kind in ("invalid", "not_found"):
        raise Invalid.at("cursor", "Not a cursor of this service; register anew") from error
    if caller.user_id is None and kind_of(topic).rule in ("owner", "member"):
        raise Unauthenticated(f"The topic {topic!r} needs its user's access token.") from error
