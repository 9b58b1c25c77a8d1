"""Who may hear what: decided when subscribing, and again whenever something about it changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from groundswell.contract.ids import Topic
from groundswell.realtime.codes import Code
from groundswell.realtime.credentials import Credentials
from groundswell.realtime.gateway.errors import Refused
from groundswell.realtime.grants import Action, Grants
from groundswell.realtime.topics import Viewer, kind_of

IsRevoked = Callable[[str | None], bool]


class Admit(Protocol):
    """Decides on a topic by its name, the viewer and the grants of the viewer's token."""

    async def __call__(self, text: str, viewer: Viewer, grants: Grants, action: Action, /) -> Topic:
        """The topic.

        Raises:
            GroundswellError: there is no such topic, or not for this viewer.
        """
        ...


class Rights:
    """The rights as they are now, and their version.

    ``version`` grows whenever something changed that a decision may rest on: a block, a membership,
    a privacy setting. Comparing it is all that a delivery costs while nothing changes.
    """

    def __init__(self, admit: Admit, is_revoked: IsRevoked) -> None:
        self._admit = admit
        self._is_revoked = is_revoked
        self.version = 0

    def changed(self) -> None:
        """Decide again on everything, each subscription when it next has something to tell."""
        self.version += 1

    def revoked(self, credentials: Credentials) -> bool:
        """Whether the sign-in behind the credentials was ended."""
        return credentials.session_id is not None and self._is_revoked(credentials.session_id)

    async def admit(
        self, text: str, credentials: Credentials, action: Action = "subscribe"
    ) -> Topic:
        """The topic, if it may be heard.

        Raises:
            Refused: the sign-in was ended.
            GroundswellError: there is no such topic, or not for them.
        """
        if self.revoked(credentials):
            raise Refused(Code.REVOKED, "The sign-in was ended.")
        return await self._admit(text, credentials, credentials.grants, action)


class _Nobody:
    user_id: str | None = None


def is_private(topic: str) -> bool:
    """Whether somebody without credentials may not hear the topic."""
    return not kind_of(topic).admits(topic, _Nobody())
