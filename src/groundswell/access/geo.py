"""Where an address is: the country from data inside a package, the city from a MaxMind file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import iptocc
import maxminddb
from babel import Locale

from groundswell.access.addresses import host_part

_LANGUAGE = "en"
_NO_COUNTRIES = frozenset({"EU", "UN", "EZ", "QO", "XA", "XB", "ZZ"})
"""Codes that name no country: address registries assign some blocks to all of Europe."""


class Locator(Protocol):
    """Says where a canonical address is, in English; None if that is not known."""

    def country(self, address: str) -> str | None:
        """The country; None for private addresses."""
        ...

    def city(self, address: str) -> str | None:
        """The city; None for private addresses."""
        ...


class RegistryLocator:
    """The country to which a regional registry assigned the address; never a city.

    The data is part of the package ``iptocc``. It says where the holder of a block is registered,
    which is the country of use for about 19 of 20 IPv4 addresses. A look-up takes 1 µs.
    """

    def __init__(self) -> None:
        territories: Mapping[str, str] = Locale(_LANGUAGE).territories
        self._names = {
            code: name for code, name in territories.items() if code not in _NO_COUNTRIES
        }

    def country(self, address: str) -> str | None:
        """The country's English name."""
        code = iptocc.country_code(host_part(address))
        return None if code is None else self._names.get(code)

    def city(self, address: str) -> str | None:
        """Registries know no cities."""
        return None


class MaxMindLocator:
    """Country and city from a file in MaxMind's format, such as GeoLite2 City.

    Args:
        path: the file, read into memory so that a look-up never waits for a disk.
        fallback: asked for the country where the file has none.

    Raises:
        FileNotFoundError: there is no such file.
        maxminddb.InvalidDatabaseError: it is not such a file.
    """

    def __init__(self, path: Path, fallback: Locator) -> None:
        self._reader = maxminddb.open_database(path, maxminddb.MODE_MEMORY)
        self._fallback = fallback

    def country(self, address: str) -> str | None:
        """The country's English name."""
        return self._name(address, "country") or self._fallback.country(address)

    def city(self, address: str) -> str | None:
        """The city's English name."""
        return self._name(address, "city")

    def close(self) -> None:
        """Let go of the file's content."""
        self._reader.close()

    def _name(self, address: str, kind: str) -> str | None:
        record = self._record(address)
        entry = record.get(kind) if isinstance(record, dict) else None
        names = entry.get("names") if isinstance(entry, dict) else None
        name = names.get(_LANGUAGE) if isinstance(names, dict) else None
        return name if isinstance(name, str) and name else None

    def _record(self, address: str) -> Any:
        try:
            return self._reader.get(host_part(address))
        except ValueError:
            # An IPv6 address, and a file of IPv4 networks only.
            return None


def locator(city_file: Path | None) -> Locator:
    """The best locator there is: with cities if a file is given."""
    registry = RegistryLocator()
    return registry if city_file is None else MaxMindLocator(city_file, registry)
