"""Replays the week: six days as history, then day after day live at a chosen speed."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Mapping

import structlog

from groundswell.contract.times import SECOND, Clock, to_rfc3339
from groundswell.demo.api import Api, RequestFailed, Sleep
from groundswell.demo.audience import Audience, Listener
from groundswell.demo.dataset import Airing, Song
from groundswell.demo.together import together
from groundswell.demo.week import Week

SOURCE = "classic-rock-week"
DEFAULT_SPEED = 30.0
"""At 30 a second brings about two plays, and the seventh day takes 48 minutes."""

HISTORY_WORKERS = 12
MOST_AT_ONCE = 64
"""Live airings under way at once; a service that falls behind is not buried."""

_log = structlog.get_logger(__name__)


class Replay:
    """Plays the week against a service through its public API.

    Running it again against the same service adds no song twice, and only what is missing of the
    history.

    Args:
        api: the service.
        week: what is played.
        audience: who listens.
        speed: seconds of the week per second.
        clock: the present.
        sleep: waits for the next live airing.
        on_ready: called when all songs of the history are registered.
    """

    def __init__(
        self,
        api: Api,
        week: Week,
        audience: Audience,
        *,
        speed: float,
        clock: Clock,
        sleep: Sleep = asyncio.sleep,
        on_ready: Callable[[], None] = lambda: None,
    ) -> None:
        if speed <= 0:
            raise ValueError("the speed must be above zero")
        self._api = api
        self._week = week
        self._audience = audience
        self._speed = speed
        self._clock = clock
        self._sleep = sleep
        self._on_ready = on_ready
        self._ids: dict[Song, int] = {}
        self._registering: dict[Song, asyncio.Lock] = {}
        self._figures: Counter[str] = Counter()

    async def run(self) -> None:
        """Load the history while the live part plays, and go on until cancelled.

        Raises:
            RequestFailed: the service refuses the songs, or cannot be reached for long.
        """
        started = self._clock()
        shift = started - self._week.present
        stored = await self._register_history(shift)
        self._on_ready()
        async with asyncio.TaskGroup() as group:
            group.create_task(self.load_history(shift, stored))
            group.create_task(self._play_live(started))

    async def load(self) -> None:
        """Only the history, without the live part."""
        shift = self._clock() - self._week.present
        await self.load_history(shift, await self._register_history(shift))

    async def _register_history(self, shift: int) -> Counter[Song]:
        """Register the songs of the history; how many plays each has at the service already."""
        first = {one.song: one.at + shift for one in reversed(self._week.history)}
        stored: Counter[Song] = Counter()

        async def register(song: Song) -> None:
            stored[song] = await self._register(song, first[song])

        await together(register, first, HISTORY_WORKERS)
        return stored

    async def _register(self, song: Song, published_at: int | None) -> int:
        """Make the song known; how many plays it has already."""
        media: dict[str, object] = {
            "title": song.title,
            "artist": song.artist,
            "source": SOURCE,
            "externalId": song.external_id,
        }
        if published_at is not None:
            media["publishedAt"] = to_rfc3339(published_at)
        answer = await self._api.register(media)
        self._ids[song] = int(answer["mediaFileId"])
        return int(answer["playCount"])

    async def load_history(self, shift: int, stored: Mapping[Song, int]) -> None:
        """Record the plays of the history, newest first, that the service does not have."""
        await together(
            lambda one: self._in_the_past(one[0], one[1], shift),
            self._missing(stored),
            HISTORY_WORKERS,
        )
        _log.info("demo history loaded", **self.statistics())

    def _missing(self, stored: Mapping[Song, int]) -> Iterator[tuple[Airing, Listener]]:
        """Of a song with n plays the n newest are taken to be there."""
        skipped: Counter[Song] = Counter()
        for airing in reversed(self._week.history):
            listener = self._audience.draw()
            if skipped[airing.song] < stored[airing.song]:
                skipped[airing.song] += 1
            else:
                yield airing, listener

    async def _in_the_past(self, airing: Airing, listener: Listener, shift: int) -> None:
        media_file_id, at = self._ids[airing.song], airing.at + shift
        try:
            await self._api.play(media_file_id, listener.address, listener.seconds, at)
            if listener.downloads:
                await self._api.download(media_file_id, listener.address, at)
        except RequestFailed:
            self._figures["failed"] += 1
        else:
            self._figures["history"] += 1

    async def _play_live(self, started: int) -> None:
        """The seventh day, then the whole week again and again."""
        begun = await self._stretch(self._week.live, self._week.present, started)
        while True:
            first = self._week.whole[0].at
            begun = await self._stretch(self._week.whole, first, begun)

    async def _stretch(self, airings: tuple[Airing, ...], origin: int, begun: int) -> int:
        """Play the airings, ``origin`` falling on ``begun``; when the last of them was due."""
        due = begun
        free = asyncio.Semaphore(MOST_AT_ONCE)
        async with asyncio.TaskGroup() as group:
            for airing in airings:
                due = begun + round((airing.at - origin) / self._speed)
                if (wait := due - self._clock()) > 0:
                    await self._sleep(wait / SECOND)
                await free.acquire()
                group.create_task(self._live(airing, self._audience.draw(), free))
        return max(due, self._clock())

    async def _live(self, airing: Airing, listener: Listener, free: asyncio.Semaphore) -> None:
        try:
            await self._listen(await self._id(airing.song), listener)
        except RequestFailed:
            self._figures["failed"] += 1
        else:
            self._figures["live"] += 1
        finally:
            free.release()

    async def _listen(self, media_file_id: int, listener: Listener) -> None:
        await self._api.play(media_file_id, listener.address, listener.seconds)
        if listener.vote is not None:
            await self._api.vote(media_file_id, listener.address, listener.vote)
        if listener.downloads:
            await self._api.download(media_file_id, listener.address)
        if listener.comment is not None:
            await self._api.comment(media_file_id, listener.address, listener.comment)

    async def _id(self, song: Song) -> int:
        """A song first heard live is registered then: that is its upload."""
        async with self._registering.setdefault(song, asyncio.Lock()):
            if song not in self._ids:
                await self._register(song, None)
        return self._ids[song]

    def statistics(self) -> Mapping[str, float]:
        """Plays stored as history and live, what failed, and requests made."""
        return {
            "history": float(self._figures["history"]),
            "live": float(self._figures["live"]),
            "failed": float(self._figures["failed"]),
            "requests": float(self._api.requests),
            "retries": float(self._api.retries),
        }
