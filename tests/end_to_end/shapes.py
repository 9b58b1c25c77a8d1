"""The answers of the public contract by their names: clients were written against these."""

from __future__ import annotations

import re
from typing import Any

import httpx

COUNTERS = {
    "playCount",
    "qualifiedPlayCount",
    "downloadCount",
    "viewCount",
    "commentCount",
    "upvotes",
    "downvotes",
}
MEDIA = COUNTERS | {
    "mediaFileId",
    "title",
    "artist",
    "ownerId",
    "durationSeconds",
    "url",
    "state",
    "createdAt",
    "publishedAt",
    "hotnessScore",
    "lastHotnessUpdate",
}
RANKED = MEDIA | {"position", "score", "periodPlayCount", "explain"}
RECORDED = COUNTERS | {"mediaFileId", "qualified"}
COMMENT = {"commentId", "mediaFileId", "authorId", "body", "createdAt"}
STATS = COUNTERS | {
    "mediaFileId",
    "uniqueListeners",
    "hotnessScore",
    "lastHotnessUpdate",
    "plays",
    "asOf",
}
ACTIVITY = {"id", "type", "mediaFileId", "mediaTitle", "location", "timestamp"}
TOKENS = {"accessToken", "refreshToken", "expiresIn"}

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def is_time(text: Any) -> bool:
    """Whether this is a time as the API writes it: RFC 3339 in UTC, with Z."""
    return isinstance(text, str) and _TIME.fullmatch(text) is not None


def assert_page(page: dict[str, Any], element: set[str]) -> None:
    """A page of a list whose elements have exactly these names."""
    assert set(page) == {"items", "nextCursor", "asOf"}
    assert is_time(page["asOf"])
    for item in page["items"]:
        assert set(item) == element


def told(answer: httpx.Response) -> str:
    """What was asked and what was answered, for the message of a failed test."""
    asked = answer.request
    return f"{asked.method} {asked.url} {answer.status_code} {answer.text[:1000]}"


def assert_problem(
    answer: httpx.Response, status: int, code: str, detail: str | None = None
) -> None:
    """An error as every error is told: RFC 9457, with a stable code and nothing more."""
    assert answer.status_code == status, told(answer)
    assert answer.headers["content-type"] == "application/problem+json", told(answer)
    problem = answer.json()
    assert set(problem) - {"errors"} == {"type", "title", "status", "detail", "code"}
    assert (problem["status"], problem["code"]) == (status, code), problem
    assert problem["type"] == f"/docs#problem-{code}"
    if code == "validation_failed":
        assert problem["errors"], told(answer)
        assert all(set(error) == {"field", "message"} for error in problem["errors"])
    if detail is not None:
        assert problem["detail"] == detail
