"""Keyed hashes in place of addresses, with a key per purpose.

A plain SHA-256 of an IPv4 address hides nothing: all 2^32 of them can be hashed in minutes. With a
secret key nobody but this deployment can test a guess, and hashes made for different purposes
cannot be joined.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from hashlib import sha256
from typing import Literal

import structlog

from groundswell.access.derivation import KEY_BYTES, derive_key
from groundswell.contract import times
from groundswell.contract.times import Clock

Profile = Literal["standard", "strict", "literal"]
LastingPurpose = Literal["vote", "log", "referral"]
PassingPurpose = Literal["rate", "dedup", "network"]
Purpose = LastingPurpose | PassingPurpose

DailyKey = Callable[[PassingPurpose, int], bytes]
"""The key of a passing purpose on a day, counted in days since the epoch, UTC."""

_LASTING: tuple[LastingPurpose, ...] = ("vote", "log", "referral")
_CACHED_HASHES = 32_768


class RandomDailyKeys:
    """Keys that exist in this process only, and are forgotten two days later."""

    def __init__(self, random_bytes: Callable[[int], bytes] = secrets.token_bytes) -> None:
        self._random_bytes = random_bytes
        self._keys: dict[tuple[PassingPurpose, int], bytes] = {}

    def __call__(self, purpose: PassingPurpose, day: int) -> bytes:
        """The key of the day; made when it is first asked for."""
        key = self._keys.get((purpose, day))
        if key is None:
            key = self._keys[purpose, day] = self._random_bytes(KEY_BYTES)
            for old in [held for held in self._keys if held[1] < day - 1]:
                del self._keys[old]
        return key


def derived_daily_keys(root_secret: bytes) -> DailyKey:
    """Daily keys that all processes with the same root secret agree on.

    For limits kept in one place by several processes; a random key would give each of them its
    own count of the same visitor.
    """
    return lambda purpose, day: derive_key(root_secret, f"groundswell/ip/{purpose}/{day}")


class AddressHasher:
    """Turns canonical addresses into 64 hexadecimal digits.

    Args:
        root_secret: at least 32 random bytes, never kept in the database.
        profile: ``standard``: lasting keys for votes, logs and referrals. ``strict``: log hashes
            change every UTC day, and vote hashes differ from file to file. ``literal``: plain
            SHA-256 for what is stored, which can be reversed by trying all addresses.
        clock: says which day it is, for the purposes whose key changes daily.
        daily_key: the keys of passing purposes; random ones of this process by default.

    Raises:
        ValueError: the root secret is too short.
    """

    def __init__(
        self,
        root_secret: bytes,
        profile: Profile = "standard",
        *,
        clock: Clock = times.now,
        daily_key: DailyKey | None = None,
    ) -> None:
        self.profile = profile
        self._clock = clock
        self._root_secret = root_secret
        self._keys = {p: derive_key(root_secret, f"groundswell/ip/{p}") for p in _LASTING}
        self._daily_key = daily_key or RandomDailyKeys()
        self._log_day = (-1, b"")
        self._recent: dict[tuple[bytes, str], str] = {}
        if profile == "literal":
            structlog.get_logger(__name__).warning(
                "addresses are hashed without a key: the hashes can be reversed", profile=profile
            )

    def hash(self, purpose: Purpose, address: str) -> str:
        """The hash of a canonical address for one purpose, as of now.

        For votes use ``hash_vote``, which knows what the strict profile asks for.
        """
        if self.profile == "literal" and purpose in self._keys:
            return sha256(address.encode()).hexdigest()
        return self._keyed(self._key(purpose), address)

    def hash_vote(self, address: str, media_file_id: int) -> str:
        """The hash that holds the one vote of an address on a file.

        Only in the strict profile does it depend on the file; then the votes of an address on
        different files cannot be joined.
        """
        if self.profile == "strict":
            return self._keyed(self._keys["vote"], f"{address}\n{media_file_id}")
        return self.hash("vote", address)

    def logged_as(self, address: str, days: int = 60) -> frozenset[str]:
        """All names under which what an address did may still be logged.

        One, but in the strict profile one per day.
        """
        if self.profile != "strict":
            return frozenset({self.hash("log", address)})
        today = self._clock() // times.DAY
        return frozenset(
            self._keyed(self._log_key(day), address) for day in range(today - days, today + 1)
        )

    def previous(self, purpose: PassingPurpose, address: str) -> str:
        """The hash under yesterday's key: it continues a rolling window that spans midnight."""
        return self._keyed(self._daily_key(purpose, self._clock() // times.DAY - 1), address)

    def _key(self, purpose: Purpose) -> bytes:
        match purpose:
            case "rate" | "dedup" | "network":
                return self._daily_key(purpose, self._clock() // times.DAY)
            case "log" if self.profile == "strict":
                return self._log_key_of_the_day()
            case _:
                return self._keys[purpose]

    def _log_key_of_the_day(self) -> bytes:
        """Derived, so that processes agree and a restart changes nothing within the day."""
        today = self._clock() // times.DAY
        day, key = self._log_day
        if day != today:
            key = self._log_key(today)
            self._log_day = (today, key)
        return key

    def _log_key(self, day: int) -> bytes:
        return derive_key(self._root_secret, f"groundswell/ip/log/{day}")

    def _keyed(self, key: bytes, message: str) -> str:
        found = self._recent.get((key, message))
        if found is None:
            found = hmac.digest(key, message.encode(), "sha256").hex()
            if len(self._recent) >= _CACHED_HASHES:
                self._recent.clear()
            self._recent[key, message] = found
        return found
