"""Leaderboards in the real service: from what counts to what everybody who looks is told."""

from __future__ import annotations

import time
from typing import Any
from uuid import uuid4

import pytest

from tests.end_to_end.service import Service
from tests.end_to_end.speaking import Speaker, connect, enter, token_of
from tests.support.waiting import until

UPDATED = "referral.leaderboard.updated"


class Town:
    """A board of one test, and those who stand on it."""

    def __init__(self, service: Service, host: Any) -> None:
        self.service = service
        self.host = host
        self.board = f"board-{uuid4().hex[:8]}"

    async def open(self, **details: Any) -> dict[str, Any]:
        body = {"boardId": self.board, "name": "Makers", "metric": "custom", **details}
        made = await self.host.post("/v1/leaderboards", json=body)
        assert made.status_code == 201, made.text
        return dict(made.json())

    async def score(self, user: str, points: int = 1, **details: Any) -> dict[str, Any]:
        body = {"eventId": uuid4().hex, "userId": user, "points": points, **details}
        answer = await self.host.post(f"/v1/leaderboards/{self.board}/scores", json=body)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def standings(self, **asked: Any) -> dict[str, Any]:
        answer = await self.host.get(f"/v1/leaderboards/{self.board}", params=asked)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


@pytest.mark.alone
async def test_a_score_moves_everybodys_open_page_within_three_seconds(service: Service) -> None:
    async with service.host() as host, connect(service) as socket:
        town = Town(service, host)
        await town.open()
        viewer = Speaker(socket)
        await enter(viewer, await token_of(service, f"viewer-{town.board}"), "phone")
        topic = f"leaderboard.{town.board}"
        await viewer.say(type="SUBSCRIBE", id="1", topics=[topic])
        await viewer.until(type="SUBSCRIBED")
        began = time.monotonic()
        await town.score("ann", 5)
        first = (await viewer.until(type="EVENT", topic=topic))["data"]
        took = time.monotonic() - began
        assert first["eventType"] == UPDATED
        assert first["changes"] == [{"userId": "ann", "position": 1, "delta": None}]
        await town.score("bob", 6)
        second = (await viewer.until(type="EVENT", topic=topic))["data"]

        assert second["changes"] == [
            {"userId": "bob", "position": 1, "delta": None},
            {"userId": "ann", "position": 2, "delta": -1},
        ]
        assert second["boardId"] == town.board
        assert second["version"] > first["version"]
        assert second["entries"] == (await town.standings())["entries"]
        assert took < 3
        print(f"from the score to everybody: {took * 1000:.0f} ms")


async def test_who_comes_later_begins_with_the_board_as_it_is(service: Service) -> None:
    async with service.host() as host, connect(service) as one, connect(service) as other:
        town = Town(service, host)
        await town.open()
        topic = f"leaderboard.{town.board}"
        early, late = Speaker(one), Speaker(other)
        await enter(early, await token_of(service, f"early-{town.board}"), "phone")
        await early.say(type="SUBSCRIBE", id="1", topics=[topic])
        await early.until(type="SUBSCRIBED")
        await town.score("ann", 5)
        told = (await early.until(type="EVENT", topic=topic))["data"]

        await enter(late, await token_of(service, f"late-{town.board}"), "phone")
        await late.say(type="SUBSCRIBE", id="1", topics=[topic], options={"snapshot": True})
        state = (await late.until(type="SNAPSHOT", topic=topic))["data"]

        assert state == told
        assert state["entries"] == (await town.standings())["entries"]


async def test_around_me_and_out_of_sight(service: Service) -> None:
    async with service.host() as host:
        town = Town(service, host)
        await town.open()
        for number in range(9):
            await town.score(f"p{number}-{town.board}", 10 - number)
        me = f"p4-{town.board}"
        async with await service.user(me) as user:
            path = f"/v1/leaderboards/{town.board}"
            around = (await user.get(path, params={"around": "me", "limit": 3})).json()
            assert [one["position"] for one in around["entries"]] == [4, 5, 6]
            hidden = await user.put(
                f"/v1/me/leaderboards/{town.board}/visibility", json={"visible": False}
            )
            assert hidden.json() == {"boardId": town.board, "visible": False}
            mine = (await user.get(path)).json()

        assert (mine["me"]["userId"], mine["me"]["position"], mine["hidden"]) == (me, 5, True)
        shown = (await town.standings())["entries"]
        assert [one["position"] for one in shown] == [1, 2, 3, 4, 6, 7, 8, 9]


async def test_plays_count_for_whose_files_they_are(service: Service) -> None:
    async with service.host() as host:
        town = Town(service, host)
        await town.open(metric="plays", window="weekly", timeZone="Europe/Berlin")
        owner = f"artist-{town.board}"
        media = await service.register(ownerId=owner)
        async with service.visitor("198.51.100.7") as visitor:
            played = await visitor.post(f"/v1/media/{media}/plays", json={"playDuration": 240})
            assert played.status_code == 201

        async def counted() -> bool:
            return [one["userId"] for one in (await town.standings())["entries"]] == [owner]

        await until(counted)


async def test_refusals_name_their_reason_and_change_nothing(service: Service) -> None:
    async with service.host() as host, service.visitor("198.51.100.8") as visitor:
        town = Town(service, host)
        await town.open()
        path = f"/v1/leaderboards/{town.board}"
        refused = [
            (await host.get("/v1/leaderboards/none"), 404, "board_not_found"),
            (await host.get(path, params={"window": "soon"}), 200, None),
            (await visitor.get(path, params={"around": "me"}), 401, "unauthenticated"),
            (await visitor.post("/v1/leaderboards", json={}), 400, "validation_failed"),
            (
                await host.post(
                    "/v1/leaderboards",
                    json={"boardId": town.board, "name": "Other", "metric": "plays"},
                ),
                409,
                "board_exists",
            ),
            (
                await host.post(
                    "/v1/leaderboards",
                    json={"name": "Nowhere", "metric": "plays", "timeZone": "Mars/Base"},
                ),
                400,
                "validation_failed",
            ),
            (await host.post(f"{path}/scores", json={"eventId": "1", "userId": "a"}), 400, None),
        ]

        for answer, status, code in refused:
            assert answer.status_code == status, answer.text
            assert code is None or answer.json()["code"] == code
        assert (await town.standings())["members"] == 0


@pytest.mark.parametrize("window", ["all_time", "daily", "weekly", "monthly"])
async def test_every_kind_of_window(service: Service, window: str) -> None:
    async with service.host() as host:
        town = Town(service, host)
        made = await town.open(window=window, timeZone="America/New_York")
        await town.score("ann")

        found = await town.standings()

        assert made["window"] == window
        assert [one["userId"] for one in found["entries"]] == ["ann"]
        assert found["window"]["state"] == "open"
        assert (found["window"]["start"] is None) == (window == "all_time")


async def test_the_audit_finds_boards_as_the_log_tells_them(service: Service) -> None:
    async with service.host() as host:
        town = Town(service, host)
        await town.open(window="daily", timeZone="Asia/Kathmandu")
        first = await town.score("ann", 5)
        await town.score("bob", 5)
        await town.score("ann", 0, reverses=first["eventId"])

        done = service.command("audit")

        assert "leaderboards: " not in done.stdout + done.stderr, done.stdout
        assert done.returncode == 0, done.stdout + done.stderr
