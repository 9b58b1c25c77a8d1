"""What the host asks for and what users exchange: pairs of an access and a refresh token."""

from __future__ import annotations

import msgspec

from groundswell.access.identity import valid_scopes, valid_user_id
from groundswell.access.refresh import Grant, RefreshTokenReused, RefreshTokens
from groundswell.access.revocations import Revocations
from groundswell.access.terms import Terms
from groundswell.access.tokens import ACCESS_TOKEN_SECONDS, AccessTokens, Claims
from groundswell.contract.errors import Unauthenticated


class TokenPair(msgspec.Struct, frozen=True, rename="camel"):
    """An access token, the refresh token that follows it, and the seconds the first one lives."""

    access_token: str
    refresh_token: str
    expires_in: int


class TokenIssuer:
    """Issues, renews, revokes and verifies the tokens of users."""

    def __init__(
        self, access: AccessTokens, refresh: RefreshTokens, revocations: Revocations
    ) -> None:
        self._access = access
        self._refresh = refresh
        self._revocations = revocations

    async def issue(self, user_id: str, terms: Terms, now: int) -> TokenPair:
        """Tokens for a new session of the user.

        Raises:
            Invalid: the id or a scope is not well formed.
            Conflict: tokens are issued by another system.
        """
        self._access.require_key()
        user = valid_user_id(user_id)
        valid_scopes(terms.scopes)
        return self._pair(await self._refresh.start(user, terms, now), now)

    async def refresh(self, refresh_token: str, now: int) -> TokenPair:
        """The next pair of the session; the token given is used up.

        Raises:
            Unauthenticated: the token is not valid; if it was used before, the session ends.
            Conflict: tokens are issued by another system.
        """
        self._access.require_key()
        try:
            return self._pair(await self._refresh.rotate(refresh_token, now), now)
        except RefreshTokenReused as error:
            self._revocations.add(error.session_id, now)
            raise

    async def revoke(self, refresh_token: str, now: int) -> None:
        """End the session of the token; an unknown token is no error (RFC 7009, section 2.2)."""
        session_id = await self._refresh.revoke(refresh_token, now)
        if session_id is not None:
            self._revocations.add(session_id, now)

    async def revoke_all(self, user_id: str, now: int) -> None:
        """End all sessions of a user.

        Raises:
            Invalid: that is no user id.
        """
        for session_id in await self._refresh.revoke_all(valid_user_id(user_id), now):
            self._revocations.add(session_id, now)

    async def verify(self, access_token: str, now: int) -> Claims:
        """What a valid access token says.

        Raises:
            Unauthenticated: it is malformed, expired, revoked, or not signed by a known key.
        """
        claims = await self._access.verify(access_token, now)
        if claims.session_id in self._revocations:
            raise Unauthenticated("The token was revoked.")
        return claims

    def _pair(self, grant: Grant, now: int) -> TokenPair:
        access = self._access.issue(grant.user_id, grant.terms, grant.session_id, now)
        return TokenPair(access, grant.refresh_token, ACCESS_TOKEN_SECONDS)
