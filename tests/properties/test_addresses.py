"""What holds of every address and of every hash of one."""

from __future__ import annotations

import ipaddress
import re
from contextlib import suppress
from hashlib import sha256
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from groundswell.access.addresses import (
    InvalidAddress,
    TrustedProxies,
    canonical,
    client_address,
    host_part,
    is_canonical,
)
from groundswell.access.hashing import AddressHasher, LastingPurpose, Profile, Purpose
from groundswell.access.principal import Principal, log_key, vote_key
from groundswell.contract.times import DAY

ipv4 = st.ip_addresses(v=4).map(str)
ipv6 = st.ip_addresses(v=6).map(str)
addresses = ipv4 | ipv6
secrets = st.binary(min_size=32, max_size=64)
instants = st.integers(0, 40_000 * DAY)
purposes = st.sampled_from([*get_args(LastingPurpose), "rate", "dedup"])
lasting = st.sampled_from(get_args(LastingPurpose))
profiles = st.sampled_from(get_args(Profile))
ALL_OF_TEN = TrustedProxies.parse("10.0.0.0/8")
proxies = st.integers(0, 2**24 - 1).map(lambda n: str(ipaddress.IPv4Address((10 << 24) + n)))
outsiders = addresses.filter(lambda a: ipaddress.ip_address(a) not in ALL_OF_TEN)
garbage = st.text(st.characters(codec="ascii", exclude_characters=",")).filter(
    lambda text: not re.search(r"\d+\.\d+\.\d+\.\d+|:.*:", text)
)


@given(addresses)
def test_canonicalising_twice_changes_nothing(address: str) -> None:
    once = canonical(address)
    assert is_canonical(once)
    assert canonical(host_part(once)) == once


@given(ipv4)
def test_a_mapped_address_is_its_ipv4_address(address: str) -> None:
    assert canonical(f"::ffff:{address}") == address == canonical(address)


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
def test_all_addresses_of_a_64_are_one_identity(prefix: int, one: int, other: int) -> None:
    first, second = (ipaddress.IPv6Address((prefix << 64) + host) for host in (one, other))
    if first.ipv4_mapped is None and second.ipv4_mapped is None:
        assert canonical(str(first)) == canonical(second.exploded)


@given(st.text())
def test_any_text_is_an_address_or_refused(text: str) -> None:
    with suppress(InvalidAddress):
        assert is_canonical(canonical(text))


@given(proxies, outsiders, st.lists(addresses | garbage), st.lists(proxies, max_size=3))
def test_whatever_a_client_forges_it_stays_the_same_client(
    proxy: str, client: str, forged: list[str], inner: list[str]
) -> None:
    """Feature: social-engagement, Property 13: IP Hashing for Privacy (the hashed address)."""
    header = ", ".join([*forged, client, *inner])
    assert client_address(proxy, [header], ALL_OF_TEN) == canonical(client)


@given(outsiders, st.lists(addresses | garbage))
def test_a_header_from_a_stranger_says_nothing(peer: str, forged: list[str]) -> None:
    assert client_address(peer, forged, ALL_OF_TEN) == canonical(peer)


@given(proxies, garbage, st.lists(addresses))
def test_a_malformed_hop_is_counted_to_the_proxy_that_reported_it(
    proxy: str, malformed: str, left: list[str]
) -> None:
    header = ",".join([*left, malformed])
    assert client_address(proxy, [header], ALL_OF_TEN) == proxy


@given(secrets, profiles, purposes, addresses, instants)
def test_a_hash_is_64_digits_says_nothing_and_repeats(
    secret: bytes, profile: Profile, purpose: Purpose, text: str, now: int
) -> None:
    """Feature: social-engagement, Property 13: IP Hashing for Privacy."""
    address = canonical(text)
    hasher = AddressHasher(secret, profile, clock=lambda: now)
    hashed = hasher.hash(purpose, address)
    assert re.fullmatch(r"[0-9a-f]{64}", hashed)
    assert address not in hashed
    assert hasher.hash(purpose, address) == hashed
    if profile != "literal" or purpose in ("rate", "dedup"):
        assert hashed != sha256(address.encode()).hexdigest()


@given(secrets, lasting, addresses, instants, instants)
def test_a_lasting_hash_survives_restarts_and_days(
    secret: bytes, purpose: LastingPurpose, text: str, now: int, later: int
) -> None:
    """Feature: social-engagement, Property 13: IP Hashing for Privacy (deterministic)."""
    address = canonical(text)
    before = AddressHasher(secret, clock=lambda: now).hash(purpose, address)
    assert AddressHasher(secret, clock=lambda: later).hash(purpose, address) == before


@given(secrets, addresses, addresses, lasting)
def test_hashes_are_equal_exactly_for_equal_identities(
    secret: bytes, one: str, other: str, purpose: LastingPurpose
) -> None:
    hasher = AddressHasher(secret)
    same = hasher.hash(purpose, canonical(one)) == hasher.hash(purpose, canonical(other))
    assert same == (canonical(one) == canonical(other))


@given(secrets, secrets, addresses)
def test_hashes_differ_between_purposes_and_deployments(
    secret: bytes, other: bytes, text: str
) -> None:
    address = canonical(text)
    hasher = AddressHasher(secret)
    hashes = {hasher.hash(purpose, address) for purpose in get_args(LastingPurpose)}
    if other != secret:
        elsewhere = AddressHasher(other)
        hashes |= {elsewhere.hash(purpose, address) for purpose in get_args(LastingPurpose)}
        assert len(hashes) == 2 * len(get_args(LastingPurpose))
    else:
        assert len(hashes) == len(get_args(LastingPurpose))


@given(secrets, addresses, instants, st.integers(0, DAY - 1), st.integers(1, 400))
def test_strict_log_hashes_hold_for_one_utc_day(
    secret: bytes, text: str, now: int, within: int, days: int
) -> None:
    """Feature: social-engagement, Property 13: IP Hashing for Privacy (strict: per day)."""
    address = canonical(text)
    today = now - now % DAY + within
    hashed = AddressHasher(secret, "strict", clock=lambda: now).hash("log", address)
    assert AddressHasher(secret, "strict", clock=lambda: today).hash("log", address) == hashed
    later = AddressHasher(secret, "strict", clock=lambda: now + days * DAY)
    assert later.hash("log", address) != hashed


@given(secrets, addresses, st.integers(1, 2**53), st.integers(1, 2**53), profiles)
def test_votes_of_an_address_are_joined_across_files_except_in_strict(
    secret: bytes, text: str, one: int, other: int, profile: Profile
) -> None:
    """Feature: social-engagement, Property 13: IP Hashing for Privacy (strict: per file)."""
    hasher = AddressHasher(secret, profile)
    address = canonical(text)
    first, second = hasher.hash_vote(address, one), hasher.hash_vote(address, other)
    assert first == hasher.hash_vote(address, one)
    assert (first == second) == (profile != "strict" or one == other)


@given(secrets, addresses, st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True), profiles)
def test_users_act_under_their_id_and_visitors_under_a_hash(
    secret: bytes, text: str, user_id: str, profile: Profile
) -> None:
    hasher = AddressHasher(secret, profile)
    address = canonical(text)
    user = Principal("user", user_id, address, None)
    visitor = Principal("visitor", None, address, None)
    assert log_key(user, hasher) == f"user:{user_id}"
    assert vote_key(user, hasher, 1) == f"user:{user_id}"
    assert log_key(visitor, hasher) == hasher.hash("log", address)
    assert vote_key(visitor, hasher, 1) == hasher.hash_vote(address, 1)
