"""How a client of a door without a session stands: its token, its sign-in, its private topics."""

from __future__ import annotations

from collections.abc import Iterable, Set

from groundswell.access.tokens import TokenExpired
from groundswell.contract.errors import Forbidden, GroundswellError, Unauthenticated
from groundswell.contract.times import Clock
from groundswell.realtime.access import GrantEnded
from groundswell.realtime.codes import Code, UnsubscribeCode
from groundswell.realtime.credentials import Credentials
from groundswell.realtime.gateway.errors import Refused
from groundswell.realtime.gateway.rights import Rights, is_private
from groundswell.realtime.gateway.topic_replies import Unsubscribed
from groundswell.realtime.grants import NEVER


class Standing:
    """Whether what a client showed when it came still counts; asked before anything is told.

    Args:
        rights: who may hear what, now.
        credentials: what the client showed.
        clock: the time, by which tokens end.
    """

    def __init__(self, rights: Rights, credentials: Credentials, clock: Clock) -> None:
        self.credentials = credentials
        self._rights = rights
        self._clock = clock
        self._version = rights.version
        self._watched: frozenset[str] = frozenset()
        self._grants_end = NEVER

    def ended(self) -> Code | None:
        """Why nothing may be told any more, if so: the token is over, or its sign-in was ended."""
        if self._rights.revoked(self.credentials):
            return Code.REVOKED
        ends = self.credentials.expires_at
        return Code.TOKEN_EXPIRED if ends is not None and self._clock() >= ends else None

    def require(self) -> None:
        """Refuse whoever's token is over.

        Raises:
            TokenExpired: with a new token the same request succeeds.
            Unauthenticated: the sign-in was ended.
        """
        code = self.ended()
        if code is Code.TOKEN_EXPIRED:
            raise TokenExpired("The token has expired.")
        if code is not None:
            raise Unauthenticated("The sign-in was ended.")

    @property
    def is_current(self) -> bool:
        """Whether nothing has changed since the topics were decided on."""
        return self._version == self._rights.version and self._clock() < self._grants_end

    def holds(self, topics: Iterable[str]) -> None:
        """These topics are being admitted, or were just now, by the rights as they are."""
        self._version = self._rights.version
        self._watch({topic for topic in topics if is_private(topic) or self._end(topic) < NEVER})

    async def admit(self, topic: str) -> str:
        """The topic, if it exists and the client may hear it now.

        Raises:
            GroundswellError: as ``TopicAccess.admit``, and as ``require``.
        """
        self.require()
        return await self._rights.admit(topic, self.credentials)

    def may_page(self, topic: str) -> bool:
        """Whether the token is good for the past of an admitted topic too."""
        return self.credentials.grants.allow(topic, "history", self._clock())

    async def lost(self) -> dict[str, GroundswellError]:
        """The topics that may be heard no longer; of those that can be lost it is asked again.

        Raises:
            GroundswellError: it cannot be said now.
        """
        found = dict[str, GroundswellError]()
        while not self.is_current and self.ended() is None:
            version = self._rights.version
            for topic in sorted(self._watched - found.keys()):
                try:
                    await self._rights.admit(topic, self.credentials)
                except Forbidden as error:
                    found[topic] = error
                except Refused:
                    return found  # The sign-in was ended meanwhile, which ends everything.
            self._version = version
            self._watch(self._watched - found.keys())
        return found

    def _watch(self, topics: Set[str]) -> None:
        self._watched = frozenset(topics)
        self._grants_end = min(map(self._end, topics), default=NEVER)

    def _end(self, topic: str) -> int:
        return self.credentials.grants.until(topic)


def device_name(credentials: Credentials, client_id: str | None) -> str | None:
    """As which device a client comes: as it says, or as its token does.

    Raises:
        Forbidden: it says one, and its token is for another.
    """
    bound = credentials.client_id
    if bound is not None and client_id not in (None, bound):
        raise SubjectMismatch("The token is for another clientId.")
    return bound or client_id


class SubjectMismatch(Forbidden):
    """A token that is bound to one device was shown by another."""

    code = "subject_mismatch"


def permission_lost(topic: str, error: GroundswellError) -> Unsubscribed:
    """A topic was heard and may be no longer."""
    over = isinstance(error, GrantEnded)
    code = UnsubscribeCode.GRANT_EXPIRED if over else UnsubscribeCode.PERMISSION_LOST
    return Unsubscribed(topic=topic, code=int(code), reason=str(error), resubscribe=over)
