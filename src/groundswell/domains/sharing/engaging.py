"""Counting what happens to shares on platforms: each once, whenever it comes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

import msgspec

from groundswell.contract.events.sharing import Engager, ShareEngaged
from groundswell.contract.times import DAY
from groundswell.domains.sharing.commands import DropExpired, Engagement, RecordEngagements
from groundswell.domains.sharing.rows import ShareRow
from groundswell.domains.sharing.statements import (
    ADD_ENGAGEMENTS,
    COUNT_ENGAGEMENTS,
    COUNT_PARKED,
    COUNT_WAITING,
    DROP_PARKED,
    FIND_BY_IDS,
    FIND_BY_POSTS,
    FORGET_VISITS,
    PARK,
    TAKE_PARKED,
)
from groundswell.domains.sharing.states import is_live
from groundswell.domains.sharing.views import Dropped, Taken
from groundswell.store import Transaction
from groundswell.store.commands import EventTail

PARKED_FOR: Final = DAY
MOST_PARKED: Final = 10_000
"""How much may wait per platform; more is dropped, so that nobody can fill the database."""

POST: Final = "post:"
"""How a reference begins that names a post instead of a share."""

_ANY = ""

Count = tuple["Target", Engagement]


class Target(msgspec.Struct, frozen=True, gc=False):
    """A share that something happened to."""

    share_id: str
    user_id: str
    platform: str
    state: str
    engagements: int


async def record_engagements(
    transaction: Transaction, command: RecordEngagements, tail: EventTail
) -> Taken:
    """Count what concerns live shares, park what concerns unknown ones."""
    told = command.engagements
    platform = command.platform or _ANY
    targets = await _targets(transaction, platform, told)
    known = [(targets[one.reference], one) for one in told if one.reference in targets]
    live = [pair for pair in known if is_live(pair[0].state)]
    unknown = [one for one in told if one.reference not in targets]
    accepted = await _count(transaction, live, command.at, tail)
    parked, dropped = await _park(transaction, platform, unknown, command.at)
    discarded = len(known) - len(live) + dropped
    return Taken(
        accepted=accepted,
        repeated=len(told) - accepted - parked - discarded,
        parked=parked,
        discarded=discarded,
    )


async def apply_parked(
    transaction: Transaction, share: ShareRow, reference: str, at: int, tail: EventTail
) -> None:
    """Count what came before the share was known by this reference, if it is not too old."""
    rows = await transaction.fetch(TAKE_PARKED, platform=share.platform, reference=reference)
    target = Target(share.share_id, share.user_id, share.platform, share.state, share.engagements)
    waiting = [
        (target, Engagement(reference=reference, platform_event_id=event, engagement_type=kind,
                            engager=msgspec.json.decode(engager, type=Engager), at=happened))
        for event, kind, engager, happened, parked_at in sorted(map(tuple, rows))
        if parked_at + PARKED_FOR > at
    ]  # fmt: skip
    await _count(transaction, waiting, at, tail)


async def drop_expired(transaction: Transaction, command: DropExpired, _: EventTail) -> Dropped:
    """Forget what waited in vain, and visits that no longer hold back others."""
    await transaction.write(FORGET_VISITS, now=command.at)
    gone = await transaction.fetch(DROP_PARKED, before=command.at - PARKED_FOR)
    waiting = await transaction.fetch(COUNT_WAITING)
    return Dropped(dropped=len(gone), waiting=waiting[0][0])


async def _targets(
    transaction: Transaction, platform: str, told: Sequence[Engagement]
) -> dict[str, Target]:
    references = sorted({one.reference for one in told})
    posts = [(one, one.removeprefix(POST)) for one in references if one.startswith(POST)]
    ids = [(one,) for one in references if not one.startswith(POST)]
    rows = []
    if ids:
        rows += await transaction.fetch(FIND_BY_IDS, rows=ids, platform=platform)
    if posts:
        rows += await transaction.fetch(FIND_BY_POSTS, rows=posts, platform=platform)
    return {reference: Target(*rest) for reference, *rest in rows}


async def _count(transaction: Transaction, live: Sequence[Count], at: int, tail: EventTail) -> int:
    """Store what is new, and tell the sharers; the number of new ones."""
    if not live:
        return 0
    rows = [
        (
            target.share_id,
            one.platform_event_id,
            one.engagement_type,
            msgspec.json.encode(one.engager).decode(),
            min(one.at, at),
            at,
        )
        for target, one in live
    ]
    stored = await transaction.fetch(ADD_ENGAGEMENTS, rows=rows)
    fresh = {(share, event) for share, event in stored}
    more: Counter[str] = Counter()
    for target, one in live:
        key = (target.share_id, one.platform_event_id)
        if key in fresh:
            fresh.remove(key)
            more[target.share_id] += 1
            tail.append(_event(target, one, target.engagements + more[target.share_id]), at)
    if more:
        await transaction.fetch(COUNT_ENGAGEMENTS, rows=sorted(more.items()))
    return more.total()


async def _park(
    transaction: Transaction, platform: str, unknown: Sequence[Engagement], at: int
) -> tuple[int, int]:
    """How many wait now that did not, and how many found no room."""
    if not unknown:
        return 0, 0
    waiting = await transaction.fetch(COUNT_PARKED, platform=platform)
    room = max(0, MOST_PARKED - waiting[0][0])
    rows = [
        (
            platform,
            one.platform_event_id,
            one.reference,
            one.engagement_type,
            msgspec.json.encode(one.engager).decode(),
            min(one.at, at),
            at,
        )
        for one in unknown[:room]
    ]
    parked = await transaction.fetch(PARK, rows=rows) if rows else []
    return len(parked), len(unknown) - len(rows)


def _event(target: Target, one: Engagement, count: int) -> ShareEngaged:
    return ShareEngaged(
        user_id=target.user_id,
        share_id=target.share_id,
        engagement_type=one.engagement_type,
        engager_info=one.engager,
        platform=target.platform,
        platform_event_id=one.platform_event_id,
        count=count,
    )
