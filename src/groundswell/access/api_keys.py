"""API keys of the host application: ``gsk_`` and 256 random bits."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from hashlib import sha256
from uuid import uuid4

import msgspec

from groundswell.contract import times
from groundswell.contract.errors import Invalid, NotFound, Unauthenticated
from groundswell.store import Row, Statement, Store

PREFIX = "gsk_"
BOOTSTRAP = "settings"
"""What stands for the id of the key from the settings."""
LONGEST_NAME = 100

KNOWN_FOR = 30 * times.SECOND
"""How long an answer of the database is believed: a revoked key dies within this time."""

_SECRET_BYTES = 32
_REMEMBERED_KEYS = 1_024

ADD = Statement(
    """INSERT INTO api_keys (key_id, name, key_hash, created_at)
    VALUES (:key_id, :name, :key_hash, :now)"""
)
FIND = Statement("SELECT key_id FROM api_keys WHERE key_hash = :key_hash AND revoked_at IS NULL")
LIST = Statement(
    "SELECT key_id, name, created_at, revoked_at FROM api_keys ORDER BY created_at, key_id"
)
REVOKE = Statement(
    """UPDATE api_keys SET revoked_at = coalesce(revoked_at, :now)
    WHERE key_id = :key_id RETURNING key_id"""
)


class ApiKey(msgspec.Struct, frozen=True):
    """What is known of a key; never the key."""

    key_id: str
    name: str
    created_at: int
    revoked_at: int | None


class NewApiKey(msgspec.Struct, frozen=True):
    """A key just made; ``secret`` is shown this once."""

    key_id: str
    secret: str


class ApiKeys:
    """The keys in the store, and the one from the settings.

    Args:
        store: keeps the hashes.
        bootstrap: a key that is valid without being stored, to create the first one with.
        random_text: makes the secret part from a number of bytes.
    """

    def __init__(
        self,
        store: Store,
        bootstrap: str | None = None,
        random_text: Callable[[int], str] = secrets.token_urlsafe,
    ) -> None:
        self._store = store
        self._bootstrap = None if bootstrap is None else _hash(bootstrap)
        self._random_text = random_text
        # By hash of the key: its id if it is valid, and until when that is believed.
        self._known: dict[str, tuple[str | None, int]] = {}

    def is_meant(self, credential: str) -> bool:
        """Whether a credential claims to be a key; the one from the settings may look anyhow."""
        return is_api_key(credential) or self._is_bootstrap(_hash(credential))

    def _is_bootstrap(self, key_hash: str) -> bool:
        return self._bootstrap is not None and hmac.compare_digest(key_hash, self._bootstrap)

    async def create(self, name: str, now: int) -> NewApiKey:
        """A new key.

        Raises:
            Invalid: the name is empty or too long.
        """
        if not name.strip() or len(name) > LONGEST_NAME:
            raise Invalid.at("name", f"must be 1 to {LONGEST_NAME} characters")
        made = NewApiKey(f"key-{uuid4().hex}", PREFIX + self._random_text(_SECRET_BYTES))
        key_hash = _hash(made.secret)
        async with self._store.writing() as tx:
            await tx.fetch(ADD, key_id=made.key_id, name=name, key_hash=key_hash, now=now)
        self._known.pop(key_hash, None)
        return made

    async def verify(self, key: str, now: int) -> str:
        """Make sure that the key is valid; its id.

        Raises:
            Unauthenticated: it is unknown or revoked.
        """
        key_hash = _hash(key)
        if self._is_bootstrap(key_hash):
            return BOOTSTRAP
        key_id, until = self._known.get(key_hash, (None, 0))
        if now >= until:
            # Looked up by its hash: how long that takes tells nothing about the key.
            found = await self._store.fetch(FIND, key_hash=key_hash)
            key_id = str(found[0][0]) if found else None
            self._remember(key_hash, key_id, now)
        if key_id is None:
            raise Unauthenticated("The API key is not valid.")
        return key_id

    async def revoke(self, key_id: str, now: int) -> None:
        """Make a key invalid: here at once, in other processes within ``KNOWN_FOR``.

        Raises:
            NotFound: there is no such key.
        """
        async with self._store.writing() as tx:
            found = await tx.fetch(REVOKE, key_id=key_id, now=now)
        if not found:
            raise NotFound("API key not found")
        self._known.clear()

    async def all(self) -> list[ApiKey]:
        """Every key there is or was, oldest first."""
        return [_api_key(row) for row in await self._store.fetch(LIST)]

    def _remember(self, key_hash: str, key_id: str | None, now: int) -> None:
        if len(self._known) >= _REMEMBERED_KEYS:
            self._known.clear()
        self._known[key_hash] = (key_id, now + KNOWN_FOR)


def is_api_key(text: str) -> bool:
    """Whether the text claims to be an API key."""
    return text.startswith(PREFIX) and len(text) > len(PREFIX)


def _api_key(row: Row) -> ApiKey:
    key_id, name, created_at, revoked_at = row
    return ApiKey(key_id, name, created_at, revoked_at)


def _hash(key: str) -> str:
    return sha256(key.encode(errors="surrogatepass")).hexdigest()
