"""Reading who knows whom."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

import msgspec

from groundswell.contract.paging import NEWEST, Page, page_of, place_of
from groundswell.contract.times import Clock, to_rfc3339
from groundswell.domains.network.rows import standing
from groundswell.domains.network.statements import (
    BLOCKS,
    EXPORT,
    EXPORT_COLLABORATIONS,
    EXPORT_SUGGESTIONS,
    PAGE,
    SUGGESTIONS,
)
from groundswell.domains.network.views import (
    BlockView,
    FriendView,
    PersonSuggestion,
    Standing,
)
from groundswell.store import Row, Store

_ALL: Final = 2**31 - 1

Present = Callable[[Sequence[str]], Awaitable[Mapping[str, str]]]
"""As what users show themselves to their friends now; who is not to be seen is missing."""


class NetworkQueries:
    """Who knows whom now.

    Args:
        store: the database.
        clock: the time.
        present: who shows themselves to their friends.
    """

    def __init__(self, store: Store, clock: Clock, present: Present) -> None:
        self._store = store
        self._clock = clock
        self._present = present

    async def friends(
        self, user_id: str, wanted: Standing, limit: int, cursor: str | None
    ) -> Page[FriendView]:
        """Friends with their presence, or requests; the latest first.

        Raises:
            Invalid: the cursor is none of this list.
        """
        at, before = place_of(cursor)
        established = wanted == "established"
        found = await self._store.fetch(
            PAGE,
            user_id=user_id,
            state="established" if established else "requested",
            side="" if established else wanted,
            before_at=at,
            before_id=before,
            limit=limit + 1,
        )
        friends = [row[0] for row in found[:limit]] if established else []
        seen = await self._present(friends) if friends else {}
        return page_of(
            found,
            limit,
            to_rfc3339(self._clock()),
            show=lambda row: _friend(row, user_id, seen.get(row[0])),
            place=lambda row: (row[4], row[0]),
        )

    async def blocks(self, user_id: str, limit: int, cursor: str | None) -> Page[BlockView]:
        """Whom a user blocks, the latest first.

        Raises:
            Invalid: the cursor is none of this list.
        """
        at, before = place_of(cursor)
        found = await self._store.fetch(
            BLOCKS, user_id=user_id, before_at=at, before_id=before, limit=limit + 1
        )
        return page_of(
            found,
            limit,
            to_rfc3339(self._clock()),
            show=lambda row: BlockView(user_id=row[0], since=to_rfc3339(row[1])),
            place=lambda row: (row[1], row[0]),
        )

    async def suggestions(
        self, user_id: str, limit: int, cursor: str | None
    ) -> Page[PersonSuggestion]:
        """Whom a user may want to know, newest first; nobody of whom one blocks the other.

        Raises:
            Invalid: the cursor is none of this list.
        """
        now = self._clock()
        at, before = place_of(cursor)
        found = await self._store.fetch(
            SUGGESTIONS,
            user_id=user_id,
            now=now,
            before_at=at,
            before_id=before,
            limit=limit + 1,
        )
        return page_of(
            found, limit, to_rfc3339(now), show=_suggestion, place=lambda row: (row[4], row[0])
        )

    async def export(self, user_id: str) -> Mapping[str, Any]:
        """Everything about a user: whom they know, block and worked with; what was suggested."""
        at, before = NEWEST
        async with self._store.reading() as tx:
            known = await tx.fetch(EXPORT, user_id=user_id)
            blocked = await tx.fetch(
                BLOCKS, user_id=user_id, before_at=at, before_id=before, limit=_ALL
            )
            suggested = await tx.fetch(EXPORT_SUGGESTIONS, user_id=user_id)
            worked = await tx.fetch(EXPORT_COLLABORATIONS, user_id=user_id)
        return {
            "connections": [msgspec.to_builtins(_friend(row, user_id, None)) for row in known],
            "blocks": [{"userId": one, "since": to_rfc3339(at)} for one, at in blocked],
            "suggestions": [
                {"kind": kind, "subjectId": subject, "reason": reason, "state": state}
                | {"createdAt": to_rfc3339(at)}
                for kind, subject, reason, state, at in suggested
            ],
            "collaborations": [
                {"projectId": project, "partnerId": partner, "ownerId": owner}
                | {"at": to_rfc3339(at)}
                for project, partner, owner, at in worked
            ],
        }


def _friend(row: Row, user_id: str, presence: str | None) -> FriendView:
    other, state, requested_by, via, at = row
    return FriendView(
        user_id=other,
        state=standing(state, requested_by, user_id),
        via=via,
        since=to_rfc3339(at),
        presence=presence,
    )


def _suggestion(row: Row) -> PersonSuggestion:
    suggestion, kind, subject, reason, created_at, expires_at = row
    return PersonSuggestion(
        suggestion_id=suggestion,
        kind=kind,
        subject_id=subject,
        reason=reason,
        created_at=to_rfc3339(created_at),
        expires_at=to_rfc3339(expires_at),
    )
