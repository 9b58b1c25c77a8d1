"""Who is let in: where a new session comes from, and whose it is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from groundswell.access.principal import Principal
from groundswell.contract.errors import GroundswellError
from groundswell.http.asgi import Scope
from groundswell.http.problems import problem_of
from groundswell.realtime.doors.socketio.engine.handshake import (
    FORBIDDEN,
    TOKEN_IN_ADDRESS,
    Refusal,
    carries_token,
)
from groundswell.realtime.doors.socketio.engine.origins import Origins, origin_of
from groundswell.realtime.doors.socketio.engine.server import Accept
from groundswell.realtime.doors.socketio.engine.session import Application, Session

CallerOf = Callable[[Scope], Awaitable[Principal]]
Serve = Callable[[Session, Principal, str | None], Application]
"""What is spoken over a new session of this caller, whose page has this origin."""


class Reception:
    """Looks at the request that opens a session."""

    def __init__(self, caller_of: CallerOf, serve: Serve, origins: Origins) -> None:
        self._caller_of = caller_of
        self._serve = serve
        self._origins = origins

    async def admit(self, scope: Scope, fields: Mapping[str, str]) -> Accept | Refusal:
        """What makes the application of the new session, or why there is none."""
        if carries_token(fields):
            return TOKEN_IN_ADDRESS
        if not self._origins.admit(scope):
            return FORBIDDEN
        try:
            caller = await self._caller_of(scope)
        except GroundswellError as error:
            return Refusal(problem_of(error).status, FORBIDDEN.code, str(error))
        origin = origin_of(scope)
        return lambda session: self._serve(session, caller, origin)
