"""The SQL of shares, their engagements and their links. Most find their rows by primary key."""

from __future__ import annotations

from groundswell.store import BIGINT, TEXT, Statement

SHARE_COLUMNS = """
    s.share_id, s.user_id, s.content_type, s.content_id, s.platform, s.share_format, s.visibility,
    s.state, s.reason, s.metadata, s.external_id, s.created_at, s.clicks, s.views, s.engagements
"""
FIND = Statement(f"SELECT {SHARE_COLUMNS} FROM shares s WHERE s.share_id = :share_id")  # noqa: S608
# ix_shares_user_id
PAGE = Statement(
    f"""
    SELECT {SHARE_COLUMNS} FROM shares s
    WHERE s.user_id = :user_id AND s.state <> 'deleted'
      AND (s.created_at, s.share_id) < (:before_at, :before_id)
    ORDER BY s.created_at DESC, s.share_id DESC LIMIT :limit
    """  # noqa: S608 - column names are ours
)
ADD = Statement(
    """
    INSERT INTO shares
      (share_id, user_id, content_type, content_id, platform, share_format, visibility, state,
       metadata, created_at, changed_at)
    {values}
    """,
    rows={
        "share_id": TEXT,
        "user_id": TEXT,
        "content_type": TEXT,
        "content_id": TEXT,
        "platform": TEXT,
        "share_format": TEXT,
        "visibility": TEXT,
        "state": TEXT,
        "metadata": TEXT,
        "created_at": BIGINT,
        "changed_at": BIGINT,
    },
)
CHANGE = Statement(
    """
    UPDATE shares SET state = :state, reason = :reason, external_id = :external_id,
      changed_at = :at
    WHERE share_id = :share_id
    """
)
# ix_shares_external_id
FIND_POST = Statement(
    "SELECT share_id FROM shares WHERE platform = :platform AND external_id = :external_id"
)

# A text of its own for those of any platform: messages of the host.
FIND_BY_IDS = Statement(
    """
    SELECT r.reference, s.share_id, s.user_id, s.platform, s.state, s.engagements
    FROM {rows} r JOIN shares s ON s.share_id = r.reference
    WHERE :platform = '' OR s.platform = :platform
    """,
    rows={"reference": TEXT},
)
FIND_BY_POSTS = Statement(
    """
    SELECT r.reference, s.share_id, s.user_id, s.platform, s.state, s.engagements
    FROM {rows} r JOIN shares s ON s.platform = :platform AND s.external_id = r.post
    """,
    rows={"reference": TEXT, "post": TEXT},
)
ADD_ENGAGEMENTS = Statement(
    """
    INSERT INTO share_engagements
      (share_id, platform_event_id, engagement_type, engager, at, recorded_at)
    SELECT share_id, platform_event_id, engagement_type, engager, at, recorded_at FROM {rows} r
    WHERE true
    ON CONFLICT (share_id, platform_event_id) DO NOTHING
    RETURNING share_id, platform_event_id
    """,
    rows={
        "share_id": TEXT,
        "platform_event_id": TEXT,
        "engagement_type": TEXT,
        "engager": TEXT,
        "at": BIGINT,
        "recorded_at": BIGINT,
    },
)
COUNT_ENGAGEMENTS = Statement(
    """
    UPDATE shares SET engagements = engagements + r.more
    FROM {rows} r WHERE shares.share_id = r.share_id
    """,
    rows={"share_id": TEXT, "more": BIGINT},
)
ENGAGEMENT_TYPES = Statement(
    """
    SELECT share_id, engagement_type, COUNT(*) FROM share_engagements
    WHERE share_id IN (SELECT r.share_id FROM {rows} r)
    GROUP BY share_id, engagement_type
    """,
    rows={"share_id": TEXT},
)

PARK = Statement(
    """
    INSERT INTO parked_engagements
      (platform, platform_event_id, reference, engagement_type, engager, at, parked_at)
    SELECT platform, platform_event_id, reference, engagement_type, engager, at, parked_at
    FROM {rows} r WHERE true
    ON CONFLICT (platform, reference, platform_event_id) DO NOTHING
    RETURNING reference, platform_event_id
    """,
    rows={
        "platform": TEXT,
        "platform_event_id": TEXT,
        "reference": TEXT,
        "engagement_type": TEXT,
        "engager": TEXT,
        "at": BIGINT,
        "parked_at": BIGINT,
    },
)
COUNT_PARKED = Statement("SELECT COUNT(*) FROM parked_engagements WHERE platform = :platform")
TAKE_PARKED = Statement(
    """
    DELETE FROM parked_engagements
    WHERE platform IN (:platform, '') AND reference = :reference
    RETURNING platform_event_id, engagement_type, engager, at, parked_at
    """
)
# ix_parked_engagements_parked_at
DROP_PARKED = Statement(
    "DELETE FROM parked_engagements WHERE parked_at <= :before RETURNING reference"
)
COUNT_WAITING = Statement("SELECT COUNT(*) FROM parked_engagements")

# One statement decides, so that the same person at the same instant is counted once.
VISIT = Statement(
    """
    INSERT INTO share_visits (share_id, visitor, expires_at)
    VALUES (:share_id, :visitor, :expires_at)
    ON CONFLICT (share_id, visitor) DO UPDATE SET expires_at = excluded.expires_at
    WHERE share_visits.expires_at <= :now
    RETURNING share_id
    """
)
COUNT_FOLLOWED = Statement(
    """
    UPDATE shares SET clicks = clicks + :clicks, views = views + 1 WHERE share_id = :share_id
    RETURNING clicks, views
    """
)
FORGET_VISITS = Statement("DELETE FROM share_visits WHERE expires_at <= :now")

ADD_SUGGESTION = Statement(
    """
    INSERT INTO suggestions
      (suggestion_id, user_id, kind, subject_id, reason, title, state, created_at, expires_at)
    SELECT suggestion_id, user_id, kind, subject_id, reason, title, state, created_at, expires_at
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
        "title": TEXT,
        "state": TEXT,
        "created_at": BIGINT,
        "expires_at": BIGINT,
    },
)
FIND_SUGGESTION = Statement(
    "SELECT user_id, state FROM suggestions WHERE suggestion_id = :suggestion_id"
)
DISMISS = Statement(
    "UPDATE suggestions SET state = 'dismissed' WHERE suggestion_id = :suggestion_id"
)
# ix_suggestions_user_id
SUGGESTIONS = Statement(
    """
    SELECT suggestion_id, kind, subject_id, reason, title, created_at, expires_at FROM suggestions
    WHERE user_id = :user_id AND state = 'open' AND expires_at > :now
      AND (created_at, suggestion_id) < (:before_at, :before_id)
    ORDER BY created_at DESC, suggestion_id DESC LIMIT :limit
    """
)

AUDIT = Statement(
    """
    SELECT s.share_id, s.state, s.clicks, s.views, s.engagements, COUNT(e.share_id)
    FROM shares s LEFT JOIN share_engagements e ON e.share_id = s.share_id
    GROUP BY s.share_id, s.state, s.clicks, s.views, s.engagements
    """
)

EXPORT_SHARES = Statement(
    f"SELECT {SHARE_COLUMNS} FROM shares s WHERE s.user_id = :user_id ORDER BY s.created_at"  # noqa: S608
)
EXPORT_ENGAGEMENTS = Statement(
    """
    SELECT e.share_id, e.engagement_type, e.engager, e.at
    FROM shares s JOIN share_engagements e ON e.share_id = s.share_id
    WHERE s.user_id = :user_id ORDER BY e.recorded_at, e.share_id, e.platform_event_id
    """
)
EXPORT_SUGGESTIONS = Statement(
    """
    SELECT suggestion_id, kind, subject_id, reason, state, created_at FROM suggestions
    WHERE user_id = :user_id ORDER BY created_at, suggestion_id
    """
)
