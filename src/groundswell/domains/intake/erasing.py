"""Where the intake names people: in ids of events, as far as the host made them of users' ids."""

from __future__ import annotations

from groundswell.log.forgetting import contained, pattern
from groundswell.store import BIGINT, TEXT, Statement, Transaction
from groundswell.store.commands import EventTail
from groundswell.store.persons import Eraser, Erasure, Trail

# The log is searched as for its own sake; among what it finds only ids with the user's in them.
FIND = Statement(
    """
    SELECT i.seq FROM event_log e JOIN intake_events i ON i.seq = e.seq
    WHERE e.seq > :after AND e.payload LIKE :pattern ESCAPE '!'
      AND (i.source_id LIKE :part ESCAPE '!' OR i.source LIKE :part ESCAPE '!')
    """
)
READ = Statement(
    """
    SELECT i.source, i.source_id FROM {rows} r JOIN intake_events i ON i.seq = r.seq
    """,
    rows={"seq": BIGINT},
)
RENAME = Statement(
    """
    UPDATE intake_events SET source = r.new_source, source_id = r.new_id FROM {rows} r
    WHERE intake_events.source = r.source AND intake_events.source_id = r.source_id
    """,
    rows={"source": TEXT, "source_id": TEXT, "new_source": TEXT, "new_id": TEXT},
)


async def find(tx: Transaction, erasure: Erasure, after: int) -> Trail:
    """The events of the host that name somebody, also in their ids."""
    name = erasure.user_id
    if name is None:
        return {}
    rows = await tx.fetch(FIND, after=after, pattern=pattern(name), part=contained(name))
    return {"intake_events": sorted(row[0] for row in rows)}


async def forget(tx: Transaction, erasure: Erasure, trail: Trail, _: EventTail) -> int:
    """Give these events other ids; what is told again of somebody forgotten is news."""
    seqs = trail.get("intake_events", ())
    rows = await tx.fetch(READ, rows=[(seq,) for seq in seqs]) if seqs else []
    without = erasure.forgetting.of_id
    changed = [
        (source, name, without(source), without(name))
        for source, name in rows
        if (without(source), without(name)) != (source, name)
    ]
    if changed:
        await tx.write(RENAME, rows=changed)
    return len(changed)


INTAKE_ERASER = Eraser("intake", forget, find)
