"""Forgetting a user's inbox, and what others' messages say of them."""

from __future__ import annotations

import msgspec

from groundswell.log.forgetting import pattern
from groundswell.store import BIGINT, TEXT, Statement, Transaction
from groundswell.store.commands import EventTail
from groundswell.store.persons import Eraser, Erasure, Trail

_OWN = (
    *("inbox_messages", "inbox_devices", "inbox_deliveries", "inbox_preferences"),
    *("push_endpoints", "push_queue", "inbox_users"),
)
DELETE = {
    table: Statement(f"DELETE FROM {table} WHERE user_id = :user_id RETURNING user_id")  # noqa: S608
    for table in _OWN
}
FIND_MENTIONS = Statement(
    """
    SELECT log_seq FROM inbox_messages
    WHERE log_seq > :after AND data LIKE :pattern ESCAPE '!'
    """
)
READ = Statement(
    """
    SELECT m.user_id, m.seq, m.data FROM {rows} r JOIN inbox_messages m ON m.log_seq = r.log_seq
    WHERE m.data IS NOT NULL
    """,
    rows={"log_seq": BIGINT},
)
SET_DATA = Statement(
    """
    UPDATE inbox_messages SET data = r.data FROM {rows} r
    WHERE inbox_messages.user_id = r.user_id AND inbox_messages.seq = r.seq
    """,
    rows={"user_id": TEXT, "seq": BIGINT, "data": TEXT},
)


async def find(tx: Transaction, erasure: Erasure, after: int) -> Trail:
    """Messages of anybody that name somebody, beyond a place in the log."""
    found: set[int] = set()
    for needle in erasure.needles:
        rows = await tx.fetch(FIND_MENTIONS, after=after, pattern=pattern(needle))
        found.update(row[0] for row in rows)
    return {"inbox_messages": sorted(found)}


async def erase(tx: Transaction, erasure: Erasure, trail: Trail, _: EventTail) -> int:
    """Forget somebody."""
    touched = 0
    if erasure.user_id is not None:
        for statement in DELETE.values():
            touched += len(await tx.fetch(statement, user_id=erasure.user_id))
    return touched + await _mentions(tx, erasure, trail)


async def _mentions(tx: Transaction, erasure: Erasure, trail: Trail) -> int:
    places = [(seq,) for seq in trail.get("inbox_messages", ())]
    if not places:
        return 0
    changed = []
    for user, seq, data in await tx.fetch(READ, rows=places):
        before = msgspec.json.decode(data)
        after = erasure.forgetting.of_data(before)
        if after != before:
            changed.append((user, seq, msgspec.json.encode(after).decode()))
    if changed:
        await tx.fetch(SET_DATA, rows=changed)
    return len(changed)


INBOX_ERASER = Eraser("inbox", erase, find)
