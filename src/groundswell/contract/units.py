"""Numbers of events that are written otherwise outside: instants and amounts of money."""

from __future__ import annotations

from typing import Annotated, Any, Final, get_args, get_origin

from msgspec import Meta

INSTANT: Final = "instant"
MINOR: Final = "minor"

Instant = Annotated[int, Meta(extra={"unit": INSTANT})]
"""Microseconds since 1970; outside RFC 3339."""

Minor = Annotated[int, Meta(extra={"unit": MINOR})]
"""Minor units of the currency beside it; outside a decimal."""


def said_of(annotation: Any) -> dict[str, Any]:
    """What is said of a number: its ``unit``, and the ``name`` it has outside if it has another."""
    if get_origin(annotation) is not Annotated:
        return {}
    found: dict[str, Any] = {}
    for one in get_args(annotation)[1:]:
        found |= getattr(one, "extra", None) or {}
    return found if "unit" in found else {}
