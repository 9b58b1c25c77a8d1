"""The engagement router of the specification, called by `@trpc/client` as an application would."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from tests.end_to_end.service import NewAddress, Service
from tests.end_to_end.shapes import ACTIVITY, RANKED, RECORDED, STATS
from tests.services.node import RunScript


@pytest.fixture
async def told(
    service: Service, new_address: NewAddress, run_node: RunScript
) -> tuple[int, dict[str, Any]]:
    """The file, and what both links were told: one call each, then in batches."""
    media = await service.register("Called")
    for _ in range(3):
        async with service.visitor(new_address()) as visitor:
            await visitor.post(f"/v1/media/{media}/downloads")
    printed = await asyncio.to_thread(
        run_node, "engagement_client.mjs", service.url, str(media), seconds=60
    )
    return media, json.loads(printed)


def refusal(outcome: dict[str, Any]) -> tuple[Any, ...]:
    data = outcome["data"]
    return data["httpStatus"], data["code"], data["problem"], data["path"]


async def test_every_procedure_answers_the_client_alone_and_in_batches(
    service: Service, told: tuple[int, dict[str, Any]]
) -> None:
    media, sessions = told
    # A single link sends each call by itself; a batch link those of one moment together.
    assert (sessions["single"]["requests"], sessions["batch"]["requests"]) == (23, 10)
    for before, session in enumerate((sessions["single"], sessions["batch"])):

        def status(vote_type: str | None, up: int, down: int, others: int = before) -> Any:
            return {
                "mediaFileId": media,
                "voteType": vote_type,
                "upvotes": others + up,
                "downvotes": down,
            }

        assert session["vote"] == session["votedAgain"] == status("up", 1, 0)
        assert session["changed"] == session["status"] == status("down", 0, 1)
        assert session["removed"] == status(None, 0, 0)
        for name in ("play", "download", "view"):
            assert set(session[name]) == RECORDED
        assert set(session["comment"]) == RECORDED | {"comment"}
        stats = session["stats"]
        assert set(stats) == STATS
        assert stats["plays"] == dict.fromkeys(("24h", "7d", "30d", "all"), before + 1)
        assert (stats["downloadCount"], stats["viewCount"]) == (before + 4, before + 1)
        for name in ("trending", "popular", "hot"):
            assert media in {item["mediaFileId"] for item in session[name]}
            assert all(set(item) == RANKED for item in session[name])
        assert all(set(item) == ACTIVITY for item in session["activity"])
        kinds = {item["type"] for item in session["activity"][:3]}
        assert kinds == {"play", "download", "comment"}
        assert all(isinstance(one, list) and one for one in session["withDefaults"])


async def test_refusals_have_trpcs_shape_and_the_problems_code(
    told: tuple[int, dict[str, Any]],
) -> None:
    for session in told[1].values():
        absent, sideways, negative, unknown_field, too_many, no_number = session["refused"]
        assert absent["message"] == "Media file not found"
        assert refusal(absent) == (404, "NOT_FOUND", "media_not_found", "engagement.vote")
        for outcome, path, field in (
            (sideways, "engagement.vote", "voteType"),
            (negative, "engagement.recordPlay", "playDuration"),
            (unknown_field, "engagement.recordView", "extra"),
            (too_many, "engagement.getHot", "limit"),
            (no_number, "engagement.getStats", "mediaFileId"),
        ):
            assert refusal(outcome) == (400, "BAD_REQUEST", "validation_failed", path)
            assert [error["field"] for error in outcome["data"]["errors"]] == [field]
            assert set(outcome["data"]) == {"code", "httpStatus", "problem", "path", "errors"}


async def test_what_the_client_did_is_what_everybody_sees(
    service: Service, told: tuple[int, dict[str, Any]]
) -> None:
    file = await service.media(told[0])
    names = ("upvotes", "downvotes", "playCount", "downloadCount", "viewCount", "commentCount")
    assert [file[name] for name in names] == [2, 0, 2, 5, 2, 2]
