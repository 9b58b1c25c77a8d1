"""The router called by ``@trpc/client`` over a real socket."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture
def outcomes(address: str, run_node: Callable[..., str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run_node("trpc_client.mjs", address))
    return found


def status_and_problem(outcome: dict[str, Any]) -> tuple[int, str, str]:
    data = outcome["data"]
    return data["httpStatus"], data["code"], data["problem"]


def test_trpcs_own_client_understands_every_answer(outcomes: dict[str, Any]) -> None:
    assert outcomes["single"]["requests"] == 10
    assert outcomes["batch"]["requests"] == 2
    for link in ("single", "batch"):
        hot, status, absent, wrong_type, unknown = outcomes[link]["queries"]
        assert hot == {"data": ["hot"]}
        assert status == {"data": {"mediaFileId": 7, "voteType": "up", "by": "user"}}
        assert absent["message"] == "Media file not found"
        assert status_and_problem(absent) == (404, "NOT_FOUND", "media_not_found")
        assert status_and_problem(wrong_type) == (400, "BAD_REQUEST", "validation_failed")
        assert status_and_problem(unknown) == (404, "NOT_FOUND", "not_found")
        vote, limited, broken, sideways, wrong_kind = outcomes[link]["mutations"]
        assert vote == {"data": {"mediaFileId": 7, "voteType": "down", "by": "user"}}
        assert limited["message"] == "Rate limit exceeded. Please try again in 7 seconds."
        assert limited["data"]["retryAfter"] == 7
        assert broken["message"] == "Internal server error"
        assert sideways["data"]["errors"][0]["field"] == "voteType"
        assert status_and_problem(wrong_kind) == (
            405,
            "METHOD_NOT_SUPPORTED",
            "method_not_allowed",
        )
