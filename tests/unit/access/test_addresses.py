"""Which text an address has, and which address a request came from."""

from __future__ import annotations

import pytest

from groundswell.access.addresses import (
    LOOPBACK,
    InvalidAddress,
    TrustedProxies,
    canonical,
    client_address,
    is_canonical,
    network_part,
)

PROXY = "10.0.0.1"
TRUSTED = TrustedProxies.parse("10.0.0.0/8, 2001:db8:aa::/48")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("::FFFF:cb00:7107", "203.0.113.7"),
        ("2001:DB8:0:0:1:2:3:4", "2001:db8::/64"),
        ("2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::/64"),
    ],
)
def test_an_identity_has_one_text(text: str, expected: str) -> None:
    assert canonical(text) == expected
    assert is_canonical(expected)


RUBBISH = [
    *("", " ", "unknown", "_hidden", "\x00", "1" * 10_000),
    *("203.0.113", "203.0.113.256", "203.0.113.07", "1.2.3.4.5", "\u0662.0.113.7"),
    *("2001:db8::/64", "::1::2", "fe80::1%" + "a" * 100),
]


@pytest.mark.parametrize("text", RUBBISH)
def test_rubbish_is_refused_and_named_in_short(text: str) -> None:
    with pytest.raises(InvalidAddress, match="is not an IPv4 or IPv6 address") as caught:
        canonical(text)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("text", ["2001:db8::1", "2001:db8::/63", "1.2.3.4/64", "::/64x", "x"])
def test_what_is_not_the_one_text_is_not_canonical(text: str) -> None:
    assert not is_canonical(text)


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "expected"),
    [
        pytest.param("203.0.113.7", ["198.51.100.1"], "203.0.113.7", id="the peer is no proxy"),
        pytest.param(PROXY, [], PROXY, id="a proxy that says nothing"),
        pytest.param(PROXY, ["203.0.113.7"], "203.0.113.7", id="one hop"),
        pytest.param(PROXY, ["1.1.1.1, 203.0.113.7"], "203.0.113.7", id="the left is forged"),
        pytest.param(PROXY, ["203.0.113.7, 10.0.0.2"], "203.0.113.7", id="two proxies"),
        pytest.param(PROXY, ["203.0.113.7", "10.0.0.2"], "203.0.113.7", id="two headers"),
        pytest.param(PROXY, ["10.0.0.9,10.0.0.2"], "10.0.0.9", id="a client inside the network"),
        pytest.param(PROXY, ["203.0.113.7, nonsense"], PROXY, id="malformed, by the nearest proxy"),
        pytest.param(PROXY, ["nonsense, 10.0.0.2"], "10.0.0.2", id="malformed, by the next one"),
        pytest.param(PROXY, [""], PROXY, id="an empty header"),
        pytest.param(PROXY, ["203.0.113.7,"], PROXY, id="an empty entry"),
        pytest.param(PROXY, ["203.0.113.7:5123"], "203.0.113.7", id="with a port"),
        pytest.param(PROXY, ["[2001:db8:1:2::9]:5123"], "2001:db8:1:2::/64", id="IPv6 and port"),
        pytest.param(PROXY, ["2001:db8:1:2::9"], "2001:db8:1:2::/64", id="IPv6"),
        pytest.param("::ffff:10.0.0.1", ["203.0.113.7"], "203.0.113.7", id="a mapped proxy"),
        pytest.param("2001:db8:aa::5", ["203.0.113.7"], "203.0.113.7", id="an IPv6 proxy"),
        pytest.param(PROXY, ["1.1.1.1, ::ffff:10.0.0.2"], "1.1.1.1", id="a mapped second proxy"),
    ],
)
def test_the_client_is_the_right_most_hop_that_is_not_trusted(
    peer: str, forwarded_for: list[str], expected: str
) -> None:
    assert client_address(peer, forwarded_for, TRUSTED) == expected


@pytest.mark.parametrize("peer", [None, ""])
def test_a_unix_socket_is_believed_only_if_listed(peer: str | None) -> None:
    forwarded_for = ["203.0.113.7"]
    assert client_address(peer, forwarded_for, TrustedProxies.parse("unix")) == "203.0.113.7"
    assert client_address(peer, forwarded_for, TrustedProxies.parse(LOOPBACK)) == LOOPBACK
    assert client_address(peer, (), TrustedProxies.parse("unix")) == LOOPBACK


def test_a_peer_that_is_no_address_is_refused() -> None:
    with pytest.raises(InvalidAddress):
        client_address("somewhere", (), TRUSTED)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("::ffff:203.0.113.7", "203.0.113.0/24"),
        ("2001:db8:aa:1::9", "2001:db8:aa::/48"),
        ("2001:db8:aa:ffff::1", "2001:db8:aa::/48"),
        ("2001:db8:ab:1::9", "2001:db8:ab::/48"),
        ("::1", "::/48"),
    ],
)
def test_a_network_is_a_24th_or_a_48th(address: str, network: str) -> None:
    assert network_part(canonical(address)) == network


@pytest.mark.parametrize("text", ["", "  ", ", ,"])
def test_nobody_is_trusted_by_default(text: str) -> None:
    assert not TrustedProxies.parse(text)
    assert client_address(PROXY, ["203.0.113.7"], TrustedProxies.parse(text)) == PROXY


@pytest.mark.parametrize("entry", ["10.0.0.1/8", "proxy.example", "10.0.0.0/33", "*"])
def test_a_proxy_that_is_no_network_is_named(entry: str) -> None:
    with pytest.raises(ValueError, match="trusted proxies") as caught:
        TrustedProxies.parse(f"127.0.0.1, {entry}")
    assert entry in str(caught.value)
