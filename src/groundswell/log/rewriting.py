"""The one exception to a log that only grows: taking out of an event what may be kept no longer."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from groundswell.contract.events import Event
from groundswell.store import BIGINT, TEXT, Statement, Transaction

REWRITE = Statement(
    """
    UPDATE event_log SET payload = r.payload FROM {rows} r
    WHERE event_log.seq = r.seq AND event_log.event_type = r.event_type
    """,
    rows={"seq": BIGINT, "event_type": TEXT, "payload": TEXT},
)

_encode = msgspec.json.Encoder().encode


async def rewrite(transaction: Transaction, events: Sequence[tuple[int, Event]]) -> None:
    """Put these events, each of the same type as before, in place of those that stand there.

    Order, ids and times stay. Readers that hold the old text in memory keep it until they restart.
    """
    rows = [(seq, event.event_type, _encode(event).decode()) for seq, event in events]
    await transaction.fetch(REWRITE, rows=rows)
