"""Taking what people did out of the feed, while everything stays counted."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import msgspec

from groundswell.contract.events import EVENT_TYPES, Event
from groundswell.contract.events.engagement import ActivityRetracted
from groundswell.log.rewriting import rewrite
from groundswell.store import BIGINT, Statement, Transaction
from groundswell.store.commands import EventTail

# ix_activity_feed_actor_id
FIND = Statement("SELECT id, activity_type FROM activity_feed WHERE actor_id = :user_id")
DELETE = Statement(
    "DELETE FROM activity_feed WHERE id IN (SELECT r.id FROM {rows} r) RETURNING id",
    rows={"id": BIGINT},
)
READ = Statement(
    "SELECT e.seq, e.event_type, e.payload FROM {rows} r JOIN event_log e ON e.seq = r.seq",
    rows={"seq": BIGINT},
)

_PORTION = 500


async def withdraw(
    transaction: Transaction,
    user_id: str,
    verbs: Collection[str] | None,
    tail: EventTail,
    at: int,
) -> None:
    """Take a user's items out of the feed: those of some verbs, or all with None."""
    rows = await transaction.fetch(FIND, user_id=user_id)
    ids = [id_ for id_, verb in rows if verbs is None or verb in verbs]
    await take_out(transaction, ids, tail, at)


async def take_out(transaction: Transaction, ids: Iterable[int], tail: EventTail, at: int) -> int:
    """Delete items of the feed and say so; how many there were.

    The log must not tell of them again either, to those who catch up.
    """
    gone = sorted(row[0] for row in await transaction.fetch(DELETE, rows=[(one,) for one in ids]))
    for start in range(0, len(gone), _PORTION):
        portion = gone[start : start + _PORTION]
        told = await transaction.fetch(READ, rows=[(seq,) for seq in portion])
        unseen = ((seq, _untold(event_type, payload)) for seq, event_type, payload in told)
        await rewrite(transaction, [(seq, event) for seq, event in unseen if event is not None])
        tail.append(ActivityRetracted(activity_ids=tuple(portion)), at)
    return len(gone)


def _untold(event_type: str, payload: str) -> Event | None:
    event = msgspec.json.decode(payload, type=EVENT_TYPES[event_type])
    if not getattr(event, "in_feed", False):
        return None
    hidden = {"in_feed": False, **({"location": None} if hasattr(event, "location") else {})}
    return msgspec.structs.replace(event, **hidden)
