"""The SQL of messages: filing and reading them. Most find their rows by (user_id, seq)."""

from __future__ import annotations

from groundswell.store import BIGINT, TEXT, Statement

# Unique index (message_id, user_id).
FIND_FILED = Statement(
    """
    SELECT m.user_id, m.message_id, m.seq, m.filed_at
    FROM {rows} r
    JOIN inbox_messages m ON m.message_id = r.message_id AND m.user_id = r.user_id
    """,
    rows={"user_id": TEXT, "message_id": TEXT},
)
FIND_HEADS = Statement(
    """
    SELECT u.user_id, u.seq FROM inbox_users u
    WHERE u.user_id IN (SELECT r.user_id FROM {rows} r)
    """,
    rows={"user_id": TEXT},
)
MOVE_HEADS = Statement(
    """
    INSERT INTO inbox_users (user_id, seq) {values}
    ON CONFLICT (user_id) DO UPDATE SET seq = excluded.seq
    """,
    rows={"user_id": TEXT, "seq": BIGINT},
)
ADD_MESSAGES = Statement(
    """
    INSERT INTO inbox_messages
      (user_id, seq, message_id, event_type, data, delivery, policy, at, filed_at, expires_at,
       log_seq, read_state, read_at)
    {values}
    """,
    rows={
        "user_id": TEXT,
        "seq": BIGINT,
        "message_id": TEXT,
        "event_type": TEXT,
        "data": TEXT,
        "delivery": TEXT,
        "policy": TEXT,
        "at": BIGINT,
        "filed_at": BIGINT,
        "expires_at": BIGINT,
        "log_seq": BIGINT,
        "read_state": TEXT,
        "read_at": BIGINT,
    },
)

MESSAGE_COLUMNS = """
    m.user_id, m.seq, m.message_id, m.event_type, m.data, m.delivery, m.policy, m.at,
    m.expires_at, m.log_seq
"""
# What a user still sees in full: kept, and of use.
_SHOWN = "m.data IS NOT NULL AND (m.expires_at IS NULL OR m.expires_at > :now)"

PAGE = Statement(
    f"""
    SELECT {MESSAGE_COLUMNS}, m.read_state FROM inbox_messages m
    WHERE m.user_id = :user_id AND m.seq > :after AND {_SHOWN}
    ORDER BY m.seq LIMIT :limit
    """  # noqa: S608 - texts of ours
)
NEWEST = Statement(
    f"""
    SELECT {MESSAGE_COLUMNS}, m.read_state FROM inbox_messages m
    WHERE m.user_id = :user_id AND m.read_state <> 'dismissed' AND {_SHOWN}
    ORDER BY m.seq DESC LIMIT :limit
    """  # noqa: S608 - texts of ours
)
UNREAD = Statement(
    f"""
    SELECT COUNT(*) FROM inbox_messages m
    WHERE m.user_id = :user_id AND m.read_state = 'unread' AND {_SHOWN}
    """  # noqa: S608 - a text of ours
)
# What is kept in summary: counted by type. What expired before it was summarized is not counted.
SUMMARY = Statement(
    """
    SELECT m.event_type, COUNT(*), MIN(m.seq), MAX(m.seq), MIN(m.at), MAX(m.at)
    FROM inbox_messages m
    WHERE m.user_id = :user_id AND m.seq > :after AND m.data IS NULL AND m.filed_at > :since
    GROUP BY m.event_type
    """
)
# What a device was not told and is not kept in full, counted by type.
UNTOLD = Statement(
    """
    SELECT m.event_type, COUNT(*), MIN(m.log_seq), MAX(m.log_seq), MIN(m.at), MAX(m.at)
    FROM inbox_messages m
    WHERE m.user_id = :user_id AND m.data IS NULL AND m.seq > :after
      AND m.filed_at > :since AND m.filed_at <= :until
    GROUP BY m.event_type
    """
)
FIND_TRIMMED = Statement("SELECT trimmed FROM inbox_users WHERE user_id = :user_id")
# A message waits for a device until the device acknowledged it; those from before the device came,
# and those that one acknowledgement settles, only until any device did.
_WAITS = f"""
    m.user_id = :user_id AND m.seq > :after AND m.delivery = 'critical' AND {_SHOWN}
    AND d.acked_at IS NULL
    AND (m.acked_at IS NULL OR (m.policy = 'each' AND m.seq > :joined))
"""
_OF_DEVICE = """
    FROM inbox_messages m LEFT JOIN inbox_deliveries d
      ON d.user_id = m.user_id AND d.seq = m.seq AND d.client_id = :client_id
"""
PENDING = Statement(
    f"""
    SELECT {MESSAGE_COLUMNS}, COALESCE(d.attempts, 0), COALESCE(d.sent_at, 0)
    {_OF_DEVICE} WHERE {_WAITS} ORDER BY m.seq LIMIT :limit
    """
)
COUNT_PENDING = Statement(f"SELECT COUNT(*) {_OF_DEVICE} WHERE {_WAITS}")
# Partial index ix_inbox_messages_waiting.
BACKLOG = Statement(
    """
    SELECT COUNT(*), COALESCE(MIN(filed_at), 0) FROM inbox_messages
    WHERE acked_at IS NULL AND delivery = 'critical' AND data IS NOT NULL
    """
)
