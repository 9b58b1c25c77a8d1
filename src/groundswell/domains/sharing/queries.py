"""Reading shares and suggestions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from groundswell.contract.paging import Page, page_of, place_of
from groundswell.contract.privacy import OPEN
from groundswell.contract.times import Clock, to_rfc3339
from groundswell.domains.sharing import rows
from groundswell.domains.sharing.refusals import ShareNotFound
from groundswell.domains.sharing.rows import ShareRow
from groundswell.domains.sharing.statements import (
    EXPORT_ENGAGEMENTS,
    EXPORT_SHARES,
    EXPORT_SUGGESTIONS,
    PAGE,
    SUGGESTIONS,
)
from groundswell.domains.sharing.states import may_see, narrowed
from groundswell.domains.sharing.views import (
    ShareView,
    SuggestionView,
)
from groundswell.store import Row, Store, Transaction
from groundswell.store.persons import AreFriends, Discretions, no_friends, nobody_wishes


class SharingQueries:
    """What is shared and suggested now.

    Args:
        store: the database.
        clock: the time.
        are_friends: who may read what is for friends.
        discretions: what sharers wish of all their shares.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        are_friends: AreFriends = no_friends,
        discretions: Discretions = nobody_wishes,
    ) -> None:
        self._store = store
        self._clock = clock
        self._are_friends = are_friends
        self._discretions = discretions

    async def row(self, share_id: str) -> ShareRow:
        """A share as it is stored.

        Raises:
            ShareNotFound: there is none.
        """
        async with self._store.reading() as tx:
            found = await rows.find(tx, share_id)
        if found is None:
            raise ShareNotFound
        return found

    async def share(self, share_id: str) -> ShareView:
        """A share with all its figures, whoever asks.

        Raises:
            ShareNotFound: there is none.
        """
        return await self.shown_to(share_id, None, host=True)

    async def shown_to(self, share_id: str, viewer: str | None, *, host: bool) -> ShareView:
        """A share with all its figures, to those who may see it.

        Raises:
            ShareNotFound: there is none, or not for this viewer.
        """
        async with self._store.reading() as tx:
            found = await rows.shown(tx, share_id)
            if found is None or not await self._is_for(tx, found, viewer, host=host):
                raise ShareNotFound
        return found

    async def _is_for(
        self, tx: Transaction, share: ShareView, viewer: str | None, *, host: bool
    ) -> bool:
        """Decided by what is wished and who is a friend now, not when it was shared."""
        owner, state = share.user_id, share.state
        if may_see("private", state, owner, viewer, host=host):
            return True
        wishes = (await self._discretions(tx, (owner,))).get(owner, OPEN)
        visibility = narrowed(share.visibility, wishes.kept_for("share"))
        asked = visibility == "friends" and viewer is not None
        friends = asked and await self._are_friends(tx, owner, viewer or "")
        return may_see(visibility, state, owner, viewer, host=host, friends=friends)

    async def shares(self, user_id: str, limit: int, cursor: str | None) -> Page[ShareView]:
        """A user's shares, newest first; deleted ones are not among them.

        Raises:
            Invalid: the cursor is none of this list.
        """
        at, share_id = place_of(cursor)
        async with self._store.reading() as tx:
            found = [
                rows.row_of(row)
                for row in await tx.fetch(
                    PAGE, user_id=user_id, before_at=at, before_id=share_id, limit=limit + 1
                )
            ]
            types = await rows.engagement_types(tx, [one.share_id for one in found[:limit]])
        return page_of(
            found,
            limit,
            to_rfc3339(self._clock()),
            show=lambda one: one.view(types[one.share_id]),
            place=lambda one: (one.created_at, one.share_id),
        )

    async def export(self, user_id: str) -> Mapping[str, Any]:
        """Everything about a user: their shares, who engaged with them, what was suggested."""
        async with self._store.reading() as tx:
            shares = [rows.row_of(row) for row in await tx.fetch(EXPORT_SHARES, user_id=user_id)]
            types = await rows.engagement_types(tx, [one.share_id for one in shares])
            engagements = await tx.fetch(EXPORT_ENGAGEMENTS, user_id=user_id)
            suggestions = await tx.fetch(EXPORT_SUGGESTIONS, user_id=user_id)
        return {
            "shares": [msgspec.to_builtins(one.view(types[one.share_id])) for one in shares],
            "engagements": [
                {
                    "shareId": share_id,
                    "engagementType": kind,
                    "engagerInfo": msgspec.json.decode(engager),
                    "at": to_rfc3339(at),
                }
                for share_id, kind, engager, at in engagements
            ],
            "suggestions": [
                {
                    "suggestionId": suggestion,
                    "kind": kind,
                    "subjectId": subject,
                    "reason": reason,
                    "state": state,
                    "createdAt": to_rfc3339(at),
                }
                for suggestion, kind, subject, reason, state, at in suggestions
            ],
        }

    async def suggestions(
        self, user_id: str, limit: int, cursor: str | None
    ) -> Page[SuggestionView]:
        """What a user may want to do, newest first; not what was dismissed or is out of date.

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
            found, limit, to_rfc3339(now), show=_suggestion, place=lambda row: (row[5], row[0])
        )


def _suggestion(row: Row) -> SuggestionView:
    suggestion, kind, subject, reason, title, created_at, expires_at = row
    return SuggestionView(
        suggestion_id=suggestion,
        kind=kind,
        subject_id=subject,
        reason=reason,
        title=title,
        created_at=to_rfc3339(created_at),
        expires_at=to_rfc3339(expires_at),
    )
