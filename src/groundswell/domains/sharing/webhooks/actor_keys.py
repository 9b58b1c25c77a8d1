"""The public keys of actors on servers that are trusted, fetched when needed and kept a while."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec

from groundswell.contract.times import HOUR, MINUTE, Clock
from groundswell.domains.sharing.links import origin_of
from groundswell.domains.sharing.webhooks.bodies import part

KEPT: Final = HOUR
AGAIN: Final = MINUTE
"""How soon a key may be asked for again: after a failure, or if a signature does not fit it."""

_MOST_KEPT: Final = 10_000


class ActorKey(msgspec.Struct, frozen=True):
    """A key, and the actor who owns it."""

    owner: str
    pem: str


class _Kept(msgspec.Struct):
    key: ActorKey | None
    at: int


class ActorKeys:
    """Finds keys.

    Only servers named in the settings are asked: an address that strangers may choose could lead
    into the operator's own network.

    Args:
        origins: the servers.
        fetch_json: gets a document of theirs.
        clock: the time.
    """

    def __init__(
        self, origins: frozenset[str], fetch_json: Callable[[str], Awaitable[Any]], clock: Clock
    ) -> None:
        self._origins = origins
        self._fetch_json = fetch_json
        self._clock = clock
        self._kept: dict[str, _Kept] = {}

    async def find(self, key_id: str, *, newer_than: ActorKey | None = None) -> ActorKey | None:
        """The key of this id; None if it is not to be had.

        ``newer_than`` is one that does not fit: its actor may have a new one by now.
        """
        if origin_of(key_id) not in self._origins:
            return None
        kept, now = self._kept.get(key_id), self._clock()
        if kept is not None and now - kept.at < AGAIN:
            return kept.key
        if kept is not None and kept.key and now - kept.at < KEPT and newer_than is None:
            return kept.key
        found = await self._fetch(key_id)
        if len(self._kept) >= _MOST_KEPT:
            self._kept.pop(next(iter(self._kept)))
        self._kept[key_id] = _Kept(found, now)
        return found

    async def _fetch(self, key_id: str) -> ActorKey | None:
        try:
            document = await self._fetch_json(key_id.partition("#")[0])
        except (OSError, ValueError):
            return None
        keys = part(document, "publicKey") or document
        for key in keys if isinstance(keys, list) else [keys]:
            owner, pem = part(key, "owner"), part(key, "publicKeyPem")
            if part(key, "id") == key_id and isinstance(owner, str) and isinstance(pem, str):
                # A server answers for its own actors only.
                return ActorKey(owner, pem) if origin_of(owner) == origin_of(key_id) else None
        return None
