"""The four busiest writes as plain ASGI, in front of the framework.

Half of the cost of a small request is a framework's routing, injection and serialization. Votes,
plays, downloads and views are recognized here by their path and answered through the same actions
as the documented routes. Only requests of the ordinary shape are taken; whatever is unusual goes
on to the framework, which words its errors.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any, cast

import msgspec

from groundswell.access.principal import Principal
from groundswell.contract.errors import GroundswellError
from groundswell.domains.engagement.actions import Actions
from groundswell.domains.engagement.bodies import Occurrence, Play, Vote, instant
from groundswell.http.asgi import ASGIApp, Receive, Scope, ScopeType, Send
from groundswell.http.body import DEFAULT_BODY_LIMIT, read_body
from groundswell.http.callers import Callers
from groundswell.http.decoding import decode_json
from groundswell.http.failures import report_unexpected, send_error, send_problem
from groundswell.http.headers import header
from groundswell.http.problems import problem_of_status

_ID_DIGITS = 18
_PATH = re.compile(rf"/v1/media/([1-9][0-9]{{0,{_ID_DIGITS - 1}}})/(vote|plays|downloads|views)")
_PREFIX = "/v1/media/"
_JSON = b"application/json"
_encode = msgspec.json.Encoder().encode

Perform = Callable[[Principal, int, bytes], Awaitable[Any]]


class HotRoutes:
    """Answers the busiest writes itself and passes everything else on.

    Args:
        app: the framework's application.
        callers: who calls.
        actions: what is done.
        body_limit: the most bytes a body may have.
    """

    def __init__(
        self,
        app: ASGIApp,
        callers: Callers,
        actions: Actions,
        *,
        body_limit: int = DEFAULT_BODY_LIMIT,
    ) -> None:
        self._app = app
        self._callers = callers
        self._actions = actions
        self._body_limit = body_limit
        self._performs: dict[tuple[str, str], tuple[Perform, int]] = {
            ("PUT", "vote"): (self._vote, 200),
            ("POST", "plays"): (self._play, 201),
            ("POST", "downloads"): (self._download, 201),
            ("POST", "views"): (self._view, 201),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on."""
        if scope["type"] == ScopeType.HTTP and scope["path"].startswith(_PREFIX):
            match = _PATH.fullmatch(scope["path"])
            if match is not None and _is_ordinary(scope):
                found = self._performs.get((scope["method"], match[2]))
                if found is not None:
                    kept = cast("dict[str, Any]", scope)
                    kept["path_template"] = f"/v1/media/{{media_file_id}}/{match[2]}"
                    await self._answer(scope, receive, send, int(match[1]), *found)
                    return
        await self._app(scope, receive, send)

    async def _answer(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        media_file_id: int,
        perform: Perform,
        status: int,
    ) -> None:
        try:
            caller = await self._callers.of(scope)
            sent = await read_body(scope, receive, self._body_limit)
            answer = _encode(await perform(caller, media_file_id, sent))
        except GroundswellError as error:
            cast("dict[str, Any]", scope)["path_params"] = {"media_file_id": media_file_id}
            await send_error(scope, send, error)
        except Exception as error:
            report_unexpected(error)
            await send_problem(send, problem_of_status(500))
        else:
            headers = [
                (b"content-type", _JSON),
                (b"content-length", b"%d" % len(answer)),
            ]
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": answer, "more_body": False})

    async def _vote(self, caller: Principal, media_file_id: int, sent: bytes) -> Any:
        vote: Vote = decode_json(sent, Vote)
        return await self._actions.vote(caller, media_file_id, vote.vote_type)

    async def _play(self, caller: Principal, media_file_id: int, sent: bytes) -> Any:
        told: Play | None = decode_json(sent, Play | None) if sent else None
        play = told or Play()
        return await self._actions.play(
            caller,
            media_file_id,
            play_duration=play.play_duration,
            occurred_at=instant(play.occurred_at, "occurredAt"),
        )

    async def _download(self, caller: Principal, media_file_id: int, sent: bytes) -> Any:
        at = _occurred(sent)
        return await self._actions.download(caller, media_file_id, occurred_at=at)

    async def _view(self, caller: Principal, media_file_id: int, sent: bytes) -> Any:
        return await self._actions.view(caller, media_file_id, occurred_at=_occurred(sent))


def _occurred(sent: bytes) -> int | None:
    if not sent:
        return None
    told: Occurrence | None = decode_json(sent, Occurrence | None)
    at: int | None = None if told is None else instant(told.occurred_at, "occurredAt")
    return at


def _is_ordinary(scope: Scope) -> bool:
    """JSON or nothing, without an Idempotency-Key and not from a page of another origin."""
    kind = header(scope, b"content-type")
    return (
        (kind is None or kind == _JSON)
        and header(scope, b"idempotency-key") is None
        and header(scope, b"origin") is None
    )
