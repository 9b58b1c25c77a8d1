"""The states of a share, and who may see one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from groundswell.contract.privacy import Audience

ShareState = Literal["pending", "published", "failed", "deleted"]

_NEXT: Mapping[str, frozenset[str]] = {
    "pending": frozenset({"published", "failed"}),
    "published": frozenset({"deleted"}),
    "failed": frozenset(),
    "deleted": frozenset(),
}

_WIDTH: Final[Mapping[str, int]] = {"private": 0, "friends": 1, "public": 2}
_AUDIENCES: Final[Mapping[Audience, int]] = {"nobody": 0, "friends": 1, "everyone": 2}


def may_become(state: str, wanted: ShareState) -> bool:
    """Whether this is a step forward; staying as it is is none."""
    return wanted in _NEXT[state]


def is_live(state: str) -> bool:
    """Whether its link leads somewhere, and what happens to it counts."""
    return state in ("pending", "published")


def narrowed(visibility: str, wish: Audience) -> str:
    """For whom a share is: for those whom its own visibility and the sharer's wish both allow."""
    allowed = min(_WIDTH[visibility], _AUDIENCES[wish])
    return next(name for name, width in _WIDTH.items() if width == allowed)


def may_see(
    visibility: str,
    state: str,
    owner: str,
    viewer: str | None,
    *,
    host: bool,
    friends: bool = False,
) -> bool:
    """Whether somebody may read a share by its id.

    The host and the sharer always may. Others see what is out: what is public, and what is for
    friends if they are ``friends`` of the sharer.
    """
    if host or viewer == owner:
        return True
    if state != "published":
        return False
    return visibility == "public" or (visibility == "friends" and friends)
