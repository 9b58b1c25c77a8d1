"""Whose presence whom concerns: everybody has a scope of their own, for their friends to watch."""

from __future__ import annotations

from typing import Final

from groundswell.domains.network.rows import are_friends
from groundswell.store import Store

FRIENDS_SCOPE: Final = "friends-"


def scope_of(user_id: str) -> str:
    """The scope in which a user shows themselves to their friends."""
    return FRIENDS_SCOPE + user_id


async def may_watch(store: Store, scope: str, viewer_id: str | None) -> bool:
    """Whether somebody may see who is present in a scope: in their own, and in those of friends of
    whom neither blocks the other. Asked again before what changed is told."""
    if viewer_id is None or not scope.startswith(FRIENDS_SCOPE):
        return False
    owner = scope.removeprefix(FRIENDS_SCOPE)
    if owner == viewer_id:
        return True
    async with store.reading() as tx:
        return await are_friends(tx, owner, viewer_id)
