"""What a connection has shown: who it is, for how long, and what its token is limited to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec

from groundswell.access.principal import Principal
from groundswell.realtime.grants import EVERYTHING, Grants


class Credentials(msgspec.Struct, frozen=True):
    """Who somebody is, as a request or a token showed it.

    Attributes:
        principal: the visitor, the user, or the host.
        grants: what the token is limited to.
        issued_at: when the token was issued, microseconds; None without a token.
        expires_at: when the token ends, microseconds; None: never.
        client_id: the only client id the token may be used with; None: any.
        holds: says whether the host's key still counts; None: it is not asked.
    """

    principal: Principal
    grants: Grants = EVERYTHING
    issued_at: int | None = None
    expires_at: int | None = None
    client_id: str | None = None
    holds: Callable[[], Awaitable[bool]] | None = None

    @property
    def user_id(self) -> str | None:
        """The signed-in user."""
        return self.principal.user_id

    @property
    def session_id(self) -> str | None:
        """The sign-in the token belongs to; revoking it ends all that rests on it."""
        return self.principal.session_id
