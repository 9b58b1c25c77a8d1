"""A steady stream of votes; each that was accepted has a number, and all numbers are known."""

from __future__ import annotations

import asyncio
import itertools
import time
from dataclasses import dataclass, field

import aiohttp

from tests.end_to_end.service import Service


@dataclass
class Votes:
    """The votes on one file: the n-th is number n. ``sent`` says when it was asked for."""

    service: Service
    media: int
    sent: dict[int, float] = field(default_factory=dict)
    unanswered: int = 0

    @property
    def topic(self) -> str:
        return f"media.{self.media}"

    @property
    def numbers(self) -> list[int]:
        """Of all that were accepted; whole if every attempt was answered."""
        return sorted(self.sent)

    async def publish(
        self,
        *,
        per_second: float,
        seconds: float = 3_600.0,
        stop: asyncio.Event | None = None,
        at_once: int = 4,
    ) -> None:
        """Vote for so long or until told to stop, at this pace, each time as another visitor."""
        async with self._session(at_once) as session:
            numbers = itertools.count(len(self.sent))
            start = time.monotonic()

            async def voter() -> None:
                for number in numbers:
                    due = start + (number - first) / per_second
                    if due >= start + seconds or (stop is not None and stop.is_set()):
                        return
                    await asyncio.sleep(max(0.0, due - time.monotonic()))
                    await self._vote(session, number)

            first = len(self.sent)
            await asyncio.gather(*(voter() for _ in range(at_once)))

    async def burst(self, count: int, *, at_once: int = 8) -> None:
        """So many votes as fast as they are answered."""
        first = len(self.sent)
        numbers = iter(range(first, first + count))
        async with self._session(at_once) as session:

            async def voter() -> None:
                for number in numbers:
                    await self._vote(session, number)

            await asyncio.gather(*(voter() for _ in range(at_once)))

    def _session(self, at_once: int) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            self.service.url,
            cookie_jar=aiohttp.DummyCookieJar(),
            connector=aiohttp.TCPConnector(limit=at_once),
            timeout=aiohttp.ClientTimeout(total=20),
        )

    async def _vote(self, session: aiohttp.ClientSession, number: int) -> None:
        headers = {"x-forwarded-for": f"198.18.{number >> 8 & 255}.{number & 255}"}
        if number >> 16:
            raise ValueError("more visitors than the block for benchmarks has")
        at = time.monotonic()
        answer = await session.put(
            f"/v1/media/{self.media}/vote", json={"voteType": "up"}, headers=headers
        )
        body = await answer.json()
        assert answer.status == 200, body
        self.sent[body["upvotes"]] = at


async def votes_on(service: Service, title: str = "Under stress") -> Votes:
    """A new file to vote on."""
    return Votes(service, await service.register(title))
