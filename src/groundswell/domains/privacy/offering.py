"""What people may do about their privacy, the same for every door."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import msgspec

from groundswell.access.hashing import AddressHasher
from groundswell.access.limits import RateLimits
from groundswell.access.principal import Principal, rate_key
from groundswell.contract.ids import user_actor
from groundswell.contract.privacy import OPEN, Discretion
from groundswell.contract.times import Clock, to_rfc3339
from groundswell.domains.privacy.commands import ChangeSettings, Erase, NoteExport
from groundswell.domains.privacy.views import Archive, Erased, PrivacySettings, settings_of
from groundswell.domains.privacy.wishes import FIND_ONE
from groundswell.http.callers import require_user
from groundswell.log.reactions import Submit
from groundswell.log.reader import HEAD
from groundswell.store import Store
from groundswell.store.commands import Idempotency
from groundswell.store.persons import Eraser, Erasure

Export = Callable[[str], Awaitable[Mapping[str, Any]]]
Pause = Callable[[float], Awaitable[None]]

AGAIN_SECONDS = 10.0
"""After this long somebody is forgotten once more: what was under way meanwhile has arrived."""


class PrivacyActions:
    """Settings, archives and erasures.

    Args:
        store: the database.
        submit: the writer's.
        hasher: makes names of addresses.
        limits: how often somebody may do something.
        clock: the time.
        exports: by part, everything it knows of a user.
        erasers: how each part forgets somebody.
    """

    def __init__(
        self,
        store: Store,
        submit: Submit,
        hasher: AddressHasher,
        limits: RateLimits,
        clock: Clock,
        exports: Mapping[str, Export],
        erasers: Sequence[Eraser],
    ) -> None:
        self._store = store
        self._submit = submit
        self._hasher = hasher
        self._limits = limits
        self._clock = clock
        self._exports = exports
        self._erasers = erasers
        self._again: asyncio.Queue[Erase] = asyncio.Queue()

    async def settings(self, caller: Principal) -> PrivacySettings:
        """What the user wishes now."""
        return settings_of(await self._wishes(require_user(caller)))

    async def change(
        self, caller: Principal, changes: Mapping[str, Any], idempotency: Idempotency | None
    ) -> PrivacySettings:
        """Change what is given; past broadcasts that are no longer wished are gone at once."""
        command = ChangeSettings(user_id=require_user(caller), at=self._clock(), **changes)
        answer: PrivacySettings = await self._submit(command, idempotency)
        return answer

    async def export(self, caller: Principal) -> Archive:
        """Everything that every part knows of the user."""
        user_id = require_user(caller)
        await self._limit("export", caller)
        now = self._clock()
        found = {name: _said(await export(user_id)) for name, export in self._exports.items()}
        if (wishes := await self._wishes(user_id)) != OPEN:
            found["privacy"] = {"settings": msgspec.to_builtins(settings_of(wishes))}
        data = {name: part for name, part in found.items() if part}
        if data:  # of nobody nothing is noted
            await self._submit(NoteExport(user_id=user_id, at=now))
        return Archive(user_id=user_id, exported_at=to_rfc3339(now), data=data)

    async def erase(self, caller: Principal) -> Erased:
        """Forget the user, or what a visitor's address did."""
        await self._limit("erase", caller)
        actors, voters = self._names(caller)
        tombstone = f"erased-{secrets.token_hex(16)}"
        erasure = Erasure(tombstone, caller.user_id, actors, voters, self._clock())
        searched, found = await self._search(erasure)
        command = Erase(
            user_id=caller.user_id,
            actors=tuple(sorted(actors)),
            voters=tuple(sorted(voters)),
            tombstone=tombstone,
            searched=searched,
            found=found,
            at=erasure.at,
        )
        answer: Erased = await self._submit(command)
        if answer.records:
            self._again.put_nowait(msgspec.structs.replace(command, found={}))
        return answer

    async def run(self, pause: Pause = asyncio.sleep) -> None:
        """Forget once more whoever was forgotten a moment ago, until cancelled."""
        while True:
            command = await self._again.get()
            await pause(AGAIN_SECONDS)
            await self._submit(msgspec.structs.replace(command, at=self._clock()))

    async def _search(self, erasure: Erasure) -> tuple[int, dict[str, dict[str, list[int]]]]:
        """Where they are in the large tables, and up to where in the log that was looked for."""
        found: dict[str, dict[str, list[int]]] = {}
        async with self._store.reading() as tx:
            head: int = (await tx.fetch(HEAD))[0][0]
            for eraser in self._erasers:
                if eraser.find is not None:
                    trail = await eraser.find(tx, erasure, 0)
                    found[eraser.name] = {table: list(rows) for table, rows in trail.items()}
        return head, found

    def _names(self, caller: Principal) -> tuple[frozenset[str], frozenset[str]]:
        """The names under which they acted and voted."""
        if caller.user_id is not None:
            names = frozenset({user_actor(caller.user_id)})
            return names, names
        address = caller.address
        referral = self._hasher.hash("referral", address)
        acted = frozenset({*self._hasher.logged_as(address), referral})
        return acted, frozenset({self._hasher.hash("vote", address)})

    async def _wishes(self, user_id: str) -> Discretion:
        rows = await self._store.fetch(FIND_ONE, user_id=user_id)
        return msgspec.json.decode(rows[0][0], type=Discretion) if rows else OPEN

    async def _limit(self, action: str, caller: Principal) -> None:
        if self._limits.covers(action):
            await self._limits.hit(action, rate_key(caller, self._hasher))


def _said(part: Mapping[str, Any]) -> dict[str, Any]:
    """What a part has something to say of."""
    return {name: value for name, value in part.items() if value not in (None, [], {}, ())}
