"""Which addresses are machines of clouds."""

from __future__ import annotations

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundswell.access.addresses import canonical
from groundswell.access.hosting import is_hosted


@pytest.mark.parametrize("address", ["52.95.110.1", "2a01:4f8::1"])
def test_clouds_and_hosting_companies_are_known(address: str) -> None:
    assert is_hosted(canonical(address))


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "::1", "10.0.0.1", "203.0.113.7", "2001:db8::1", "1.1.1.1", "141.20.1.1"],
)
def test_homes_schools_and_private_networks_are_not(address: str) -> None:
    assert not is_hosted(canonical(address))


@given(st.ip_addresses())
def test_any_address_can_be_asked_about_and_nothing_is_asked_over_the_network(
    address: object,
) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(socket, "socket", None)
        assert is_hosted(canonical(str(address))) in (True, False)
