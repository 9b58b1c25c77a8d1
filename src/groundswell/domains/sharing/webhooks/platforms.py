"""Which platforms tell this service about shares, and by which plug-in each is understood."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.metadata import entry_points
from types import MappingProxyType
from typing import Final

import msgspec

from groundswell.contract.times import now
from groundswell.domains.sharing.webhooks import activitypub, github, meta, standard
from groundswell.domains.sharing.webhooks.adapter import Adapter, MakeAdapter, Surroundings
from groundswell.domains.sharing.webhooks.fetching import fetch_json
from groundswell.domains.sharing.webhooks.mentions import Mentions

GROUP: Final = "groundswell.webhook_adapters"
"""The group of entry points under which other packages offer plug-ins."""

STANDARD: Final = "standard"
BUILT_IN: Final[Mapping[str, MakeAdapter]] = MappingProxyType(
    {
        STANDARD: standard.make,
        "github": github.make,
        "meta": meta.make,
        "activitypub": activitypub.make,
    }
)
_ENTRY = re.compile(r"([a-z0-9][a-z0-9_.-]{0,63})(?::([a-z0-9_]+))?=(\S+)")


class Platform(msgspec.Struct, frozen=True):
    """How a platform's webhooks are understood, and its secrets: newer and older ones."""

    adapter: str
    secrets: tuple[str, ...]


def parse_secrets(text: str) -> dict[str, Platform]:
    """The platforms of a text such as ``github=SECRET, facebook:meta=SECRET``.

    A platform is understood by the plug-in after its name, else by the one of the same name, else
    as Standard Webhooks. One that is named twice has two secrets.

    Raises:
        ValueError: an entry is not of this form; its secret is not repeated.
    """
    found: dict[str, Platform] = {}
    for place, entry in enumerate(filter(None, map(str.strip, text.split(","))), 1):
        match = _ENTRY.fullmatch(entry)
        if match is None:
            raise ValueError(f"webhook secrets: entry {place} is not PLATFORM=SECRET")
        name, adapter, secret = match.groups()
        before = found.get(name)
        chosen = adapter or (before and before.adapter) or (name if name in known() else STANDARD)
        if chosen not in known() or (before and before.adapter != chosen):
            raise ValueError(f"webhook secrets: {name} has no adapter {chosen!r}")
        found[name] = Platform(chosen, (*(before.secrets if before else ()), secret))
    return found


def check_secrets(text: str) -> None:
    """Make sure that such a text can be used.

    Raises:
        ValueError: an entry is not of its form, or a secret none of its scheme.
    """
    adapters(parse_secrets(text), Surroundings(now, Mentions(""), fetch_json))


def known() -> frozenset[str]:
    """The names of all plug-ins."""
    return frozenset(BUILT_IN) | {entry.name for entry in entry_points(group=GROUP)}


def adapters(platforms: Mapping[str, Platform], surroundings: Surroundings) -> dict[str, Adapter]:
    """The adapter of each platform.

    Raises:
        ValueError: a secret cannot be one of its scheme.
    """
    made: dict[str, Adapter] = {}
    for name, platform in platforms.items():
        make = BUILT_IN.get(platform.adapter) or _offered(platform.adapter)
        try:
            made[name] = make(platform.secrets, surroundings)
        except ValueError as error:
            raise ValueError(f"webhook secrets: a secret of {name} cannot be used") from error
    return made


def _offered(name: str) -> MakeAdapter:
    (entry,) = entry_points(group=GROUP, name=name)
    make: MakeAdapter = entry.load()
    return make
