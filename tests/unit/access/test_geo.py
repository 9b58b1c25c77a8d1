"""Countries and cities of addresses."""

from __future__ import annotations

from pathlib import Path

import maxminddb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundswell.access.addresses import canonical
from groundswell.access.geo import MaxMindLocator, RegistryLocator, locator
from tests.unit.access.maxmind import write_database

REGISTRY = RegistryLocator()
PRIVATE = ["10.0.0.1", "127.0.0.1", "192.168.1.1", "100.64.0.1", "fd00::1", "::1", "fe80::1"]


@pytest.mark.parametrize(
    ("address", "country"),
    [
        ("8.8.8.8", "United States"),
        ("133.11.0.1", "Japan"),
        ("141.20.1.1", "Germany"),
        ("2a00:1450:4001::1", "Ireland"),
        ("2001:200::1", "Japan"),
    ],
)
def test_public_addresses_have_a_country_by_its_english_name(address: str, country: str) -> None:
    assert REGISTRY.country(canonical(address)) == country


@pytest.mark.parametrize("address", [*PRIVATE, "203.0.113.7", "2001:db8::1", "224.0.0.1"])
def test_private_and_reserved_addresses_have_none(address: str) -> None:
    assert REGISTRY.country(canonical(address)) is None
    assert REGISTRY.city(canonical(address)) is None


@given(st.ip_addresses().map(str))
def test_every_address_has_a_name_of_a_country_or_none(address: str) -> None:
    found = REGISTRY.country(canonical(address))
    assert found is None or (len(found) > 3 and found != "European Union")


@pytest.fixture
def city_file(tmp_path: Path) -> Path:
    """A file in which one network has a city, one a country only, and one nothing of use."""
    return write_database(
        tmp_path / "city.mmdb",
        {
            "8.8.8.0/24": {
                "city": {"names": {"en": "Mountain View", "de": "Bergblick"}},
                "country": {"names": {"en": "Freedonia"}},
            },
            "133.11.0.0/16": {"country": {"names": {"en": "Sylvania"}}},
            "141.20.0.0/16": {"city": {"names": {"de": "Irgendwo"}}},
        },
    )


def test_a_city_file_knows_cities_and_the_registry_helps_with_countries(city_file: Path) -> None:
    where = locator(city_file)
    assert (where.city("8.8.8.8"), where.country("8.8.8.8")) == ("Mountain View", "Freedonia")
    assert (where.city("133.11.0.1"), where.country("133.11.0.1")) == (None, "Sylvania")
    assert (where.city("141.20.1.1"), where.country("141.20.1.1")) == (None, "Germany")
    assert (where.city("1.1.1.1"), where.country("1.1.1.1")) == (None, "Australia")


def test_an_ipv6_address_in_a_file_of_ipv4_has_the_country_of_the_registry(city_file: Path) -> None:
    where = locator(city_file)
    assert where.city("2a00:1450:4001::/64") is None
    assert where.country("2a00:1450:4001::/64") == "Ireland"


def test_without_a_file_there_are_no_cities() -> None:
    assert isinstance(locator(None), RegistryLocator)


def test_a_missing_or_wrong_file_is_an_error_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        MaxMindLocator(tmp_path / "missing.mmdb", REGISTRY)
    (tmp_path / "wrong.mmdb").write_bytes(b"no database")
    with pytest.raises(maxminddb.InvalidDatabaseError):
        MaxMindLocator(tmp_path / "wrong.mmdb", REGISTRY)
