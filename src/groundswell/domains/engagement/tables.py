"""The rows of the engagement slice.

Counters live on the file, logs beside it, and hourly sums between the two: a window is whole
hours from the sums plus the edge from the logs. Log rows bear the sequence number of their event
as their id, so that logs and events can be compared one to one. There are no foreign keys: files
are never removed, and the writer has locked the file before it writes anything that names it.
"""

from __future__ import annotations

from sqlalchemy import Column, Double, Index, PrimaryKeyConstraint, Table
from sqlalchemy import text as sql

from groundswell.store.schema import ROOM_FOR_UPDATES, metadata, number, text

media = Table(
    "media",
    metadata,
    number("media_file_id"),
    text("title"),
    text("artist", null=True),
    text("owner_id", null=True),
    text("url", null=True),
    number("duration_seconds", null=True),
    text("state"),
    number("trendable", default=1),
    text("source", null=True),
    text("external_id", null=True),
    number("created_at"),
    number("updated_at"),
    number("published_at", null=True),
    number("initial_play_count", default=0),
    number("play_count", default=0),
    number("qualified_play_count", default=0),
    number("download_count", default=0),
    number("view_count", default=0),
    number("comment_count", default=0),
    number("upvotes", default=0),
    number("downvotes", default=0),
    number("last_event_at", null=True),
    number("hotness_score", default=0),
    Column("hotness_unrounded", Double, nullable=False, server_default="0"),
    number("last_hotness_update", null=True),
    PrimaryKeyConstraint("media_file_id"),
    Index("uq_media_source_external_id", "source", "external_id", unique=True),
    Index("ix_media_state_created_at", "state", "created_at", "media_file_id"),
    # No index on a counter: PostgreSQL then updates a hot file in place, within its page.
    postgresql_with=ROOM_FOR_UPDATES,
)
"""Media files with their counters.

``initial_play_count`` are plays from before this service; they are part of ``play_count`` and have
no log rows. ``last_event_at`` is the last qualifying event.
"""

votes = Table(
    "votes",
    metadata,
    number("id"),
    number("media_file_id"),
    text("voter_key"),
    text("actor", null=True),
    text("ip_hash", null=True),
    text("session_id", null=True),
    text("vote_type"),
    number("created_at"),
    number("updated_at"),
    text("quarantined_by", null=True),
    text("network", null=True),
    number("hosted", default=0),
    PrimaryKeyConstraint("media_file_id", "voter_key"),
    Index("ix_votes_updated_at", "updated_at"),
    Index("ix_votes_voter_key", "voter_key"),
    Index(
        "ix_votes_quarantined_by",
        "quarantined_by",
        sqlite_where=sql("quarantined_by IS NOT NULL"),
        postgresql_where=sql("quarantined_by IS NOT NULL"),
    ),
    Index(
        "ix_votes_network",
        "updated_at",
        sqlite_where=sql("network IS NOT NULL"),
        postgresql_where=sql("network IS NOT NULL"),
    ),
)
"""Standing votes, one per voter and file; the key is what makes it so. Those of a case weigh
nothing in rankings. ``network`` is forgotten after a day."""

vote_cases = Table(
    "vote_cases",
    metadata,
    text("case_id"),
    number("media_file_id"),
    text("signal"),
    number("votes"),
    text("state"),
    text("note", null=True),
    number("opened_at"),
    number("decided_at", null=True),
    PrimaryKeyConstraint("case_id"),
    Index("ix_vote_cases_state", "state", "opened_at", "case_id"),
)
"""Votes on one file that look wrong; which they are, the votes say."""

play_logs = Table(
    "play_logs",
    metadata,
    number("id"),
    number("media_file_id"),
    text("ip_hash", null=True),
    text("actor", null=True),
    text("session_id", null=True),
    number("play_duration", null=True),
    number("qualified"),
    text("disqualify_reason", null=True),
    number("completed_at"),
    PrimaryKeyConstraint("id"),
    Index("ix_play_logs_completed_at", "completed_at", "media_file_id"),
    Index("ix_play_logs_media_file_id_completed_at", "media_file_id", "completed_at"),
)

download_logs = Table(
    "download_logs",
    metadata,
    number("id"),
    number("media_file_id"),
    text("ip_hash", null=True),
    text("actor", null=True),
    text("session_id", null=True),
    number("qualified"),
    text("disqualify_reason", null=True),
    number("downloaded_at"),
    PrimaryKeyConstraint("id"),
    Index("ix_download_logs_downloaded_at", "downloaded_at", "media_file_id"),
    Index("ix_download_logs_media_file_id_downloaded_at", "media_file_id", "downloaded_at"),
)

view_logs = Table(
    "view_logs",
    metadata,
    number("id"),
    number("media_file_id"),
    text("ip_hash", null=True),
    text("actor", null=True),
    text("session_id", null=True),
    number("qualified"),
    text("disqualify_reason", null=True),
    number("viewed_at"),
    PrimaryKeyConstraint("id"),
    Index("ix_view_logs_viewed_at", "viewed_at"),
    Index("ix_view_logs_media_file_id_viewed_at", "media_file_id", "viewed_at"),
)

comments = Table(
    "comments",
    metadata,
    number("id"),
    number("media_file_id"),
    text("author_id", null=True),
    text("ip_hash", null=True),
    text("actor", null=True),
    text("session_id", null=True),
    text("body"),
    number("created_at"),
    PrimaryKeyConstraint("id"),
    Index("ix_comments_created_at", "created_at", "media_file_id"),
    Index("ix_comments_media_file_id_created_at", "media_file_id", "created_at"),
)

activity_feed = Table(
    "activity_feed",
    metadata,
    number("id"),
    text("activity_type"),
    number("media_file_id"),
    text("media_title"),
    text("actor_id", null=True),
    text("ip_hash", null=True),
    text("location", null=True),
    text("metadata", null=True),
    number("created_at"),
    PrimaryKeyConstraint("id"),
    Index("ix_activity_feed_created_at", "created_at", "id"),
    Index("ix_activity_feed_media_file_id", "media_file_id"),
    Index("ix_activity_feed_activity_type", "activity_type", "created_at"),
    Index(
        "ix_activity_feed_actor_id",
        "actor_id",
        sqlite_where=sql("actor_id IS NOT NULL"),
        postgresql_where=sql("actor_id IS NOT NULL"),
    ),
)
"""The public feed; items of hidden and deleted files are left out when it is read."""

media_hours = Table(
    "media_hours",
    metadata,
    number("media_file_id"),
    number("hour"),
    number("plays", default=0),
    number("qualified_plays", default=0),
    number("downloads", default=0),
    number("views", default=0),
    number("comments", default=0),
    number("net_votes", default=0),
    PrimaryKeyConstraint("media_file_id", "hour"),
    Index("ix_media_hours_hour", "hour"),
    # The rows lie in the order of the key, which halves what a month of sums costs to read.
    sqlite_with_rowid=False,
    postgresql_with=ROOM_FOR_UPDATES,
)
"""Sums per file and hour; ``hour`` is the instant the hour starts.

``downloads`` are the qualified ones. ``net_votes`` are ups minus downs of the votes that stand,
in the hour they were last cast.
"""

recent_actors = Table(
    "recent_actors",
    metadata,
    text("kind"),
    number("media_file_id"),
    text("actor"),
    number("seen_at"),
    number("expires_at"),
    PrimaryKeyConstraint("kind", "media_file_id", "actor"),
    Index("ix_recent_actors_expires_at", "expires_at"),
)
"""Who did what so recently that a repeat does not qualify."""
