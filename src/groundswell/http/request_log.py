"""A request id for every request, and one log line when it is done.

The line has the route's template, never the path, the query, an address or a token.
"""

from __future__ import annotations

import re
import secrets
from itertools import count
from time import perf_counter

import structlog
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bind_contextvars, reset_contextvars

from groundswell.http.failures import report_unexpected, send_problem
from groundswell.http.headers import header
from groundswell.http.problems import problem_of_status
from groundswell.http.refusals import UNMATCHED, Refusals

_log = structlog.get_logger("groundswell.requests")
_SANE_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")


class RequestLog:
    """Outermost ASGI middleware: names the request, logs it, and answers what nobody caught.

    ``log_requests`` says whether every request is logged or only those that fail (5xx);
    ``refusals`` tells what was refused.
    """

    def __init__(
        self, app: ASGIApp, *, log_requests: bool = True, refusals: Refusals | None = None
    ) -> None:
        self._app = app
        self._refusals = refusals
        self._log_requests = log_requests
        # Unique across processes by the first half, within one by the second; nobody guards it.
        self._process = secrets.token_hex(4)
        self._numbers = count()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on under its id."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        request_id = _given_id(scope) or self._next_id()
        bound = bind_contextvars(request_id=request_id.decode())
        started = perf_counter()
        status = 0

        async def send_named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id)]
            await send(message)

        try:
            await self._app(scope, receive, send_named)
        except Exception as error:
            report_unexpected(error)
            if status:
                raise
            await send_problem(send_named, problem_of_status(500))
        finally:
            if self._log_requests or status >= 500:
                _write(scope, status, perf_counter() - started)
            if self._refusals is not None:
                await self._refusals.answered(scope, status, request_id.decode())
            reset_contextvars(**bound)

    def _next_id(self) -> bytes:
        return f"{self._process}{next(self._numbers) & 0xFFFFFFFF:08x}".encode()


def _given_id(scope: Scope) -> bytes | None:
    sent = header(scope, b"x-request-id")
    return sent if sent is not None and _SANE_ID.fullmatch(sent) else None


def _write(scope: Scope, status: int, seconds: float) -> None:
    _log.info(
        "request",
        method=scope.get("method"),
        route=scope.get("path_template") or UNMATCHED,
        status=status,
        ms=round(seconds * 1000, 2),
    )
