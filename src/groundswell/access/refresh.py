"""Refresh tokens: opaque, good for one use, and a whole family dies when one is used twice.

Whoever steals a refresh token competes with its owner. The second of the two to use it shows a
token that was rotated already, and the session ends for both (RFC 9700, section 4.14.2).
"""

from __future__ import annotations

import secrets
from hashlib import sha256
from typing import Any
from uuid import uuid4

import msgspec

from groundswell.access.terms import Terms, TopicGrants
from groundswell.contract import times
from groundswell.contract.errors import Unauthenticated
from groundswell.store import Statement, Store, Transaction

REFRESH_TOKEN_LIFE = 30 * times.DAY

_PREFIX = "gsr_"
_SECRET_BYTES = 32
_REFUSED = "The refresh token is not valid."

START = Statement(
    """INSERT INTO token_sessions
    (session_id, user_id, scopes, grants, client_id, created_at, expires_at)
    VALUES (:session_id, :user_id, :scopes, :grants, :client_id, :now, :expires_at)"""
)
ADD = Statement(
    """INSERT INTO refresh_tokens (token_hash, session_id, created_at, expires_at)
    VALUES (:token_hash, :session_id, :now, :expires_at)"""
)
# Of two uses at the same moment one finds the row already rotated.
ROTATE = Statement(
    """UPDATE refresh_tokens SET rotated_at = :now
    WHERE token_hash = :token_hash AND rotated_at IS NULL AND expires_at > :now
    RETURNING session_id"""
)
PROLONG = Statement(
    """UPDATE token_sessions SET expires_at = :expires_at
    WHERE session_id = :session_id AND revoked_at IS NULL
    RETURNING user_id, scopes, grants, client_id"""
)
FAMILY = Statement(
    "SELECT session_id, rotated_at FROM refresh_tokens WHERE token_hash = :token_hash"
)
REVOKE = Statement(
    """UPDATE token_sessions SET revoked_at = :now
    WHERE session_id = :session_id AND revoked_at IS NULL"""
)
REVOKE_ALL = Statement(
    """UPDATE token_sessions SET revoked_at = :now
    WHERE user_id = :user_id AND revoked_at IS NULL AND expires_at > :now
    RETURNING session_id"""
)
FORGET_TOKENS = Statement(
    """DELETE FROM refresh_tokens WHERE session_id IN
    (SELECT session_id FROM token_sessions WHERE expires_at <= :before)"""
)
FORGET_SESSIONS = Statement("DELETE FROM token_sessions WHERE expires_at <= :before")


class Grant(msgspec.Struct, frozen=True):
    """A refresh token and whose it is; the only moment at which its text is known."""

    refresh_token: str
    user_id: str
    terms: Terms
    session_id: str


class RefreshTokenReused(Unauthenticated):
    """A refresh token was used twice; ``session_id`` names the session that ended by it."""

    def __init__(self, session_id: str) -> None:
        super().__init__(_REFUSED)
        self.session_id = session_id


class RefreshTokens:
    """The families of refresh tokens in the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def start(self, user_id: str, terms: Terms, now: int) -> Grant:
        """A new session with its first refresh token."""
        session_id = f"sid-{uuid4().hex}"
        async with self._store.writing() as tx:
            await tx.fetch(
                START,
                session_id=session_id,
                user_id=user_id,
                scopes=_json(sorted(terms.scopes)),
                grants=None if terms.grants is None else _json(terms.grants),
                client_id=terms.client_id,
                now=now,
                expires_at=now + REFRESH_TOKEN_LIFE,
            )
            token = await _add(tx, session_id, now)
        return Grant(token, user_id, terms, session_id)

    async def rotate(self, token: str, now: int) -> Grant:
        """Exchange a refresh token for the next one of its family.

        Raises:
            RefreshTokenReused: it was exchanged before; its session is revoked by now.
            Unauthenticated: it is unknown, expired or revoked.
        """
        async with self._store.writing() as tx:
            grant = await _next(tx, token, now)
            reused = None if grant else await _revoke_if_rotated(tx, token, now)
        # Raised after the commit: leaving the transaction by an exception would undo it.
        if reused is not None:
            raise RefreshTokenReused(reused)
        if grant is None:
            raise Unauthenticated(_REFUSED)
        return grant

    async def revoke(self, token: str, now: int) -> str | None:
        """End the session of a refresh token, used or not; its id, or None if there is none."""
        async with self._store.writing() as tx:
            found = await tx.fetch(FAMILY, token_hash=_hash(token))
            if not found:
                return None
            session_id: str = found[0][0]
            await tx.fetch(REVOKE, session_id=session_id, now=now)
        return session_id

    async def revoke_all(self, user_id: str, now: int) -> list[str]:
        """End all sessions of a user; their ids."""
        async with self._store.writing() as tx:
            ended = await tx.fetch(REVOKE_ALL, user_id=user_id, now=now)
        return [session_id for (session_id,) in ended]

    async def forget_expired(self, now: int) -> None:
        """Delete the sessions whose last refresh token has expired."""
        async with self._store.writing() as tx:
            await tx.fetch(FORGET_TOKENS, before=now)
            await tx.fetch(FORGET_SESSIONS, before=now)


async def _next(tx: Transaction, token: str, now: int) -> Grant | None:
    rotated = await tx.fetch(ROTATE, token_hash=_hash(token), now=now)
    if not rotated:
        return None
    session_id: str = rotated[0][0]
    expires_at = now + REFRESH_TOKEN_LIFE
    alive = await tx.fetch(PROLONG, session_id=session_id, expires_at=expires_at)
    if not alive:
        return None
    user_id, *limits = alive[0]
    return Grant(await _add(tx, session_id, now), user_id, _terms(*limits), session_id)


def _terms(scopes: str, grants: str | None, client_id: str | None) -> Terms:
    return Terms(
        frozenset(msgspec.json.decode(scopes, type=list[str])),
        None if grants is None else msgspec.json.decode(grants, type=TopicGrants),
        client_id,
    )


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


async def _revoke_if_rotated(tx: Transaction, token: str, now: int) -> str | None:
    """The session of a token that was exchanged before, ended; None for any other token."""
    found = await tx.fetch(FAMILY, token_hash=_hash(token))
    if not found or found[0][1] is None:
        return None
    session_id: str = found[0][0]
    await tx.fetch(REVOKE, session_id=session_id, now=now)
    return session_id


async def _add(tx: Transaction, session_id: str, now: int) -> str:
    token = _PREFIX + secrets.token_urlsafe(_SECRET_BYTES)
    await tx.fetch(
        ADD,
        token_hash=_hash(token),
        session_id=session_id,
        now=now,
        expires_at=now + REFRESH_TOKEN_LIFE,
    )
    return token


def _hash(token: str) -> str:
    return sha256(token.encode(errors="surrogatepass")).hexdigest()
