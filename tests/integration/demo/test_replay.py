"""The replay against a small real server that counts what it is told."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import pytest
from aiohttp import web

from groundswell.contract.times import HOUR, MINUTE, from_rfc3339
from groundswell.demo.api import Api, RequestFailed
from groundswell.demo.audience import Audience
from groundswell.demo.dataset import Airing, Ballot, Post, Song
from groundswell.demo.replay import Replay
from groundswell.demo.votes import replay_votes
from groundswell.demo.week import Week

NOW = from_rfc3339("2026-03-01T12:00:00Z")
SONGS = [Song("Artist", f"Song {n}") for n in range(3)]


class Service:
    """Knows files by external id and counts plays; may be told to fail."""

    def __init__(self) -> None:
        self.url = ""
        self.media: dict[str, dict[str, Any]] = {}
        self.plays: list[tuple[int, str, str | None]] = []
        self.votes: dict[tuple[int, str], str] = {}
        self.cookies_seen = 0
        self.failures: list[int] = []

    def application(self) -> web.Application:
        application = web.Application(middlewares=[self._failing])
        application.router.add_post("/v1/media", self._register)
        application.router.add_post("/v1/media/{id}/plays", self._play)
        application.router.add_post("/v1/media/{id}/{other}", self._other)
        application.router.add_put("/v1/media/{id}/vote", self._vote)
        return application

    @web.middleware
    async def _failing(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.cookies_seen += len(request.cookies)
        if self.failures:
            status = self.failures.pop(0)
            return web.json_response({}, status=status, headers={"Retry-After": "1"})
        answer: web.StreamResponse = await handler(request)
        answer.set_cookie("gs_session", "x")
        return answer

    async def _register(self, request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == "Bearer key"
        body = await request.json()
        known = self.media.setdefault(
            body["externalId"], {**body, "mediaFileId": len(self.media) + 1, "playCount": 0}
        )
        return web.json_response(known, status=201)

    async def _play(self, request: web.Request) -> web.Response:
        body = await request.json()
        media_file_id = int(request.match_info["id"])
        address = request.headers["X-Forwarded-For"]
        self.plays.append((media_file_id, address, body.get("occurredAt")))
        for media in self.media.values():
            media["playCount"] += media["mediaFileId"] == media_file_id
        return web.json_response({}, status=201)

    async def _other(self, _: web.Request) -> web.Response:
        return web.json_response({}, status=201)

    async def _vote(self, request: web.Request) -> web.Response:
        key = (int(request.match_info["id"]), request.headers["X-Forwarded-For"])
        self.votes[key] = (await request.json())["voteType"]
        return web.json_response({})


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    service = Service()
    runner = web.AppRunner(service.application())
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    service.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield service
    await runner.cleanup()


def at(minutes: int, song: int) -> Airing:
    return Airing(minutes * MINUTE, "WXYZ", SONGS[song])


WEEK = Week(
    history=(at(0, 0), at(10, 1), at(20, 0), at(30, 0)),
    live=(at(50, 1), at(60, 2)),
    present=40 * MINUTE,
)


def replay(api: Api, clock: Any, sleep: Any = asyncio.sleep, week: Week = WEEK) -> Replay:
    audience = Audience([f"192.0.2.{n}" for n in range(50)], seed=1)
    return Replay(api, week, audience, speed=60, clock=clock, sleep=sleep)


def moment(text: str | None) -> int:
    assert text is not None
    return from_rfc3339(datetime.fromisoformat(text).isoformat())


async def test_history_keeps_its_times_moved_to_the_present(service: Service) -> None:
    async with Api(service.url, "key") as api:
        await replay(api, lambda: NOW).load()
    ages = sorted((NOW - moment(occurred)) // MINUTE for _, _, occurred in service.plays)
    assert ages == [10, 20, 30, 40]
    assert moment(service.media["Artist/Song 1"]["publishedAt"]) == NOW - 30 * MINUTE


async def test_starting_again_adds_nothing_twice(service: Service) -> None:
    for start in (NOW, NOW + HOUR):
        async with Api(service.url, "key") as api:
            await replay(api, lambda start=start: start).load()
    assert len(service.media) == 2
    assert Counter(one[0] for one in service.plays) == {1: 3, 2: 1}


async def test_a_start_after_an_interruption_adds_what_is_missing(service: Service) -> None:
    async with Api(service.url, "key") as api:
        one = replay(api, lambda: NOW)
        await one._register_history(NOW - WEEK.present)
        await api.play(1, "192.0.2.1", 200)
        await replay(api, lambda: NOW).load()
    assert Counter(media for media, _, _ in service.plays) == {1: 3, 2: 1}


class Time:
    """A clock that moves when somebody sleeps, and ends the show after a while."""

    def __init__(self, lasts: int) -> None:
        self.now = NOW
        self._end = NOW + lasts
        self.over = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        self.now += round(seconds * 1_000_000)
        if self.now >= self._end:
            self.over.set()
            await asyncio.Event().wait()
        await asyncio.sleep(0.01)


async def test_live_airings_come_at_the_chosen_speed_and_the_week_starts_over(
    service: Service,
) -> None:
    time = Time(lasts=2 * MINUTE)
    async with Api(service.url, "key") as api:
        one = replay(api, lambda: time.now, time.sleep)
        running = asyncio.create_task(one.run())
        await asyncio.wait_for(time.over.wait(), 10)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    live = [media for media, _, occurred in service.plays if occurred is None]
    # At 60, the live twenty minutes take 20 s, and the whole hour 60 s: 20 + 60 + 40 of 120 s.
    assert 2 + 6 + 4 <= len(live) <= 2 + 6 + 5
    assert "publishedAt" not in service.media["Artist/Song 2"]


async def test_what_the_service_cannot_take_now_is_tried_again(service: Service) -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    service.failures = [503, 429]
    async with Api(service.url, "key", sleep=sleep) as api:
        await api.register({"externalId": "x", "title": "X", "source": "s"})
    assert waits == [1.0, 1.0]


async def test_a_refusal_is_not_tried_again(service: Service) -> None:
    service.failures = [403, 200]
    async with Api(service.url, "key") as api:
        with pytest.raises(RequestFailed, match="403"):
            await api.register({"externalId": "x"})
    assert service.failures == [200]


async def test_visitors_share_no_cookies(service: Service) -> None:
    async with Api(service.url, "key") as api:
        await replay(api, lambda: NOW).load()
    assert service.cookies_seen == 0


async def test_each_vote_has_a_voter_of_its_own(service: Service) -> None:
    cast = [Ballot("up", "1"), Ballot("up", "1"), Ballot("down", "9")]
    async with Api(service.url, "key") as api:
        ids = await replay_votes(api, cast, [Post("1", "A question", 2)])
    assert Counter((media, vote) for (media, _), vote in service.votes.items()) == {
        (ids["1"], "up"): 2,
        (ids["9"], "down"): 1,
    }
