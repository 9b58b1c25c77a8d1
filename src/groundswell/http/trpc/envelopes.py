"""What tRPC clients read: ``{"result": …}`` or ``{"error": …}``, and the status of a batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from groundswell.contract.errors import FieldError, GroundswellError
from groundswell.http.problems import Problem, headers_of, problem_of, problem_of_status

MIXED_STATUS = 207

# The names and JSON-RPC numbers that tRPC gives to the HTTP statuses this service uses.
_CODES: dict[int, tuple[str, int]] = {
    400: ("BAD_REQUEST", -32600),
    401: ("UNAUTHORIZED", -32001),
    403: ("FORBIDDEN", -32003),
    404: ("NOT_FOUND", -32004),
    405: ("METHOD_NOT_SUPPORTED", -32005),
    409: ("CONFLICT", -32009),
    413: ("PAYLOAD_TOO_LARGE", -32013),
    415: ("UNSUPPORTED_MEDIA_TYPE", -32015),
    429: ("TOO_MANY_REQUESTS", -32029),
    500: ("INTERNAL_SERVER_ERROR", -32603),
    503: ("SERVICE_UNAVAILABLE", -32603),
}
_UNREADABLE = "malformed_body"
_PARSE_ERROR = ("PARSE_ERROR", -32700)


class ErrorData(msgspec.Struct, rename="camel", frozen=True, omit_defaults=True):
    """``code``, ``httpStatus`` and ``path`` are tRPC's; ``problem`` and ``errors`` are ours."""

    code: str
    http_status: int
    problem: str
    path: str | None = None
    errors: list[FieldError] | None = None
    retry_after: int | None = None


class ErrorShape(msgspec.Struct, frozen=True):
    """An error as tRPC tells it."""

    message: str
    code: int
    data: ErrorData


class Answer(msgspec.Struct, frozen=True):
    """The outcome of one call: what to send, and which status it has alone.

    ``problem`` is what went wrong, in words that repeat nothing of the call.
    """

    status: int
    body: dict[str, Any]
    retry_after: int | None = None
    problem: Problem | None = None


def result(data: Any) -> Answer:
    """The answer of a call that succeeded."""
    return Answer(200, {"result": {"data": data}})


def failure(error: GroundswellError, path: str | None) -> Answer:
    """The answer of a call that ended with a known error."""
    seconds = headers_of(error).get("retry-after")
    return _failure(problem_of(error), path, None if seconds is None else int(seconds))


def failure_of_status(status: int, path: str | None, message: str | None = None) -> Answer:
    """The answer of a call that failed in the protocol itself, or in a way nobody foresaw."""
    problem = problem_of_status(status)
    told = problem if message is None else msgspec.structs.replace(problem, detail=message)
    return msgspec.structs.replace(_failure(told, path, None), problem=problem)


def status_of(answers: Sequence[Answer]) -> int:
    """The status of a response: the calls' own if they agree, else 207."""
    statuses = {answer.status for answer in answers}
    return statuses.pop() if len(statuses) == 1 else MIXED_STATUS


def _failure(problem: Problem, path: str | None, retry_after: int | None) -> Answer:
    fallback = _CODES[500 if problem.status >= 500 else 400]
    name, number = _CODES.get(problem.status, fallback)
    if problem.code == _UNREADABLE:
        name, number = _PARSE_ERROR
    data = ErrorData(name, problem.status, problem.code, path, problem.errors, retry_after)
    shape = ErrorShape(problem.detail, number, data)
    return Answer(problem.status, {"error": shape}, retry_after, problem)
