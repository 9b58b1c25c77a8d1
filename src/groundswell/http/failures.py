"""What Litestar's handlers and Litestar itself raise, answered as problems."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.params import ParameterKwarg, PathParameter
from litestar.types import ExceptionHandlersMap, Scope, Send
from litestar.typing import FieldDefinition

from groundswell.contract.errors import FieldError, GroundswellError
from groundswell.contract.tracebacks import forget_frames
from groundswell.http.decoding import camel, field_error, invalid
from groundswell.http.problems import (
    PROBLEM_JSON,
    Problem,
    headers_of,
    problem_of,
    problem_of_status,
)
from groundswell.http.refusals import note

_log = structlog.get_logger("groundswell.http")
_MISSING_PARAMETER = re.compile(r"^Missing required \w+ parameter '([^']+)'")
_BODY = "data"
_encoder = msgspec.json.Encoder()


def exception_handlers() -> ExceptionHandlersMap:
    """The handlers to give to Litestar."""
    return {
        GroundswellError: _answer_known,
        HTTPException: _answer_framework,
        Exception: _answer_unexpected,
    }


def encode_problem(problem: Problem) -> bytes:
    """The problem as JSON."""
    return _encoder.encode(problem)


async def send_error(scope: Scope, send: Send, error: GroundswellError) -> None:
    """Answer with the problem of a known error where no framework is at hand."""
    if error.kind == "internal":
        report_unexpected(error)
    await refuse(scope, send, problem_of(error), headers_of(error))


async def refuse(
    scope: Scope, send: Send, problem: Problem, extra: Mapping[str, str] | None = None
) -> None:
    """Answer with a problem that is noted as a refusal."""
    note(scope, problem)
    await send_problem(send, problem, extra)


async def send_problem(
    send: Send, problem: Problem, extra: Mapping[str, str] | None = None
) -> None:
    """Answer with a problem where no framework is at hand."""
    body = encode_problem(problem)
    headers = [
        (b"content-type", PROBLEM_JSON.encode()),
        (b"content-length", str(len(body)).encode()),
        *((name.encode(), value.encode()) for name, value in (extra or {}).items()),
    ]
    await send({"type": "http.response.start", "status": problem.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def report_unexpected(error: BaseException) -> None:
    """Log an error nobody foresaw; the bound request id leads to it."""
    _log.error("request_failed", error=type(error).__name__, exc_info=error)


def _answer(
    request: Request[Any, Any, Any], problem: Problem, headers: dict[str, str]
) -> Response[bytes]:
    note(request.scope, problem)
    return Response(
        encode_problem(problem),
        status_code=problem.status,
        media_type=PROBLEM_JSON,
        headers=headers,
    )


def _answer_known(request: Request[Any, Any, Any], error: GroundswellError) -> Response[bytes]:
    if error.kind == "internal":
        report_unexpected(error)
    return _answer(request, problem_of(error), headers_of(error))


def _answer_unexpected(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    report_unexpected(error)
    return _answer(request, problem_of_status(500), {})


def _answer_framework(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    status = error.status_code
    if status >= 500 and status != 503:
        return _answer_unexpected(request, error)
    # Of each wrong parameter the framework keeps an error that holds itself.
    forget_frames(error)
    if status == 400 and (fields := _fields(request, error)):
        return _answer(request, problem_of(invalid(*fields)), {})
    headers = dict(error.headers or {})
    if status == 401:
        headers["www-authenticate"] = "Bearer"
    return _answer(request, problem_of_status(status), headers)


def _fields(request: Request[Any, Any, Any], error: HTTPException) -> list[FieldError]:
    if missing := _MISSING_PARAMETER.match(error.detail):
        return [FieldError(missing[1], "Missing required parameter")]
    if not isinstance(error.extra, list):
        return []
    return [_parameter_error(request, entry) for entry in error.extra]


def _parameter_error(request: Request[Any, Any, Any], entry: dict[str, str]) -> FieldError:
    """One entry of Litestar's list: a body that is absent, or a path or query value."""
    name = entry.get("key", "")
    if name == _BODY or entry.get("source") == "body":
        absent = entry["message"] == f"'{_BODY}'"
        found = FieldError("body", "Missing required body") if absent else None
        return found or field_error(entry["message"], field="" if name == _BODY else name)
    declared = request.route_handler.parsed_fn_signature.parameters.get(name)
    message = entry["message"].removesuffix(", got `str`")
    return field_error(message, declared and declared.annotation, _name(name, declared))


def _name(name: str, declared: FieldDefinition | None) -> str:
    """A parameter under the name that clients know: its declared one, and camelCase in a path."""
    kind = declared.kwarg_definition if declared else None
    if isinstance(kind, PathParameter):
        return camel(name)
    return (kind.name if isinstance(kind, ParameterKwarg) else None) or name
