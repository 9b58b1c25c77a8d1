"""The SQL of push endpoints and of the queue of pushes."""

from __future__ import annotations

from groundswell.store import BIGINT, TEXT, Statement

QUEUE_PUSHES = Statement(
    """
    INSERT INTO push_queue (endpoint_id, user_id, seq, attempts, due_at)
    SELECT e.endpoint_id, r.user_id, r.seq, 0, r.due_at
    FROM {rows} r JOIN push_endpoints e ON e.user_id = r.user_id
    """,
    rows={"user_id": TEXT, "seq": BIGINT, "due_at": BIGINT},
)
FIND_ENDPOINTS = Statement(
    """
    SELECT endpoint, created_at, expires_at FROM push_endpoints
    WHERE user_id = :user_id ORDER BY created_at, endpoint_id
    """
)
SAVE_ENDPOINT = Statement(
    """
    INSERT INTO push_endpoints
      (endpoint_id, user_id, endpoint, p256dh, auth, expires_at, created_at)
    {values}
    ON CONFLICT (endpoint_id) DO UPDATE SET
      user_id = excluded.user_id, p256dh = excluded.p256dh, auth = excluded.auth,
      expires_at = excluded.expires_at
    """,
    rows={
        "endpoint_id": TEXT,
        "user_id": TEXT,
        "endpoint": TEXT,
        "p256dh": TEXT,
        "auth": TEXT,
        "expires_at": BIGINT,
        "created_at": BIGINT,
    },
)
EVICT_ENDPOINTS = Statement(
    """
    DELETE FROM push_endpoints WHERE endpoint_id IN (
      SELECT endpoint_id FROM push_endpoints WHERE user_id = :user_id AND endpoint_id <> :newest
      ORDER BY created_at DESC, endpoint_id LIMIT 1000 OFFSET :others
    )
    """
)
REMOVE_ENDPOINT = Statement(
    "DELETE FROM push_endpoints WHERE user_id = :user_id AND endpoint_id = :endpoint_id"
)
REMOVE_ENDPOINTS = Statement("DELETE FROM push_endpoints WHERE user_id = :user_id")
FORGET_ENDPOINTS = Statement(
    "DELETE FROM push_endpoints WHERE endpoint_id IN (SELECT r.endpoint_id FROM {rows} r)",
    rows={"endpoint_id": TEXT},
)
FORGET_EXPIRED_ENDPOINTS = Statement("DELETE FROM push_endpoints WHERE expires_at <= :now")
# Pushes whose endpoint is gone, or belongs to somebody else now.
FORGET_LOST_PUSHES = Statement(
    """
    DELETE FROM push_queue WHERE NOT EXISTS (
      SELECT 1 FROM push_endpoints e
      WHERE e.endpoint_id = push_queue.endpoint_id AND e.user_id = push_queue.user_id
    )
    """
)

# Index ix_push_queue_due_at.
NEXT_DUE = Statement("SELECT MIN(due_at) FROM push_queue")
CLAIM = Statement(
    """
    UPDATE push_queue SET due_at = :until
    WHERE (endpoint_id, user_id, seq) IN (
      SELECT endpoint_id, user_id, seq FROM push_queue WHERE due_at <= :now
      ORDER BY due_at LIMIT :limit
    )
    RETURNING endpoint_id, user_id, seq, attempts
    """
)
DETAILS = Statement(
    """
    SELECT r.endpoint_id, r.user_id, r.seq, e.endpoint, e.p256dh, e.auth,
      m.message_id, m.event_type, m.data, m.at, m.filed_at, m.expires_at
    FROM {rows} r
    JOIN push_endpoints e ON e.endpoint_id = r.endpoint_id AND e.user_id = r.user_id
    JOIN inbox_messages m ON m.user_id = r.user_id AND m.seq = r.seq
    WHERE m.data IS NOT NULL AND m.acked_at IS NULL AND m.read_state = 'unread'
      AND (m.expires_at IS NULL OR m.expires_at > :now)
    """,
    rows={"endpoint_id": TEXT, "user_id": TEXT, "seq": BIGINT},
)
DROP = Statement(
    """
    DELETE FROM push_queue WHERE (endpoint_id, user_id, seq) IN
      (SELECT r.endpoint_id, r.user_id, r.seq FROM {rows} r)
    """,
    rows={"endpoint_id": TEXT, "user_id": TEXT, "seq": BIGINT},
)
POSTPONE = Statement(
    """
    UPDATE push_queue SET due_at = r.due_at, attempts = r.attempts FROM {rows} r
    WHERE push_queue.endpoint_id = r.endpoint_id AND push_queue.user_id = r.user_id
      AND push_queue.seq = r.seq
    """,
    rows={
        "endpoint_id": TEXT,
        "user_id": TEXT,
        "seq": BIGINT,
        "due_at": BIGINT,
        "attempts": BIGINT,
    },
)
