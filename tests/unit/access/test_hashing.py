"""Keys of hashes: derived, daily, forgotten."""

from __future__ import annotations

import hmac
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from structlog.testing import capture_logs

from groundswell.access.derivation import derive_key
from groundswell.access.hashing import AddressHasher, RandomDailyKeys, derived_daily_keys
from groundswell.access.principal import Principal, RateKey, rate_key
from groundswell.contract.times import DAY

SECRET = bytes(range(32))
ADDRESS = "203.0.113.77"


class Calendar:
    """A clock that stands until it is moved."""

    def __init__(self, now: int = 20_000 * DAY) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


def test_the_key_is_hkdf_of_rfc_5869() -> None:
    """Test case 3 of its appendix A, which has neither salt nor info, as ours has no salt."""
    given = b"\x0b" * 22
    okm = HKDF(algorithm=SHA256(), length=42, salt=None, info=b"").derive(given)
    assert okm.hex().startswith("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d")


def test_the_hash_is_hmac_of_the_address_under_the_key_of_its_purpose() -> None:
    key = derive_key(SECRET, "groundswell/ip/log")
    expected = hmac.new(key, ADDRESS.encode(), "sha256").hexdigest()
    assert AddressHasher(SECRET).hash("log", ADDRESS) == expected


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 32 bytes"):
        AddressHasher(b"x" * 31)


def test_the_literal_profile_is_plain_sha_256_and_warns() -> None:
    with capture_logs() as logs:
        hasher = AddressHasher(SECRET, "literal")
    assert [entry["log_level"] for entry in logs] == ["warning"]
    assert hasher.hash("log", ADDRESS) == sha256(ADDRESS.encode()).hexdigest()
    assert hasher.hash_vote(ADDRESS, 5) == sha256(ADDRESS.encode()).hexdigest()


def test_other_profiles_do_not_warn() -> None:
    with capture_logs() as logs:
        AddressHasher(SECRET, "standard")
        AddressHasher(SECRET, "strict")
    assert logs == []


def test_rate_hashes_change_at_midnight_utc_and_differ_between_processes() -> None:
    calendar = Calendar()
    hasher = AddressHasher(SECRET, clock=calendar)
    today = hasher.hash("rate", ADDRESS)
    calendar.now += DAY - 1
    assert hasher.hash("rate", ADDRESS) == today
    calendar.now += 1
    assert hasher.hash("rate", ADDRESS) != today
    assert hasher.previous("rate", ADDRESS) == today
    assert AddressHasher(SECRET, clock=calendar).hash("rate", ADDRESS) != today


def test_derived_daily_keys_agree_between_processes() -> None:
    calendar = Calendar()
    here, there = (
        AddressHasher(SECRET, clock=calendar, daily_key=derived_daily_keys(SECRET))
        for _ in range(2)
    )
    assert here.hash("rate", ADDRESS) == there.hash("rate", ADDRESS)
    assert here.hash("rate", ADDRESS) != here.hash("dedup", ADDRESS)
    today = here.hash("rate", ADDRESS)
    calendar.now += DAY
    assert there.previous("rate", ADDRESS) == today != there.hash("rate", ADDRESS)


def test_random_daily_keys_are_forgotten_after_the_next_day() -> None:
    keys = RandomDailyKeys()
    first = keys("rate", 1)
    assert keys("rate", 2) != first
    assert keys("rate", 1) == first
    keys("rate", 3)
    assert keys("rate", 1) != first


def test_many_addresses_hash_right_although_few_are_remembered() -> None:
    hasher = AddressHasher(SECRET)
    first = hasher.hash("log", ADDRESS)
    for number in range(40_000):
        hasher.hash("log", f"address {number}")
    assert hasher.hash("log", ADDRESS) == first


def test_the_host_is_not_limited_users_by_name_visitors_by_address() -> None:
    hasher = AddressHasher(SECRET, clock=Calendar())
    assert rate_key(Principal("host", None, ADDRESS, None), hasher) is None
    assert rate_key(Principal("user", "ada", ADDRESS, None), hasher) == RateKey("user:ada")
    assert rate_key(Principal("visitor", None, ADDRESS, None), hasher) == RateKey(
        hasher.hash("rate", ADDRESS), hasher.previous("rate", ADDRESS)
    )
