"""The SQL of what waits to be sent, and of what was given up."""

from __future__ import annotations

from groundswell.store import BIGINT, TEXT, Statement

_QUEUE = """
    ON CONFLICT (endpoint_id, seq) DO UPDATE SET
      attempts = 0, due_at = excluded.due_at, dead_at = NULL
"""
QUEUE = Statement(
    """
    INSERT INTO webhook_deliveries (endpoint_id, seq, attempts, due_at, queued_at)
    SELECT r.endpoint_id, r.seq, 0, :now, :now FROM {rows} r WHERE true
    ON CONFLICT (endpoint_id, seq) DO NOTHING
    """,
    rows={"endpoint_id": TEXT, "seq": BIGINT},
)
QUEUE_AGAIN = Statement(
    f"""
    INSERT INTO webhook_deliveries (endpoint_id, seq, attempts, due_at, queued_at)
    SELECT r.endpoint_id, r.seq, 0, :now, :now FROM {{rows}} r WHERE true
    {_QUEUE}
    """,  # noqa: S608 - ours
    rows={"endpoint_id": TEXT, "seq": BIGINT},
)

# Index ix_webhook_deliveries_due.
CLAIM = Statement(
    """
    UPDATE webhook_deliveries SET due_at = :until
    WHERE endpoint_id = :endpoint_id AND seq IN (
      SELECT seq FROM webhook_deliveries WHERE endpoint_id = :endpoint_id AND due_at <= :now
      ORDER BY due_at, seq LIMIT :limit
    )
    RETURNING seq, attempts
    """
)
WAITING = Statement(
    """
    SELECT COUNT(*), MIN(due_at) FROM webhook_deliveries
    WHERE endpoint_id = :endpoint_id AND due_at IS NOT NULL
    """
)
COUNTS = Statement(
    """
    SELECT endpoint_id, COUNT(due_at), COUNT(dead_at) FROM webhook_deliveries GROUP BY endpoint_id
    """
)
DONE = Statement(
    """
    DELETE FROM webhook_deliveries
    WHERE endpoint_id = :endpoint_id AND seq IN (SELECT r.seq FROM {rows} r)
    """,
    rows={"seq": BIGINT},
)
FAILED = Statement(
    """
    UPDATE webhook_deliveries SET attempts = attempts + 1, due_at = r.due_at, dead_at = r.dead_at,
      status = r.status, error = r.error, tried_at = :now
    FROM {rows} r WHERE webhook_deliveries.endpoint_id = :endpoint_id
      AND webhook_deliveries.seq = r.seq
    """,
    rows={"seq": BIGINT, "due_at": BIGINT, "dead_at": BIGINT, "status": BIGINT, "error": TEXT},
)
REMOVE_ALL = Statement("DELETE FROM webhook_deliveries WHERE endpoint_id = :endpoint_id")
FORGET = Statement("DELETE FROM webhook_deliveries WHERE dead_at < :before")

EVENTS = Statement(
    """
    SELECT e.seq, e.event_id, e.event_type, e.at, e.recorded_at, e.payload
    FROM event_log e JOIN {rows} r ON e.seq = r.seq
    """,
    rows={"seq": BIGINT},
)
BY_ID = Statement(
    "SELECT e.event_id, e.seq FROM event_log e JOIN {rows} r ON e.event_id = r.event_id",
    rows={"event_id": TEXT},
)
# A portion of the log from a place on; which of it is wanted is decided outside.
IN_LOG = Statement(
    """
    SELECT seq, event_type, recorded_at FROM event_log
    WHERE seq >= :from_seq AND recorded_at >= :start AND recorded_at < :end
    ORDER BY seq LIMIT :limit
    """
)
DEAD_BETWEEN = Statement(
    """
    SELECT d.seq FROM webhook_deliveries d JOIN event_log e ON e.seq = d.seq
    WHERE d.endpoint_id = :endpoint_id AND d.dead_at IS NOT NULL AND d.seq >= :from_seq
      AND e.recorded_at >= :start AND e.recorded_at < :end
    ORDER BY d.seq LIMIT :limit
    """
)
DEAD = Statement(
    """
    SELECT e.event_id, d.seq, e.event_type, e.at, d.attempts, d.queued_at, d.tried_at, d.dead_at,
      d.status, d.error
    FROM webhook_deliveries d JOIN event_log e ON e.seq = d.seq
    WHERE d.endpoint_id = :endpoint_id
      AND (d.dead_at < :at OR (d.dead_at = :at AND d.seq < :seq))
    ORDER BY d.dead_at DESC, d.seq DESC LIMIT :limit
    """
)
