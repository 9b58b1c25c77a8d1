"""Checking inboxes against themselves and against the event log, in one snapshot."""

from __future__ import annotations

from dataclasses import dataclass

from groundswell.store import Statement, Store

# Messages are numbered without a gap from the first one kept to the newest.
GAPS = Statement(
    """
    SELECT u.user_id, u.seq - u.trimmed, COUNT(m.seq),
      COALESCE(MIN(m.seq), u.trimmed + 1), COALESCE(MAX(m.seq), u.trimmed)
    FROM inbox_users u LEFT JOIN inbox_messages m ON m.user_id = u.user_id
    GROUP BY u.user_id, u.seq, u.trimmed
    HAVING COUNT(m.seq) <> u.seq - u.trimmed
      OR COALESCE(MIN(m.seq), u.trimmed + 1) <> u.trimmed + 1
      OR COALESCE(MAX(m.seq), u.trimmed) <> u.seq
    """
)
HOMELESS = Statement(
    """
    SELECT DISTINCT m.user_id FROM inbox_messages m
    WHERE NOT EXISTS (SELECT 1 FROM inbox_users u WHERE u.user_id = m.user_id)
    """
)
# Each message was told by the event at its place in the log, in the order of the numbers.
UNTOLD = Statement(
    """
    SELECT m.user_id, m.seq FROM inbox_messages m
    LEFT JOIN event_log e ON e.seq = m.log_seq AND e.event_type = 'inbox.message.filed'
      AND e.partition_key = 'user.' || m.user_id
    WHERE e.seq IS NULL
    """
)
OUT_OF_ORDER = Statement(
    """
    SELECT user_id, seq FROM (
      SELECT user_id, seq, log_seq,
        LAG(log_seq) OVER (PARTITION BY user_id ORDER BY seq) AS before
      FROM inbox_messages
    ) x WHERE before >= log_seq
    """
)
# What a device acknowledged, no device is still told of as if nobody had.
UNSETTLED = Statement(
    """
    SELECT DISTINCT m.user_id, m.seq FROM inbox_messages m
    JOIN inbox_deliveries d ON d.user_id = m.user_id AND d.seq = m.seq
    WHERE d.acked_at IS NOT NULL AND m.acked_at IS NULL
    """
)
COUNT = Statement("SELECT COUNT(*) FROM inbox_messages")


@dataclass(frozen=True, slots=True)
class InboxDifference:
    """Something in an inbox that should not be so."""

    what: str
    where: str

    def __str__(self) -> str:
        return f"{self.what}: {self.where}"


async def audit_inboxes(store: Store) -> tuple[int, list[InboxDifference]]:
    """How many messages were looked at, and what is wrong."""
    async with store.reading() as tx:
        found = [
            InboxDifference("numbers with a gap", f"user {row[0]}") for row in await tx.fetch(GAPS)
        ]
        found += [
            InboxDifference("messages without an inbox", f"user {row[0]}")
            for row in await tx.fetch(HOMELESS)
        ]
        for what, statement in (
            ("message without its event", UNTOLD),
            ("message out of order in the log", OUT_OF_ORDER),
            ("acknowledgement without effect", UNSETTLED),
        ):
            found += [
                InboxDifference(what, f"user {row[0]}, number {row[1]}")
                for row in await tx.fetch(statement)
            ]
        return (await tx.fetch(COUNT))[0][0], found
