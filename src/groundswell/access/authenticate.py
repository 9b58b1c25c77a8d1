"""From what a request shows to who is calling."""

from __future__ import annotations

from groundswell.access.addresses import (
    InvalidAddress,
    TrustedProxies,
    canonical,
    client_address,
)
from groundswell.access.api_keys import ApiKeys
from groundswell.access.identity import valid_user_id
from groundswell.access.issuer import TokenIssuer
from groundswell.access.principal import Principal
from groundswell.contract.errors import Forbidden, Invalid, Unauthenticated

USER_HEADER = "Groundswell-User"
"""Names the user for whom the host acts."""

ADDRESS_HEADER = "Groundswell-Address"
"""The address of the user or visitor for whom the host acts."""

_SCHEME = "bearer"


class Authenticator:
    """Ties keys, tokens and addresses together.

    Args:
        keys: of the host application.
        tokens: of its users.
        trusted: the proxies whose ``X-Forwarded-For`` is believed.
    """

    def __init__(self, keys: ApiKeys, tokens: TokenIssuer, trusted: TrustedProxies) -> None:
        self._keys = keys
        self._tokens = tokens
        self._trusted = trusted

    async def authenticate(
        self,
        authorization: str | None,
        peer: str | None,
        forwarded_for: str | None,
        session_id: str | None,
        now: int,
        *,
        acting_user: str | None = None,
        acting_address: str | None = None,
    ) -> Principal:
        """Who is calling. Without credentials a visitor; wrong ones never make a visitor.

        Args:
            authorization: the header of that name.
            peer: the other end of the connection; None for a Unix socket.
            forwarded_for: the ``X-Forwarded-For`` headers, joined by commas.
            session_id: of the visitor's cookie.
            now: the instant of the request.
            acting_user: the ``Groundswell-User`` header.
            acting_address: the ``Groundswell-Address`` header.

        Raises:
            Unauthenticated: the credentials are malformed, wrong, expired or revoked.
            Forbidden: somebody other than the host wants to act for another.
            Invalid: the host names an impossible user or address.
        """
        address = self.address(peer, forwarded_for)
        credential = None if authorization is None else _bearer(authorization)
        if credential is not None and self._keys.is_meant(credential):
            key_id = await self._keys.verify(credential, now)
            return _host(key_id, address, session_id, acting_user, acting_address)
        if acting_user is not None or acting_address is not None:
            raise Forbidden("Only the host application may act for another.")
        if credential is None:
            return Principal("visitor", None, address, session_id)
        claims = await self._tokens.verify(credential, now)
        session = claims.session_id or session_id
        return Principal("user", claims.user_id, address, session, claims.scopes)

    def address(self, peer: str | None, forwarded_for: str | None) -> str:
        """The canonical address of a client; see ``authenticate``.

        Raises:
            InvalidAddress: the peer is not an address.
        """
        hops = () if forwarded_for is None else (forwarded_for,)
        return client_address(peer, hops, self._trusted)


def _host(
    key_id: str,
    address: str,
    session_id: str | None,
    acting_user: str | None,
    acting_address: str | None,
) -> Principal:
    """The host itself, or the one for whom it acts, with no more rights than that one has."""
    if acting_address is not None:
        address = _given_address(acting_address)
    if acting_user is not None:
        user_id = valid_user_id(acting_user, USER_HEADER)
        return Principal("user", user_id, address, session_id)
    if acting_address is not None:
        return Principal("visitor", None, address, session_id)
    return Principal("host", None, address, session_id, key_id=key_id)


def _given_address(text: str) -> str:
    try:
        return canonical(text)
    except InvalidAddress:
        raise Invalid.at(ADDRESS_HEADER, "must be an IPv4 or IPv6 address") from None


def _bearer(authorization: str) -> str:
    scheme, _, credential = authorization.strip().partition(" ")
    if scheme.lower() != _SCHEME or not credential.strip():
        raise Unauthenticated("The Authorization header must be 'Bearer' and a token or key.")
    return credential.strip()
