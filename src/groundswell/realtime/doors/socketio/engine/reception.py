"""Who is let in: where a new session comes from, and whose it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from groundswell.contract.errors import GroundswellError
from groundswell.http.asgi import Scope
from groundswell.http.headers import carries_bearer
from groundswell.http.problems import problem_of
from groundswell.realtime.credentials import Credentials
from groundswell.realtime.doors.showing import CredentialsOf
from groundswell.realtime.doors.socketio.engine.handshake import (
    FORBIDDEN,
    TOKEN_IN_ADDRESS,
    Refusal,
    carries_token,
)
from groundswell.realtime.doors.socketio.engine.origins import Origins, origin_of
from groundswell.realtime.doors.socketio.engine.server import Accept
from groundswell.realtime.doors.socketio.engine.session import Application, Session

Serve = Callable[[Session, Credentials, str | None], Application]
"""What is spoken over a new session of this caller, whose page has this origin."""


class Reception:
    """Looks at the request that opens a session."""

    def __init__(self, credentials_of: CredentialsOf, serve: Serve, origins: Origins) -> None:
        self._credentials_of = credentials_of
        self._serve = serve
        self._origins = origins

    async def admit(self, scope: Scope, fields: Mapping[str, str]) -> Accept | Refusal:
        """What makes the application of the new session, or why there is none."""
        if carries_token(fields):
            return TOKEN_IN_ADDRESS
        if not self._origins.admit(scope):
            return FORBIDDEN
        try:
            caller = await self._credentials_of(scope)
        except GroundswellError as error:
            return Refusal(problem_of(error).status, FORBIDDEN.code, str(error))
        origin = origin_of(scope)

        def accept(session: Session) -> Application:
            session.owner = caller.user_id
            return self._serve(session, caller, origin)

        return accept

    async def recognises(self, session: Session, scope: Scope) -> bool:
        """Whether a request may go on with a session that another one opened.

        Its id is a secret, but ids stand in addresses, and those in logs: whoever shows a token
        must be the one that opened it. Most clients show theirs once, inside the session.
        """
        if not carries_bearer(scope):
            return True
        try:
            return (await self._credentials_of(scope)).user_id == session.owner
        except GroundswellError:
            return False
