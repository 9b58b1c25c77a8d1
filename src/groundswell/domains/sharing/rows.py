"""A share as it is stored."""

from __future__ import annotations

from typing import Any

import msgspec

from groundswell.contract.times import to_rfc3339
from groundswell.domains.sharing.statements import ENGAGEMENT_TYPES, FIND
from groundswell.domains.sharing.views import ShareView
from groundswell.store import Row, Transaction


class ShareRow(msgspec.Struct, frozen=True, gc=False):
    """The columns of ``SHARE_COLUMNS``, in order."""

    share_id: str
    user_id: str
    content_type: str
    content_id: str
    platform: str
    share_format: str
    visibility: str
    state: str
    reason: str | None
    metadata: str
    external_id: str | None
    created_at: int
    clicks: int
    views: int
    engagements: int

    def view(self, engagement_types: dict[str, int] | None = None) -> ShareView:
        """As it is shown. The link is for those to add who know where this service is reached."""
        return ShareView(
            share_id=self.share_id,
            user_id=self.user_id,
            content_type=self.content_type,
            content_id=self.content_id,
            platform=self.platform,
            share_format=self.share_format,
            visibility=self.visibility,
            state=self.state,
            reason=self.reason,
            metadata=self.details(),
            created_at=to_rfc3339(self.created_at),
            clicks=self.clicks,
            views=self.views,
            engagements=self.engagements,
            engagement_types=engagement_types or {},
        )

    def details(self) -> dict[str, Any]:
        """The metadata."""
        found: dict[str, Any] = msgspec.json.decode(self.metadata)
        return found


def row_of(row: Row) -> ShareRow:
    """The share of a row of ``SHARE_COLUMNS``."""
    return ShareRow(*row)


async def find(transaction: Transaction, share_id: str) -> ShareRow | None:
    """The share of this id."""
    rows = await transaction.fetch(FIND, share_id=share_id)
    return row_of(rows[0]) if rows else None


async def engagement_types(
    transaction: Transaction, share_ids: list[str]
) -> dict[str, dict[str, int]]:
    """How often what happened to each of these shares."""
    counts: dict[str, dict[str, int]] = {share_id: {} for share_id in share_ids}
    rows = await transaction.fetch(ENGAGEMENT_TYPES, rows=[(one,) for one in share_ids])
    for share_id, kind, count in sorted(map(tuple, rows)):
        counts[share_id][kind] = count
    return counts


async def shown(transaction: Transaction, share_id: str) -> ShareView | None:
    """The share of this id as it is now, with all its figures."""
    share = await find(transaction, share_id)
    if share is None:
        return None
    return share.view((await engagement_types(transaction, [share_id]))[share_id])
