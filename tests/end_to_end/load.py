"""Many visitors at once, and a ledger of what they were promised."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from tests.end_to_end.service import Service

WORKERS = 200
_KINDS = ("vote", "plays", "vote", "downloads", "views")
_COUNTERS = {"plays": "playCount", "downloads": "downloadCount", "views": "viewCount"}


@dataclass
class Ledger:
    """What was acknowledged, and what may or may not have happened.

    ``votes`` has the states in which a visitor's vote on a file may be: one if the last answer
    said so, two if the last change was never answered.
    """

    files: list[int]
    counted: Counter[tuple[int, str]] = field(default_factory=Counter)
    uncertain: Counter[tuple[int, str]] = field(default_factory=Counter)
    votes: dict[tuple[int, str], set[str | None]] = field(default_factory=dict)
    statuses: Counter[int] = field(default_factory=Counter)
    unforeseen: list[str] = field(default_factory=list)
    lost_connections: int = 0
    in_flight: int = 0
    most_in_flight: int = 0

    @property
    def acknowledged(self) -> int:
        """How many writes were answered with success."""
        return self.statuses[200] + self.statuses[201]


class Load:
    """Visitors who vote, play, download and look, as fast as they are answered.

    Each worker is one visitor after another; every visitor votes on one file and changes the vote.
    What is answered 503 is uncertain, as is what is not answered at all.
    """

    def __init__(self, service: Service, ledger: Ledger, workers: int = WORKERS) -> None:
        self._service = service
        self._ledger = ledger
        self._workers = workers
        self._numbers = itertools.count(sum(ledger.statuses.values()) + ledger.lost_connections)
        self._ended = asyncio.Event()
        self._running: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Load:
        self._session = aiohttp.ClientSession(
            self._service.url,
            cookie_jar=aiohttp.DummyCookieJar(),
            connector=aiohttp.TCPConnector(limit=self._workers),
            timeout=aiohttp.ClientTimeout(total=30),
        )
        self._running = [asyncio.create_task(self._work()) for _ in range(self._workers)]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._ended.set()
        await asyncio.gather(*self._running)
        await self._session.close()

    async def acknowledged(self, count: int) -> None:
        """Wait until so many more writes have been acknowledged."""
        wanted = self._ledger.acknowledged + count
        async with asyncio.timeout(30):
            while self._ledger.acknowledged < wanted:  # noqa: ASYNC110 - workers count, nobody tells
                await asyncio.sleep(0.01)

    async def _work(self) -> None:
        while not self._ended.is_set():
            number = next(self._numbers)
            media = self._ledger.files[number % len(self._ledger.files)]
            address = f"198.{18 + (number >> 16 & 1)}.{number >> 8 & 255}.{number & 255}"
            try:
                await self._visit(media, address, number)
            except aiohttp.ClientError:
                self._ledger.lost_connections += 1
                await asyncio.sleep(0.05)

    async def _visit(self, media: int, address: str, number: int) -> None:
        kind = _KINDS[number % len(_KINDS)]
        if kind == "vote":
            for vote in ("up", "down")[:: 1 if number % 3 else -1]:
                await self._vote(media, address, vote)
            return
        place = (media, _COUNTERS[kind])
        self._ledger.uncertain[place] += 1
        if await self._send("POST", media, kind, address, None):
            self._ledger.uncertain[place] -= 1
            self._ledger.counted[place] += 1

    async def _vote(self, media: int, address: str, vote: str) -> None:
        possible = self._ledger.votes.setdefault((media, address), {None})
        possible.add(vote)
        if await self._send("PUT", media, "vote", address, {"voteType": vote}):
            self._ledger.votes[media, address] = {vote}

    async def _send(self, method: str, media: int, rest: str, address: str, body: Any) -> bool:
        ledger = self._ledger
        ledger.in_flight += 1
        ledger.most_in_flight = max(ledger.most_in_flight, ledger.in_flight)
        try:
            async with self._session.request(
                method,
                f"/v1/media/{media}/{rest}",
                json=body,
                headers={"X-Forwarded-For": address},
            ) as answer:
                text = await answer.text()
        finally:
            ledger.in_flight -= 1
        ledger.statuses[answer.status] += 1
        if answer.status == 503:
            if "Retry-After" not in answer.headers:
                ledger.unforeseen.append("503 without Retry-After")
            await asyncio.sleep(0.1)
        elif answer.status not in {200, 201}:
            ledger.unforeseen.append(f"{answer.status} {text[:300]}")
        return answer.status in {200, 201}


async def assert_kept(service: Service, ledger: Ledger) -> None:
    """Everything acknowledged is there, and nothing that nobody did."""
    assert ledger.unforeseen == []
    assert ledger.in_flight == 0
    for media in ledger.files:
        file = await service.media(media)
        for counter in _COUNTERS.values():
            promised = ledger.counted[media, counter]
            most = promised + ledger.uncertain[media, counter]
            assert promised <= file[counter] <= most, (media, counter)
    await _assert_votes_kept(service, ledger)


async def _assert_votes_kept(service: Service, ledger: Ledger) -> None:
    sums: Counter[tuple[int, str | None]] = Counter()
    gate = asyncio.Semaphore(32)
    async with aiohttp.ClientSession(service.url, cookie_jar=aiohttp.DummyCookieJar()) as session:

        async def check(media: int, address: str, possible: set[str | None]) -> None:
            headers = {"X-Forwarded-For": address}
            async with gate, session.get(f"/v1/media/{media}/vote", headers=headers) as answer:
                told = (await answer.json())["voteType"]
            assert told in possible, (media, address, told, possible)
            sums[media, told] += 1

        votes = ledger.votes.items()
        await asyncio.gather(*(check(*place, possible) for place, possible in votes))
    for media in ledger.files:
        file = await service.media(media)
        assert (file["upvotes"], file["downvotes"]) == (sums[media, "up"], sums[media, "down"])
