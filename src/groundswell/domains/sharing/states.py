"""The states of a share, and who may see one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

ShareState = Literal["pending", "published", "failed", "deleted"]

_NEXT: Mapping[str, frozenset[str]] = {
    "pending": frozenset({"published", "failed"}),
    "published": frozenset({"deleted"}),
    "failed": frozenset(),
    "deleted": frozenset(),
}


def may_become(state: str, wanted: ShareState) -> bool:
    """Whether this is a step forward; staying as it is is none."""
    return wanted in _NEXT[state]


def is_live(state: str) -> bool:
    """Whether its link leads somewhere, and what happens to it counts."""
    return state in ("pending", "published")


def may_see(visibility: str, state: str, owner: str, viewer: str | None, *, host: bool) -> bool:
    """Whether somebody may read a share by its id.

    The host and the sharer always may. Others see what is public and out. Friends are people whom
    another part knows, so that until asked here a share for friends is not for anybody else.
    """
    if host or viewer == owner:
        return True
    return visibility == "public" and state == "published"
