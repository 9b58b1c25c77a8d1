"""PUBLISH: what a user did, several things in one message, each answered under its key."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from groundswell.contract.errors import Forbidden
from groundswell.realtime.codes import Code
from groundswell.realtime.credentials import Credentials
from groundswell.realtime.gateway.device_replies import ActionDone, ActionRefused, Result
from groundswell.realtime.gateway.errors import Refused, refusal_of
from groundswell.realtime.gateway.frames import Action, Publish
from groundswell.realtime.gateway.refusals import error_body
from groundswell.realtime.gateway.reply import or_unset

if TYPE_CHECKING:
    from groundswell.realtime.gateway.connection import Connection

Act = Callable[[Credentials, Action], Awaitable[str | None]]
"""Does what a client reports, once for each of its keys; answers the id of what came of it.

Raises ``ActionNotAllowed`` for what may not be reported, and other errors as they come.
"""


class ActionNotAllowed(Forbidden):
    """Clients may not report this."""

    code = "action_not_allowed"


async def publish(connection: Connection, frame: Publish) -> None:
    """Do all that is reported, in order; one refused action fails no other.

    Raises:
        Refused: nothing can be reported here, or there is too much of it.
    """
    shared = connection.shared
    if shared.act is None:
        raise Refused(Code.NOT_AVAILABLE, "This server takes no actions here.")
    most = shared.limits.publish_batch
    if not 0 < len(frame.messages) <= most:
        raise Refused(Code.BAD_REQUEST, f"One PUBLISH has 1 to {most} messages.")
    results: dict[str, ActionDone | ActionRefused] = {}
    for action in frame.messages:
        if action.key not in results:
            results[action.key] = await _done(connection, shared.act, action)
    connection.reply(Result(ref=or_unset(frame.ref), results=results))


async def _done(connection: Connection, act: Act, action: Action) -> ActionDone | ActionRefused:
    credentials = connection.session.credentials
    try:
        if connection.expired():
            raise Refused(Code.TOKEN_EXPIRED, "The token has expired.")
        if connection.shared.rights.revoked(credentials):
            raise Refused(Code.REVOKED, "The sign-in was ended.")
        return ActionDone(id=or_unset(await act(credentials, action)))
    except Exception as error:
        refused = refusal_of(error)
        if refused.code is Code.INTERNAL:
            raise
        return ActionRefused(error=error_body(refused))
