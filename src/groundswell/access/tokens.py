"""Access tokens: JSON Web Tokens (RFC 7519) that name a user for a quarter of an hour."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import jwt
import msgspec
from jwt.types import Options

from groundswell.access.derivation import MINIMUM_SECRET_BYTES, derive_key
from groundswell.access.identity import is_user_id
from groundswell.access.jwks import KeySet
from groundswell.access.terms import CLIENT_ID_PATTERN, Terms
from groundswell.contract import times
from groundswell.contract.errors import Conflict, Unauthenticated

AUDIENCE = "groundswell"
ACCESS_TOKEN_SECONDS = 15 * 60

_SYMMETRIC = "HS256"
_ASYMMETRIC = ("RS256", "ES256")
_LEEWAY = 30 * times.SECOND
"""How far the clocks of a foreign issuer and ours may differ."""

# Signature and audience are the library's; times are compared here, with the instant given.
_OPTIONS: Options = {
    "require": ["sub", "exp", "aud"],
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
}
_CLIENT_ID = re.compile(CLIENT_ID_PATTERN.removesuffix("$") + r"\Z")
_REMEMBERED_TOKENS = 8_192
_FARTHEST_SECOND = 1e11


class Claims(msgspec.Struct, frozen=True):
    """What a valid token says.

    Attributes:
        user_id: the ``sub`` claim.
        session_id: the ``sid`` claim, which all tokens of one sign-in share.
        token_id: the ``jti`` claim.
        scopes: the ``scopes`` claim.
        issued_at: the ``iat`` claim, microseconds.
        expires_at: the ``exp`` claim, microseconds; at this instant the token no longer counts.
        grants: the ``grants`` claim as it came, for those who decide on topics; None without one.
        client_id: the ``clientId`` claim, the only device that may connect with the token.
    """

    user_id: str
    session_id: str | None
    token_id: str | None
    scopes: frozenset[str]
    issued_at: int
    expires_at: int
    grants: Any = None
    client_id: str | None = None


class TokenExpired(Unauthenticated):
    """The token was valid once: with a new one the same request succeeds."""

    code = "token_expired"


def signing_key(root_secret: bytes, jwt_secret: bytes | None, has_key_set: bool) -> bytes | None:
    """The HS256 key: the one given, else derived; none where a key set verifies all tokens.

    Raises:
        ValueError: a secret has fewer than 32 bytes.
    """
    if jwt_secret is not None:
        if len(jwt_secret) < MINIMUM_SECRET_BYTES:
            raise ValueError(f"the JWT secret needs at least {MINIMUM_SECRET_BYTES} bytes")
        return jwt_secret
    return None if has_key_set else derive_key(root_secret, "groundswell/jwt")


class AccessTokens:
    """Signs and verifies access tokens.

    Args:
        key: the HS256 key; None if tokens are issued elsewhere only.
        key_set: public keys of another issuer, for RS256 and ES256.
    """

    def __init__(self, key: bytes | None, key_set: KeySet | None = None) -> None:
        self._key = key
        self._key_set = key_set
        self._verified: dict[str, Claims] = {}

    def issue(self, user_id: str, terms: Terms, session_id: str, now: int) -> str:
        """A signed token for the user.

        Raises:
            Conflict: tokens are issued by another system.
        """
        key = self.require_key()
        seconds = now // times.SECOND
        claims: dict[str, Any] = {
            "sub": user_id,
            "aud": AUDIENCE,
            "iat": seconds,
            "exp": seconds + ACCESS_TOKEN_SECONDS,
            "jti": uuid4().hex,
            "sid": session_id,
            "scopes": sorted(terms.scopes),
        }
        if terms.grants is not None:
            claims["grants"] = msgspec.to_builtins(terms.grants)
        if terms.client_id is not None:
            claims["clientId"] = terms.client_id
        return jwt.encode(claims, key, algorithm=_SYMMETRIC)

    def require_key(self) -> bytes:
        """The HS256 key.

        Raises:
            Conflict: tokens are issued by another system.
        """
        if self._key is None:
            raise Conflict("tokens_issued_elsewhere", "Another system issues the user tokens.")
        return self._key

    async def verify(self, token: str, now: int) -> Claims:
        """What the token says.

        Raises:
            TokenExpired: its time is over.
            Unauthenticated: it is malformed, not yet valid, or not signed by a known key.
        """
        claims = self._verified.get(token)
        if claims is None:
            claims = await self._decode(token, now)
            self._remember(token, claims)
        if now >= claims.expires_at:
            self._verified.pop(token, None)
            raise TokenExpired("The token has expired.")
        return claims

    async def _decode(self, token: str, now: int) -> Claims:
        key, algorithm = await self._key_of(token, now)
        try:
            found = jwt.decode(
                token, key, algorithms=[algorithm], audience=AUDIENCE, options=_OPTIONS
            )
        except jwt.InvalidSignatureError:
            raise Unauthenticated("The token is not signed by a known key.") from None
        except jwt.InvalidAudienceError:
            raise Unauthenticated(f"The token is not meant for {AUDIENCE!r}.") from None
        except jwt.MissingRequiredClaimError as error:
            raise Unauthenticated(f"The token has no {error.claim!r} claim.") from None
        except jwt.PyJWTError:
            raise Unauthenticated("The token is malformed.") from None
        return _read(found, now)

    async def _key_of(self, token: str, now: int) -> tuple[Any, str]:
        """The key that must have signed the token.

        An algorithm is only ever used with keys made for it, so a public key is never taken for a
        shared secret, and ``none`` never counts.
        """
        try:
            header = jwt.get_unverified_header(token)
        except jwt.PyJWTError:
            raise Unauthenticated("The token is malformed.") from None
        algorithm = header.get("alg")
        if algorithm == _SYMMETRIC and self._key is not None:
            return self._key, algorithm
        if algorithm in _ASYMMETRIC and self._key_set is not None:
            return await self._key_set.key(header.get("kid"), algorithm, now), algorithm
        raise Unauthenticated("The token's signature algorithm is not accepted.")

    def _remember(self, token: str, claims: Claims) -> None:
        """Decoding takes 25 µs, and a page sends the same token again and again."""
        if len(self._verified) >= _REMEMBERED_TOKENS:
            self._verified.clear()
        self._verified[token] = claims


def _read(found: dict[str, Any], now: int) -> Claims:
    """The claims, if each is what it should be."""
    if not is_user_id(found["sub"]):
        raise Unauthenticated("The token's subject is not a user id.")
    scopes = found.get("scopes", [])
    if not isinstance(scopes, list) or not all(isinstance(scope, str) for scope in scopes):
        raise Unauthenticated("The token's scopes are not a list of texts.")
    if _instant(found, "nbf", default=0) > now + _LEEWAY:
        raise Unauthenticated("The token is not valid yet.")
    return Claims(
        user_id=found["sub"],
        session_id=_text(found, "sid"),
        token_id=_text(found, "jti"),
        scopes=frozenset(scopes),
        issued_at=_instant(found, "iat", default=0),
        expires_at=_instant(found, "exp"),
        grants=found.get("grants"),
        client_id=_client_id(found),
    )


def _client_id(found: dict[str, Any]) -> str | None:
    client_id = _text(found, "clientId")
    if client_id is not None and not _CLIENT_ID.match(client_id):
        raise Unauthenticated("The token's 'clientId' claim is not a client id.")
    return client_id


def _instant(found: dict[str, Any], claim: str, default: int | None = None) -> int:
    """A NumericDate (seconds, perhaps with a fraction) in microseconds."""
    value: Any = found.get(claim, default)
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not -_FARTHEST_SECOND < value < _FARTHEST_SECOND:
        raise Unauthenticated(f"The token's {claim!r} claim is not a time.")
    return int(value * times.SECOND)


def _text(found: dict[str, Any], claim: str) -> str | None:
    value = found.get(claim)
    if value is not None and not isinstance(value, str):
        raise Unauthenticated(f"The token's {claim!r} claim is not a text.")
    return value
