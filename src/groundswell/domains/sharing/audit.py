"""Recomputing what is kept of shares from the log and from what was stored one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final

from groundswell.contract.events import Event
from groundswell.contract.events import sharing as events
from groundswell.domains.sharing.statements import AUDIT
from groundswell.log.reader import EventLog
from groundswell.store import Store

Kept = tuple[str, int, int, int]
"""State, clicks, views and engagements."""

_STATES: Final[Mapping[type[Event], str]] = {
    events.SharePublished: "published",
    events.ShareFailed: "failed",
    events.ShareDeleted: "deleted",
}

_KINDS: Final[tuple[type[Event], ...]] = (
    events.ShareCreated,
    *_STATES,
    events.ShareEngaged,
    events.ShareFollowed,
)


async def audit_sharing(store: Store, log: EventLog) -> list[str]:
    """A line for each share that is not as the log says, or whose engagements do not add up."""
    told = await from_log(log)
    rows = await store.fetch(AUDIT)
    kept: dict[str, Kept] = {row[0]: (row[1], row[2], row[3], row[4]) for row in rows}
    stored = {row[0]: row[5] for row in rows}
    lines = [
        f"share {share_id}: kept {kept.get(share_id)}, by the log {told.get(share_id)}"
        for share_id in sorted(kept.keys() | told.keys())
        if kept.get(share_id) != told.get(share_id)
    ]
    return lines + [
        f"share {share_id}: {kept[share_id][3]} engagements counted, {count} stored"
        for share_id, count in sorted(stored.items())
        if kept[share_id][3] != count
    ]


async def from_log(log: EventLog) -> dict[str, Kept]:
    """What the log says of every share."""
    states: dict[str, str] = {}
    clicks: Counter[str] = Counter()
    views: Counter[str] = Counter()
    engagements: Counter[str] = Counter()
    async for logged in log.of(*_KINDS):
        event = logged.event
        match event:
            case events.ShareCreated():
                states[event.share_id] = event.state
            case events.SharePublished() | events.ShareFailed() | events.ShareDeleted():
                states[event.share_id] = _STATES[type(event)]
            case events.ShareEngaged():
                engagements[event.share_id] += 1
            case events.ShareFollowed():
                views[event.share_id] += 1
                clicks[event.share_id] += event.counted
            case _:
                pass
    return {
        one: (state, clicks[one], views[one], engagements[one]) for one, state in states.items()
    }
