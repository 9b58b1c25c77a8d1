"""From the caller of a request to the actor that is stored."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import msgspec

from groundswell.access.addresses import LOOPBACK, network_part
from groundswell.access.geo import Locator
from groundswell.access.hashing import AddressHasher
from groundswell.access.hosting import is_hosted
from groundswell.access.principal import Principal, log_key, vote_key
from groundswell.contract.times import DAY
from groundswell.domains.engagement.commands import Actor


class Places(Protocol):
    """Says where an actor is, in words that may be shown to everybody."""

    def of(self, address: str, actor: str, at: int) -> str | None:
        """The place, or None if it is not known."""
        ...


class CrowdedPlaces:
    """Country, and the city only where a crowd hides the single person.

    A city is named once ``crowd`` distinct actors came from it on the same UTC day; below that a
    title, a time and a small town would tell who it was.

    Args:
        locator: where addresses are.
        crowd: how many distinct actors make a crowd.
        limit: how many cities to follow per day; further ones stay unnamed.
    """

    def __init__(self, locator: Locator, *, crowd: int = 5, limit: int = 20_000) -> None:
        self._locator = locator
        self._crowd = crowd
        self._limit = limit
        self._day = -1
        self._seen: dict[tuple[str, str], set[str]] = {}

    def of(self, address: str, actor: str, at: int) -> str | None:
        """``City, Country`` in a crowd, else the country."""
        country = self._locator.country(address)
        city = self._locator.city(address)
        if country is None or city is None or not self._crowded((country, city), actor, at):
            return country
        return f"{city}, {country}"

    def _crowded(self, place: tuple[str, str], actor: str, at: int) -> bool:
        if at // DAY != self._day:
            self._day = at // DAY
            self._seen.clear()
        actors = self._seen.get(place)
        if actors is None:
            if len(self._seen) >= self._limit:
                return False
            actors = self._seen[place] = set()
        if len(actors) < self._crowd:
            actors.add(actor)
        return len(actors) >= self._crowd


class Actors:
    """Makes actors of principals."""

    def __init__(self, hasher: AddressHasher, places: Places, clock: Callable[[], int]) -> None:
        self._hasher = hasher
        self._places = places
        self._clock = clock
        is_hosted(LOOPBACK)  # what it reads at first is not to be waited for by a voter

    def of(self, caller: Principal) -> Actor:
        """Who acts, under keyed names only."""
        key = log_key(caller, self._hasher)
        return Actor(
            actor=key,
            ip_hash=self._hasher.hash("log", caller.address),
            user_id=caller.user_id,
            session_id=caller.session_id,
            location=self._places.of(caller.address, key, self._clock()),
        )

    def voting(self, caller: Principal, media_file_id: int) -> Actor:
        """Who votes on this file."""
        address = caller.address
        return msgspec.structs.replace(
            self.of(caller),
            voter=vote_key(caller, self._hasher, media_file_id),
            network=self._hasher.hash("network", network_part(address)),
            hosted=is_hosted(address),
        )
