"""Public keys of another token issuer, fetched from its JWKS address (RFC 7517) and kept."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import jwt
import structlog

from groundswell.contract import times
from groundswell.contract.errors import Unauthenticated, Unavailable

FRESH = 10 * times.MINUTE
"""How long fetched keys are used before they are asked for again."""

MIN_INTERVAL = 30 * times.SECOND
"""At most one request in this time, whatever ids callers make up."""

_TIMEOUT_SECONDS = 5.0
_KEY_TYPES = {"RS256": "RSA", "ES256": "EC"}

Fetch = Callable[[], Awaitable[Any]]
"""Brings the key set document, decoded from JSON; raises ``httpx.HTTPError`` or ``ValueError``."""


def fetch_from(url: str) -> Fetch:
    """Brings the document from an address."""

    async def fetch() -> Any:
        async with httpx.AsyncClient(timeout=_TIMEOUT_SECONDS) as client:
            response = await client.get(url, headers={"accept": "application/json"})
            response.raise_for_status()
            return response.json()

    return fetch


class KeySet:
    """The keys of one issuer by their id.

    Args:
        fetch: brings the document.
    """

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._keys: dict[str | None, jwt.PyJWK] = {}
        self._asked_at: int | None = None
        self._fresh_until = 0
        self._turn = asyncio.Lock()

    async def key(self, key_id: object, algorithm: str, now: int) -> Any:
        """The public key with this id, for this algorithm.

        A token without an id is accepted only while the issuer has a single key.

        Raises:
            Unauthenticated: the issuer has no such key.
            Unavailable: no key was ever fetched, and the issuer does not answer.
        """
        if key_id is not None and not isinstance(key_id, str):
            raise Unauthenticated("The token's key id is not a text.")
        if self._lacks(key_id, now):
            await self._refresh(key_id, now)
        if self._fresh_until == 0:
            raise Unavailable("The keys that verify tokens cannot be fetched.")
        found = self._find(key_id)
        if found is None or found.key_type != _KEY_TYPES[algorithm]:
            raise Unauthenticated("The token is not signed by a known key.")
        return found.key

    def _find(self, key_id: str | None) -> jwt.PyJWK | None:
        if key_id is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        return self._keys.get(key_id)

    def _lacks(self, key_id: str | None, now: int) -> bool:
        return now >= self._fresh_until or self._find(key_id) is None

    async def _refresh(self, key_id: str | None, now: int) -> None:
        """Fetch the keys, unless that was just tried. Old keys stay while the issuer is silent."""
        async with self._turn:
            just_tried = self._asked_at is not None and now < self._asked_at + MIN_INTERVAL
            if just_tried or not self._lacks(key_id, now):
                return
            self._asked_at = now
            try:
                self._keys = _usable(await self._fetch())
            except (httpx.HTTPError, ValueError) as error:
                structlog.get_logger(__name__).warning("fetching the keys failed", error=str(error))
                return
            self._fresh_until = now + FRESH


def _usable(document: Any) -> dict[str | None, jwt.PyJWK]:
    """The signature keys of the document that we can use.

    Raises:
        ValueError: it is not a key set.
    """
    listed = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise ValueError("the answer is not a key set")
    found: dict[str | None, jwt.PyJWK] = {}
    for entry in listed:
        if not isinstance(entry, dict) or entry.get("use", "sig") != "sig":
            continue
        try:
            key = jwt.PyJWK(entry)
        except (jwt.PyJWTError, ValueError):
            continue
        if key.key_type in _KEY_TYPES.values():
            found[entry.get("kid")] = key
    return found
