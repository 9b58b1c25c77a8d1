"""Whose presence whom concerns: everybody has a scope of their own, for their friends to watch."""

from __future__ import annotations

from typing import Final

from groundswell.domains.network.rows import are_friends
from groundswell.store import Store

FRIENDS_SCOPE: Final = "friends-"


def scope_of(user_id: str) -> str:
    """The scope in which a user shows themselves to their friends."""
    return FRIENDS_SCOPE + user_id


def owner_of(scope: str) -> str | None:
    """Whose scope it is; None for one that is nobody's."""
    return scope.removeprefix(FRIENDS_SCOPE) if scope.startswith(FRIENDS_SCOPE) else None


async def may_watch(store: Store, scope: str, viewer_id: str | None) -> bool:
    """Whether somebody may see who is present in a scope: in their own, and in those of friends of
    whom neither blocks the other. Asked again before what changed is told."""
    owner = owner_of(scope)
    if viewer_id is None or owner is None:
        return False
    if owner == viewer_id:
        return True
    async with store.reading() as tx:
        return await are_friends(tx, owner, viewer_id)
