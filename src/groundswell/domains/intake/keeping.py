"""How long it is known which events of the host were taken in."""

from __future__ import annotations

from collections.abc import Sequence

from groundswell.contract.times import DAY
from groundswell.store import TEXT, Statement
from groundswell.store.forgetting import Kept, always

# ix_intake_events_received_at
FIND = Statement(
    """
    SELECT source, source_id FROM intake_events WHERE received_at <= :before
    ORDER BY received_at LIMIT :portion
    """
)
FORGET = Statement(
    """
    DELETE FROM intake_events WHERE (source, source_id) IN
      (SELECT r.source, r.source_id FROM {rows} r)
    """,
    rows={"source": TEXT, "source_id": TEXT},
)


def taken_in(days: int) -> Sequence[Kept]:
    """The event stays in the log; what is forgotten is that a repeat would be one."""
    return (Kept(FIND, FORGET, always(days * DAY)),)
