"""Counting who follows links: people, once an hour each."""

from __future__ import annotations

from typing import Final

from groundswell.contract.errors import GroundswellError
from groundswell.contract.events.sharing import ShareFollowed
from groundswell.contract.times import HOUR
from groundswell.domains.sharing.commands import FollowLink
from groundswell.domains.sharing.refusals import ShareNotFound
from groundswell.domains.sharing.rows import find
from groundswell.domains.sharing.statements import COUNT_FOLLOWED, VISIT
from groundswell.domains.sharing.states import is_live
from groundswell.domains.sharing.views import Followed
from groundswell.store import Transaction
from groundswell.store.commands import EventTail

REPEAT: Final = HOUR
"""How long somebody is not counted again; a rolling window that ends exactly after it."""

REPEATED: Final = "repeat"


async def follow_link(
    transaction: Transaction, command: FollowLink, tail: EventTail
) -> Followed | GroundswellError:
    """Count a request for a link: always as a view, and as a click if it was a person's."""
    share = await find(transaction, command.share_id)
    if share is None or not is_live(share.state):
        return ShareNotFound()
    discarded = command.discard_reason or await _repeat(transaction, command)
    rows = await transaction.fetch(
        COUNT_FOLLOWED, share_id=share.share_id, clicks=int(discarded is None)
    )
    clicks, views = rows[0]
    event = ShareFollowed(
        user_id=share.user_id,
        share_id=share.share_id,
        counted=discarded is None,
        discard_reason=discarded,
        clicks=clicks,
        views=views,
    )
    tail.append(event, command.at)
    return Followed(counted=event.counted, clicks=clicks, views=views)


async def _repeat(transaction: Transaction, command: FollowLink) -> str | None:
    first = await transaction.fetch(
        VISIT,
        share_id=command.share_id,
        visitor=command.visitor,
        now=command.at,
        expires_at=command.at + REPEAT,
    )
    return None if first else REPEATED
