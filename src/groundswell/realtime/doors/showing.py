"""What a request shows: who asks, until when that counts, and what it is limited to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from litestar.types import Scope

from groundswell.access.principal import Principal
from groundswell.http.headers import carries_bearer, header
from groundswell.realtime.credentials import Credentials

CallerOf = Callable[[Scope], Awaitable[Principal]]
"""Who makes a request. Raises Unauthenticated."""

VerifyToken = Callable[[str, str], Awaitable[Credentials]]
"""What a user's token, or the host's key, says, shown from an address. Raises Unauthenticated."""

CredentialsOf = Callable[[Scope], Awaitable[Credentials]]
"""Who a request shows, a visitor without credentials. Raises Unauthenticated."""


def shown(caller_of: CallerOf, verify_token: VerifyToken) -> CredentialsOf:
    """Who is calling, and when a user's own token ends.

    The host's key has no end, and neither has what the host does for a user it names.
    """

    async def credentials_of(scope: Scope) -> Credentials:
        caller = await caller_of(scope)
        token = _token(scope)
        if caller.kind == "visitor" or token is None or header(scope, b"groundswell-user"):
            return Credentials(caller)
        return await verify_token(token, caller.address)

    return credentials_of


def _token(scope: Scope) -> str | None:
    if not carries_bearer(scope):
        return None
    value = header(scope, b"authorization") or b""
    return value.decode("latin-1").partition(" ")[2].strip()
