"""The SQL of devices. Rows are found by (user_id, …), messages by (message_id, user_id)."""

from __future__ import annotations

from groundswell.store import TEXT, Statement

FIND_DEVICE = Statement(
    """
    SELECT acked_to, joined_seq FROM inbox_devices
    WHERE user_id = :user_id AND client_id = :client_id
    """
)
ADD_DEVICE = Statement(
    """
    INSERT INTO inbox_devices (user_id, client_id, joined_seq, acked_to, last_seen_at, heard_at)
    VALUES (:user_id, :client_id,
      COALESCE((SELECT u.seq FROM inbox_users u WHERE u.user_id = :user_id), 0), 0, :now,
      COALESCE((SELECT MAX(d.heard_at) FROM inbox_devices d WHERE d.user_id = :user_id), 0))
    RETURNING acked_to, joined_seq
    """
)
SEE_DEVICE = Statement(
    """
    UPDATE inbox_devices SET last_seen_at = :now
    WHERE user_id = :user_id AND client_id = :client_id AND last_seen_at < :now
    """
)
# What it was told until then it need not be told of when it comes back.
HEAR_DEVICE = Statement(
    """
    UPDATE inbox_devices SET heard_at = :at
    WHERE user_id = :user_id AND client_id = :client_id AND heard_at < :at
    """
)
# A device that comes for the first time missed what every other one of its user missed.
FIND_HEARD = Statement(
    """
    SELECT COALESCE(
      (SELECT o.heard_at FROM inbox_devices o
       WHERE o.user_id = :user_id AND o.client_id = :client_id),
      (SELECT MAX(d.heard_at) FROM inbox_devices d WHERE d.user_id = :user_id),
      0
    )
    """
)
EVICT_DEVICES = Statement(
    """
    DELETE FROM inbox_devices WHERE user_id = :user_id AND client_id IN (
      SELECT client_id FROM inbox_devices WHERE user_id = :user_id AND client_id <> :client_id
      ORDER BY last_seen_at DESC, client_id LIMIT 1000 OFFSET :others
    )
    RETURNING client_id
    """
)
FORGET_DELIVERIES = Statement(
    """
    DELETE FROM inbox_deliveries WHERE user_id = :user_id
    AND client_id IN (SELECT r.client_id FROM {rows} r)
    """,
    rows={"client_id": TEXT},
)
FORGET_ATTEMPTS = Statement(
    """
    UPDATE inbox_deliveries SET attempts = 0
    WHERE user_id = :user_id AND client_id = :client_id AND acked_at IS NULL AND attempts > 0
    """
)
FIND_SEQS = Statement(
    """
    SELECT m.message_id, m.seq FROM {rows} r
    JOIN inbox_messages m ON m.message_id = r.message_id AND m.user_id = :user_id
    """,
    rows={"message_id": TEXT},
)
MARK_SENT = Statement(
    """
    INSERT INTO inbox_deliveries (user_id, seq, client_id, attempts, sent_at)
    SELECT m.user_id, m.seq, CAST(:client_id AS TEXT), 1, CAST(:now AS BIGINT)
    FROM {rows} r JOIN inbox_messages m ON m.message_id = r.message_id AND m.user_id = :user_id
    WHERE m.delivery = 'critical'
    ON CONFLICT (user_id, seq, client_id) DO UPDATE SET
      attempts = inbox_deliveries.attempts + 1, sent_at = excluded.sent_at
    RETURNING seq, attempts
    """,
    rows={"message_id": TEXT},
)
ACK_IDS = Statement(
    """
    INSERT INTO inbox_deliveries (user_id, seq, client_id, attempts, acked_at)
    SELECT m.user_id, m.seq, CAST(:client_id AS TEXT), 0, CAST(:now AS BIGINT)
    FROM {rows} r JOIN inbox_messages m ON m.message_id = r.message_id AND m.user_id = :user_id
    WHERE m.delivery = 'critical'
    ON CONFLICT (user_id, seq, client_id) DO UPDATE SET
      acked_at = COALESCE(inbox_deliveries.acked_at, excluded.acked_at)
    """,
    rows={"message_id": TEXT},
)
SETTLE_IDS = Statement(
    """
    UPDATE inbox_messages SET acked_at = :now, acked_by = :client_id
    WHERE user_id = :user_id AND message_id IN (SELECT r.message_id FROM {rows} r)
      AND acked_at IS NULL AND delivery = 'critical'
    """,
    rows={"message_id": TEXT},
)
ACK_TO = Statement(
    """
    UPDATE inbox_devices SET acked_to = COALESCE((
      SELECT CASE WHEN u.seq < :up_to THEN u.seq ELSE :up_to END
      FROM inbox_users u WHERE u.user_id = :user_id
    ), 0)
    WHERE user_id = :user_id AND client_id = :client_id AND acked_to < :up_to
    RETURNING acked_to
    """
)
ACK_DELIVERIES_TO = Statement(
    """
    UPDATE inbox_deliveries SET acked_at = :now
    WHERE user_id = :user_id AND seq <= :up_to AND client_id = :client_id AND acked_at IS NULL
    """
)
SETTLE_TO = Statement(
    """
    UPDATE inbox_messages SET acked_at = :now, acked_by = :client_id
    WHERE user_id = :user_id AND seq > :after AND seq <= :up_to
      AND acked_at IS NULL AND delivery = 'critical'
    """
)
