"""Which events an endpoint wants: types by name, or families of types."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from groundswell.contract.errors import Invalid
from groundswell.contract.events.base import Privacy

_PATTERN: Final = re.compile(r"(?:[a-z][a-z0-9_]*\.)*(?:[a-z][a-z0-9_]*|\*)")
_CLASSES: Final[Sequence[Privacy]] = ("public", "personal", "internal")


def matches(patterns: Iterable[str], event_type: str) -> bool:
    """Whether one of the patterns is the type itself, or ends in ``*`` and begins like it."""
    return any(
        event_type.startswith(one[:-1]) if one.endswith("*") else event_type == one
        for one in patterns
    )


def check_patterns(patterns: Sequence[str], known: Iterable[str]) -> None:
    """Refuse what can never match: a misspelt pattern would be a silent endpoint.

    Raises:
        Invalid: names the pattern.
    """
    types = list(known)
    for place, one in enumerate(patterns):
        if not _PATTERN.fullmatch(one):
            raise Invalid.at(f"events[{place}]", "Must be an event type, `family.*` or `*`")
        if not any(matches((one,), name) for name in types):
            raise Invalid.at(f"events[{place}]", "No event has such a type")


def may_have(most: Privacy, privacy: Privacy) -> bool:
    """Whether an endpoint that may have events up to a class may have one of this class."""
    return _CLASSES.index(privacy) <= _CLASSES.index(most)
