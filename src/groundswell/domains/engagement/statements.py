"""The SQL of the write path. Each statement takes a whole batch; hot ones name their index."""

from __future__ import annotations

from groundswell.store import BIGINT, TEXT, Statement

MEDIA_COLUMNS = """
    media_file_id, title, artist, owner_id, url, duration_seconds, state, trendable, source,
    external_id, created_at, updated_at, published_at, initial_play_count, play_count,
    qualified_play_count, download_count, view_count, comment_count, upvotes, downvotes,
    last_event_at, hotness_score, last_hotness_update
"""

# Locked in the order of their ids, so that two writers never wait for each other in a circle.
LOCK_MEDIA = Statement(
    f"""
    SELECT {MEDIA_COLUMNS} FROM media
    WHERE media_file_id IN (SELECT r.media_file_id FROM {{rows}} r)
    ORDER BY media_file_id {{lock}}
    """,  # noqa: S608 - column names are ours
    rows={"media_file_id": BIGINT},
)

# Primary key (media_file_id, voter_key).
FIND_VOTES = Statement(
    """
    SELECT v.media_file_id, v.voter_key, v.vote_type, v.id, v.created_at, v.updated_at,
      v.quarantined_by
    FROM {rows} r
    JOIN votes v ON v.media_file_id = r.media_file_id AND v.voter_key = r.voter_key
    """,
    rows={"media_file_id": BIGINT, "voter_key": TEXT},
)
PUT_VOTES = Statement(
    """
    INSERT INTO votes (id, media_file_id, voter_key, actor, ip_hash, session_id, vote_type,
                       created_at, updated_at, network, hosted)
    {values}
    ON CONFLICT (media_file_id, voter_key) DO UPDATE SET
      id = excluded.id, created_at = excluded.created_at,
      vote_type = excluded.vote_type, updated_at = excluded.updated_at,
      actor = excluded.actor, ip_hash = excluded.ip_hash, session_id = excluded.session_id,
      network = excluded.network, hosted = excluded.hosted,
      quarantined_by = CASE WHEN votes.id = excluded.id THEN votes.quarantined_by END
    """,
    rows={
        "id": BIGINT,
        "media_file_id": BIGINT,
        "voter_key": TEXT,
        "actor": TEXT,
        "ip_hash": TEXT,
        "session_id": TEXT,
        "vote_type": TEXT,
        "created_at": BIGINT,
        "updated_at": BIGINT,
        "network": TEXT,
        "hosted": BIGINT,
    },
)
DELETE_VOTES = Statement(
    """
    DELETE FROM votes WHERE (media_file_id, voter_key) IN
      (SELECT r.media_file_id, r.voter_key FROM {rows} r)
    """,
    rows={"media_file_id": BIGINT, "voter_key": TEXT},
)

_RECENT_ACTORS = {
    "kind": TEXT,
    "media_file_id": BIGINT,
    "actor": TEXT,
    "seen_at": BIGINT,
    "expires_at": BIGINT,
}
# One statement decides and remembers; it answers the keys that had no unexpired row.
CLAIM_WINDOWS = Statement(
    """
    INSERT INTO recent_actors (kind, media_file_id, actor, seen_at, expires_at)
    SELECT r.kind, r.media_file_id, r.actor, r.seen_at, r.expires_at FROM {rows} r WHERE true
    ON CONFLICT (kind, media_file_id, actor) DO UPDATE SET
      seen_at = excluded.seen_at, expires_at = excluded.expires_at
    WHERE recent_actors.expires_at <= excluded.seen_at
    RETURNING kind, media_file_id, actor
    """,
    rows=_RECENT_ACTORS,
)
EXTEND_WINDOWS = Statement(
    """
    INSERT INTO recent_actors (kind, media_file_id, actor, seen_at, expires_at)
    SELECT r.kind, r.media_file_id, r.actor, r.seen_at, r.expires_at FROM {rows} r WHERE true
    ON CONFLICT (kind, media_file_id, actor) DO UPDATE SET
      seen_at = excluded.seen_at, expires_at = excluded.expires_at
    WHERE recent_actors.expires_at < excluded.expires_at
    """,
    rows=_RECENT_ACTORS,
)


def _qualified_near(table: str, time_column: str) -> Statement:
    """Times of one actor's qualified events with one file around a given time."""
    return Statement(
        f"""
        SELECT DISTINCT l.media_file_id, l.actor, l.{time_column}
        FROM {{rows}} r JOIN {table} l
          ON l.media_file_id = r.media_file_id
         AND l.{time_column} > r.earliest AND l.{time_column} < r.latest
         AND l.actor = r.actor AND l.qualified = 1
        """,  # noqa: S608 - names of ours
        rows={"media_file_id": BIGINT, "actor": TEXT, "earliest": BIGINT, "latest": BIGINT},
    )


QUALIFIED_NEAR = {
    "play": _qualified_near("play_logs", "completed_at"),
    "download": _qualified_near("download_logs", "downloaded_at"),
    "view": _qualified_near("view_logs", "viewed_at"),
}

LOG_PLAYS = Statement(
    """
    INSERT INTO play_logs (id, media_file_id, ip_hash, actor, session_id, play_duration,
                           qualified, disqualify_reason, completed_at)
    {values}
    """,
    rows={
        "id": BIGINT,
        "media_file_id": BIGINT,
        "ip_hash": TEXT,
        "actor": TEXT,
        "session_id": TEXT,
        "play_duration": BIGINT,
        "qualified": BIGINT,
        "disqualify_reason": TEXT,
        "completed_at": BIGINT,
    },
)


def _simple_log(table: str, time_column: str) -> Statement:
    return Statement(
        f"""
        INSERT INTO {table} (id, media_file_id, ip_hash, actor, session_id, qualified,
                             disqualify_reason, {time_column})
        {{values}}
        """,
        rows={
            "id": BIGINT,
            "media_file_id": BIGINT,
            "ip_hash": TEXT,
            "actor": TEXT,
            "session_id": TEXT,
            "qualified": BIGINT,
            "disqualify_reason": TEXT,
            time_column: BIGINT,
        },
    )


LOG_DOWNLOADS = _simple_log("download_logs", "downloaded_at")
LOG_VIEWS = _simple_log("view_logs", "viewed_at")

ADD_COMMENTS = Statement(
    """
    INSERT INTO comments (id, media_file_id, author_id, ip_hash, actor, session_id, body,
                          created_at)
    {values}
    """,
    rows={
        "id": BIGINT,
        "media_file_id": BIGINT,
        "author_id": TEXT,
        "ip_hash": TEXT,
        "actor": TEXT,
        "session_id": TEXT,
        "body": TEXT,
        "created_at": BIGINT,
    },
)
ADD_ACTIVITY = Statement(
    """
    INSERT INTO activity_feed (id, activity_type, media_file_id, media_title, actor_id, ip_hash,
                               location, metadata, created_at)
    {values}
    """,
    rows={
        "id": BIGINT,
        "activity_type": TEXT,
        "media_file_id": BIGINT,
        "media_title": TEXT,
        "actor_id": TEXT,
        "ip_hash": TEXT,
        "location": TEXT,
        "metadata": TEXT,
        "created_at": BIGINT,
    },
)

# Primary key (media_file_id, hour).
ADD_TO_HOURS = Statement(
    """
    INSERT INTO media_hours (media_file_id, hour, plays, qualified_plays, downloads, views,
                             comments, net_votes)
    {values}
    ON CONFLICT (media_file_id, hour) DO UPDATE SET
      plays = media_hours.plays + excluded.plays,
      qualified_plays = media_hours.qualified_plays + excluded.qualified_plays,
      downloads = media_hours.downloads + excluded.downloads,
      views = media_hours.views + excluded.views,
      comments = media_hours.comments + excluded.comments,
      net_votes = media_hours.net_votes + excluded.net_votes
    """,
    rows={
        "media_file_id": BIGINT,
        "hour": BIGINT,
        "plays": BIGINT,
        "qualified_plays": BIGINT,
        "downloads": BIGINT,
        "views": BIGINT,
        "comments": BIGINT,
        "net_votes": BIGINT,
    },
)
SET_COUNTERS = Statement(
    """
    UPDATE media SET
      play_count = r.play_count, qualified_play_count = r.qualified_play_count,
      download_count = r.download_count, view_count = r.view_count,
      comment_count = r.comment_count, upvotes = r.upvotes, downvotes = r.downvotes,
      last_event_at = r.last_event_at
    FROM {rows} r WHERE media.media_file_id = r.media_file_id
    """,
    rows={
        "media_file_id": BIGINT,
        "play_count": BIGINT,
        "qualified_play_count": BIGINT,
        "download_count": BIGINT,
        "view_count": BIGINT,
        "comment_count": BIGINT,
        "upvotes": BIGINT,
        "downvotes": BIGINT,
        "last_event_at": BIGINT,
    },
)
# A vote that was taken back may have been the last event: the one before it is in the logs.
# The (media_file_id, time) index of each log, and all votes of the file by their primary key.
RECALL_LAST_EVENT = Statement(
    """
    UPDATE media SET last_event_at = (
      SELECT MAX(e.at) FROM (
        SELECT MAX(l.completed_at) AS at FROM play_logs l
          WHERE l.media_file_id = media.media_file_id AND l.qualified = 1
        UNION ALL SELECT MAX(l.downloaded_at) FROM download_logs l
          WHERE l.media_file_id = media.media_file_id AND l.qualified = 1
        UNION ALL SELECT MAX(l.created_at) FROM comments l
          WHERE l.media_file_id = media.media_file_id
        UNION ALL SELECT MAX(l.updated_at) FROM votes l
          WHERE l.media_file_id = media.media_file_id AND l.quarantined_by IS NULL
      ) e
    )
    WHERE media_file_id IN (SELECT r.media_file_id FROM {rows} r)
    """,
    rows={"media_file_id": BIGINT},
)
