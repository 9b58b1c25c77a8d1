"""The SQL of people who know each other."""

from __future__ import annotations

from groundswell.store import BIGINT, TEXT, Statement

FIND = Statement(
    """
    SELECT state, requested_by, via, joined, changed_at FROM connections
    WHERE user_low = :low AND user_high = :high
    """
)
PUT = Statement(
    """
    INSERT INTO connections (user_low, user_high, state, requested_by, via, joined, changed_at)
    VALUES (:low, :high, :state, :requested_by, :via, :joined, :at)
    ON CONFLICT (user_low, user_high) DO UPDATE SET state = excluded.state, via = excluded.via,
      requested_by = excluded.requested_by, joined = excluded.joined,
      changed_at = excluded.changed_at
    """
)
REMOVE = Statement("DELETE FROM connections WHERE user_low = :low AND user_high = :high")

# Primary key for one half, ix_connections_user_high for the other. Whom the user blocks is not
# shown: a request of theirs waits unseen.
_OF_USER = """
    SELECT c.other, c.state, c.requested_by, c.via, c.changed_at
    FROM (
      SELECT user_high AS other, state, requested_by, via, changed_at FROM connections
      WHERE user_low = :user_id
      UNION ALL
      SELECT user_low AS other, state, requested_by, via, changed_at FROM connections
      WHERE user_high = :user_id
    ) c
    WHERE NOT EXISTS (
      SELECT 1 FROM blocks b WHERE b.user_id = :user_id AND b.blocked_id = c.other
    )
"""
PAGE = Statement(
    f"""
    {_OF_USER} AND c.state = :state
      AND (:side = '' OR (:side = 'outgoing') = (c.requested_by = :user_id))
      AND (c.changed_at, c.other) < (:before_at, :before_id)
    ORDER BY c.changed_at DESC, c.other DESC LIMIT :limit
    """
)
EXPORT = Statement(f"{_OF_USER} ORDER BY c.changed_at, c.other")

BLOCKED = Statement(
    """
    SELECT user_id FROM blocks
    WHERE (user_id = :one AND blocked_id = :other) OR (user_id = :other AND blocked_id = :one)
    """
)
ADD_BLOCK = Statement(
    """
    INSERT INTO blocks (user_id, blocked_id, at) VALUES (:user_id, :blocked_id, :at)
    ON CONFLICT (user_id, blocked_id) DO NOTHING RETURNING at
    """
)
REMOVE_BLOCK = Statement(
    "DELETE FROM blocks WHERE user_id = :user_id AND blocked_id = :blocked_id RETURNING at"
)
BLOCKS = Statement(
    """
    SELECT blocked_id, at FROM blocks
    WHERE user_id = :user_id AND (at, blocked_id) < (:before_at, :before_id)
    ORDER BY at DESC, blocked_id DESC LIMIT :limit
    """
)
# Friends are those connected of whom neither blocks the other.
ARE_FRIENDS = Statement(
    """
    SELECT 1 FROM connections
    WHERE user_low = :low AND user_high = :high AND state = 'established'
      AND NOT EXISTS (
        SELECT 1 FROM blocks
        WHERE (user_id = :low AND blocked_id = :high) OR (user_id = :high AND blocked_id = :low)
      )
    """
)

ADD_COLLABORATION = Statement(
    """
    INSERT INTO collaborations (project_id, partner_id, owner_id, referred, at)
    VALUES (:project_id, :partner_id, :owner_id, :referred, :at)
    ON CONFLICT (project_id, partner_id) DO NOTHING RETURNING at
    """
)
# ix_collaborations_owner_id
EARLIER = Statement(
    """
    SELECT partner_id, MAX(at) FROM collaborations
    WHERE owner_id = :owner_id AND partner_id <> :partner_id
    GROUP BY partner_id ORDER BY MAX(at) DESC, partner_id LIMIT :limit
    """
)

ADD_SUGGESTION = Statement(
    """
    INSERT INTO people_suggestions
      (suggestion_id, user_id, kind, subject_id, reason, state, created_at, expires_at)
    SELECT suggestion_id, user_id, kind, subject_id, reason, state, created_at, expires_at
    FROM {rows} r WHERE true
    ON CONFLICT (user_id, kind, subject_id) DO NOTHING
    RETURNING suggestion_id
    """,
    rows={
        "suggestion_id": TEXT,
        "user_id": TEXT,
        "kind": TEXT,
        "subject_id": TEXT,
        "reason": TEXT,
        "state": TEXT,
        "created_at": BIGINT,
        "expires_at": BIGINT,
    },
)
FIND_SUGGESTION = Statement(
    "SELECT user_id FROM people_suggestions WHERE suggestion_id = :suggestion_id"
)
DISMISS = Statement(
    "UPDATE people_suggestions SET state = 'dismissed' WHERE suggestion_id = :suggestion_id"
)
# What is shown is decided when it is read: never somebody blocked, nor a friend as one to make.
SUGGESTIONS = Statement(
    """
    SELECT s.suggestion_id, s.kind, s.subject_id, s.reason, s.created_at, s.expires_at
    FROM people_suggestions s
    WHERE s.user_id = :user_id AND s.state = 'open' AND s.expires_at > :now
      AND (s.created_at, s.suggestion_id) < (:before_at, :before_id)
      AND NOT EXISTS (
        SELECT 1 FROM blocks b
        WHERE (b.user_id = s.user_id AND b.blocked_id = s.subject_id)
          OR (b.user_id = s.subject_id AND b.blocked_id = s.user_id)
      )
      AND (s.kind <> 'friend' OR NOT EXISTS (
        SELECT 1 FROM connections c
        WHERE ((c.user_low = s.user_id AND c.user_high = s.subject_id)
            OR (c.user_low = s.subject_id AND c.user_high = s.user_id))
          AND (c.state = 'established' OR c.requested_by = s.user_id)
      ))
    ORDER BY s.created_at DESC, s.suggestion_id DESC LIMIT :limit
    """
)

AUDIT = Statement("SELECT user_low, user_high, state FROM connections")
AUDIT_BLOCKS = Statement("SELECT user_id, blocked_id FROM blocks")
EXPORT_SUGGESTIONS = Statement(
    """
    SELECT kind, subject_id, reason, state, created_at FROM people_suggestions
    WHERE user_id = :user_id ORDER BY created_at, suggestion_id
    """
)
EXPORT_COLLABORATIONS = Statement(
    """
    SELECT project_id, partner_id, owner_id, at FROM collaborations
    WHERE owner_id = :user_id OR partner_id = :user_id ORDER BY at, project_id, partner_id
    """
)
