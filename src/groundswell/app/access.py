"""Who may call, as whom, and how often."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any

from groundswell.access.addresses import TrustedProxies
from groundswell.access.api_keys import ApiKeys
from groundswell.access.authenticate import Authenticator
from groundswell.access.issuer import TokenIssuer
from groundswell.access.jwks import KeySet, fetch_from
from groundswell.access.limits import RateLimits, WindowsInMemory, parse_limits
from groundswell.access.principal import Principal
from groundswell.access.refresh import RefreshTokens
from groundswell.access.revocations import Revocations
from groundswell.access.signing import SigningKey
from groundswell.access.tokens import AccessTokens, signing_key
from groundswell.app.core import Core
from groundswell.contract import times
from groundswell.contract.errors import Unauthenticated
from groundswell.http.callers import Callers
from groundswell.http.refusals import AddressOf
from groundswell.realtime.credentials import Credentials
from groundswell.realtime.doors.showing import CredentialsOf, shown
from groundswell.realtime.grants import Grants
from groundswell.realtime.tickets import Tickets, TicketsInMemory
from groundswell.settings import Settings

Close = Callable[[], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class Access:
    """The parts that know callers, and what we sign with."""

    issuer: TokenIssuer
    keys: ApiKeys
    revocations: Revocations
    callers: Callers
    signing: SigningKey
    address_of: AddressOf

    async def verify(self, token: str, address: str) -> Credentials:
        """What a user's token, or an API key of the host, says, shown from an address.

        Raises:
            TokenExpired: its time is over.
            Unauthenticated: it does not count.
        """
        if self.keys.is_meant(token):
            await self.keys.verify(token, times.now())
            host = Principal("host", None, address, None)
            return Credentials(host, holds=partial(self._still_counts, token))
        claims = await self.issuer.verify(token, times.now())
        user = Principal("user", claims.user_id, address, claims.session_id, claims.scopes)
        return Credentials(
            user,
            grants=Grants.parse(claims.grants),
            issued_at=claims.issued_at,
            expires_at=claims.expires_at,
            client_id=claims.client_id,
        )

    async def _still_counts(self, key: str) -> bool:
        try:
            await self.keys.verify(key, times.now())
        except Unauthenticated:
            return False
        return True

    @property
    def credentials_of(self) -> CredentialsOf:
        """What a request shows: who calls, for how long, and for what."""
        return shown(self.callers.of, self.verify)


def access_of(core: Core) -> Access:
    """Who may call, and as whom."""
    settings, clock = core.settings, times.now
    key_set = KeySet(fetch_from(settings.jwks_url)) if settings.jwks_url else None
    jwt_secret = settings.jwt_secret.encode() or None
    key = signing_key(core.secret, jwt_secret, key_set is not None)
    refresh = RefreshTokens(core.store)
    revocations = Revocations(core.store, refresh, clock)
    issuer = TokenIssuer(AccessTokens(key, key_set), refresh, revocations)
    keys = ApiKeys(core.store, settings.api_key or None)
    authenticator = Authenticator(keys, issuer, TrustedProxies.parse(settings.trusted_proxies))
    return Access(
        issuer,
        keys,
        revocations,
        Callers(authenticator, clock),
        SigningKey(core.secret),
        authenticator.address,
    )


def limits_of(settings: Settings) -> tuple[RateLimits, Close]:
    """The rate limits, and what gives their connections back."""
    limits = parse_limits(settings.rate_limits)
    if not settings.redis_url:
        return RateLimits(limits, WindowsInMemory), _nothing
    # Needs the optional Redis client.
    from groundswell.access.redis_windows import RedisWindows  # noqa: PLC0415

    windows = RedisWindows(settings.redis_url)
    return RateLimits(limits, windows), windows.close


def tickets_of(settings: Settings, revocations: Revocations) -> tuple[Tickets, Close]:
    """The tickets to connect with, and what gives their connections back."""
    if not settings.redis_url:
        return Tickets(TicketsInMemory(times.now), is_revoked=revocations.__contains__), _nothing
    # Needs the optional Redis client.
    from groundswell.realtime.redis_tickets import TicketsInRedis  # noqa: PLC0415

    store = TicketsInRedis(settings.redis_url)
    return Tickets(store, is_revoked=revocations.__contains__), store.close


async def _nothing() -> None:
    """What is in memory needs no closing."""
