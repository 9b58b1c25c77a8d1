"""Pages that go from the newest to the oldest."""

from __future__ import annotations

from groundswell.http.parameters import decode_cursor

FIRST = (2**62, "~")
"""Before everything: the instant and the id a first page begins after."""


def position(cursor: str | None) -> tuple[int, str]:
    """When and what the page before ended with."""
    if cursor is None:
        return FIRST
    at, after = decode_cursor(cursor, tuple[int, str | int])
    return at, str(after)
