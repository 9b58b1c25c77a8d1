"""Recomputing who knows and blocks whom from the log."""

from __future__ import annotations

from groundswell.contract.events import network as events
from groundswell.contract.events.privacy import PrivacyErasureCompleted
from groundswell.domains.network.friendship import pair
from groundswell.domains.network.statements import AUDIT, AUDIT_BLOCKS
from groundswell.log.reader import EventLog
from groundswell.store import Store

Known = dict[tuple[str, str], str]
Blocks = set[tuple[str, str]]

_KINDS = (events.OfPair, events.UserBlocked, events.UserUnblocked, PrivacyErasureCompleted)


async def audit_network(store: Store, log: EventLog) -> list[str]:
    """A line for each two who are not to each other what the log says."""
    told, told_blocks = await from_log(log)
    async with store.reading() as tx:
        kept: Known = {(row[0], row[1]): row[2] for row in await tx.fetch(AUDIT)}
        blocks: Blocks = {(row[0], row[1]) for row in await tx.fetch(AUDIT_BLOCKS)}
    lines = [
        f"connection {low} {high}: kept {kept.get((low, high))}, by the log {told.get((low, high))}"
        for low, high in sorted(kept.keys() | told.keys())
        if kept.get((low, high)) != told.get((low, high))
    ]
    return lines + [
        f"block of {blocked} by {user}: is kept or logged, not both"
        for user, blocked in sorted(blocks ^ told_blocks)
    ]


async def from_log(log: EventLog) -> tuple[Known, Blocks]:
    """Who knows and blocks whom, by the log; nobody knows or blocks who was forgotten."""
    known: Known = {}
    blocks: Blocks = set()
    gone: set[str] = set()
    async for logged in log.of(*_KINDS):
        match logged.event:
            case events.ConnectionRequested() as event:
                known[pair(event.user_id, event.friend_id)] = "requested"
            case events.ConnectionEstablished() as event:
                known[pair(event.user_id, event.friend_id)] = "established"
            case events.ConnectionRemoved() as event:
                known.pop(pair(event.user_id, event.friend_id), None)
            case events.UserBlocked() as event:
                blocks.add((event.user_id, event.subject_id))
            case events.UserUnblocked() as event:
                blocks.discard((event.user_id, event.subject_id))
            case PrivacyErasureCompleted() as event:
                gone.add(event.tombstone)
            case _:
                pass
    left = {two: state for two, state in known.items() if gone.isdisjoint(two)}
    return left, {two for two in blocks if gone.isdisjoint(two)}
