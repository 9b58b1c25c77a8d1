"""Tokens over HTTP: the host asks for them, users renew and revoke them. And our public keys."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import ResponseSpec
from litestar.params import JSONBody

from groundswell.access.identity import MOST_SCOPES, SCOPE_PATTERN, USER_ID_PATTERN
from groundswell.access.issuer import TokenIssuer, TokenPair
from groundswell.access.principal import Principal
from groundswell.access.signing import PublicKeys, SigningKey
from groundswell.access.terms import ClientId, Terms, TopicGrants
from groundswell.contract.errors import Forbidden, Invalid, Unauthenticated
from groundswell.contract.times import Clock

Scope = Annotated[str, msgspec.Meta(pattern=SCOPE_PATTERN)]
_KEY_SET = "application/jwk-set+json"
RefreshToken = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class TokenRequest(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """For whom the host wants tokens, what they allow beyond what every user may do, and to what
    they are limited: to topics by ``grants``, to one device by ``clientId``."""

    user_id: Annotated[str, msgspec.Meta(pattern=USER_ID_PATTERN)]
    scopes: Annotated[list[Scope], msgspec.Meta(max_length=MOST_SCOPES)] = []
    grants: TopicGrants | None = None
    client_id: ClientId | None = None


class RefreshRequest(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """The refresh token to exchange."""

    refresh_token: RefreshToken


class RevokeRequest(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Whose session to end: that of a refresh token, or, for the host, all of a user."""

    refresh_token: RefreshToken | None = None
    user_id: Annotated[str, msgspec.Meta(pattern=USER_ID_PATTERN)] | None = None


@post("/", summary="Issue tokens for a user (host only)")
async def issue_tokens(
    data: JSONBody[TokenRequest],
    caller: NamedDependency[Principal],
    tokens: NamedDependency[TokenIssuer],
    clock: NamedDependency[Clock],
) -> TokenPair:
    """A pair of tokens for a new session of one of the host's users."""
    _require_host(caller)
    terms = Terms(frozenset(data.scopes), data.grants, data.client_id)
    return await tokens.issue(data.user_id, terms, clock())


@post("/refresh", summary="Exchange a refresh token")
async def refresh_tokens(
    data: JSONBody[RefreshRequest],
    tokens: NamedDependency[TokenIssuer],
    clock: NamedDependency[Clock],
) -> TokenPair:
    """The next pair of the session. Using a refresh token twice ends the session."""
    return await tokens.refresh(data.refresh_token, clock())


@post("/revoke", summary="End a session, or all sessions of a user", status_code=204)
async def revoke_tokens(
    data: JSONBody[RevokeRequest],
    caller: NamedDependency[Principal],
    tokens: NamedDependency[TokenIssuer],
    clock: NamedDependency[Clock],
) -> None:
    """End the session of a refresh token; one that is unknown is no error.

    The host can end all sessions of a user instead, with `userId`.
    """
    if (data.refresh_token is None) == (data.user_id is None):
        raise Invalid.at("refreshToken", "Give either refreshToken or userId")
    if data.refresh_token is not None:
        await tokens.revoke(data.refresh_token, clock())
    elif data.user_id is not None:
        _require_host(caller)
        await tokens.revoke_all(data.user_id, clock())


def token_routes(issuer: TokenIssuer, clock: Clock) -> Router:
    """The routes under ``/v1/tokens``; the application provides ``caller``."""
    return Router(
        "/v1/tokens",
        route_handlers=[issue_tokens, refresh_tokens, revoke_tokens],
        dependencies={
            "tokens": Provide(lambda: issuer, sync_to_thread=False),
            "clock": Provide(lambda: clock, sync_to_thread=False),
        },
        tags=["tokens"],
    )


def key_routes(signing: SigningKey) -> list[HTTPRouteHandler]:
    """The public keys of what this service signs, where programs look for them."""
    body = msgspec.json.encode(PublicKeys([signing.public]))
    headers = {"cache-control": "public, max-age=3600"}

    @get(
        "/.well-known/jwks.json",
        summary="The keys that verify signed events",
        responses={
            200: ResponseSpec(PublicKeys, description="A JWK Set (RFC 7517).", media_type=_KEY_SET)
        },
        tags=["tokens"],
        sync_to_thread=False,
    )
    def public_keys() -> Response[bytes]:
        """The public keys of event signatures. They can be kept: a new key has a new `kid`."""
        return Response(body, media_type=_KEY_SET, headers=headers)

    return [public_keys]


def _require_host(caller: Principal) -> None:
    if caller.kind == "visitor":
        raise Unauthenticated("This needs an API key.")
    if caller.kind != "host":
        raise Forbidden("Only the host application may do this.")
