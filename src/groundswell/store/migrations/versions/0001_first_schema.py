"""The first schema: engagement, access, the event log, imports."""

from __future__ import annotations

from uuid import uuid4

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make all tables, and the one row that is the head of the event log."""
    op.create_table(
        "activity_feed",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("activity_type", sa.Text(), nullable=False),
        sa.Column("media_file_id", sa.BigInteger(), nullable=False),
        sa.Column("media_title", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=True),
        sa.Column("ip_hash", sa.Text(), nullable=True),
        sa.Column("location", sa.Text(), nullable=True),
        sa.Column("metadata", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity_feed")),
    )
    op.create_index(
        "ix_activity_feed_activity_type",
        "activity_feed",
        ["activity_type", "created_at"],
        unique=False,
    )
    op.create_index(
        "ix_activity_feed_created_at", "activity_feed", ["created_at", "id"], unique=False
    )
    op.create_index(
        "ix_activity_feed_media_file_id", "activity_feed", ["media_file_id"], unique=False
    )
    op.create_table(
        "api_keys",
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_api_keys")),
    )
    op.create_index("uq_api_keys_key_hash", "api_keys", ["key_hash"], unique=True)
    op.create_table(
        "comments",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("media_file_id", sa.BigInteger(), nullable=False),
        sa.Column("author_id", sa.Text(), nullable=True),
        sa.Column("ip_hash", sa.Text(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=True),
        sa.Column("session_id", sa.Text(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments")),
    )
    op.create_index(
        "ix_comments_created_at", "comments", ["created_at", "media_file_id"], unique=False
    )
    op.create_index(
        "ix_comments_media_file_id_created_at",
        "comments",
        ["media_file_id", "created_at"],
        unique=False,
    )
    op.create_table(
        "consumer_positions",
        sa.Column("consumer_group", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("consumer_group", name=op.f("pk_consumer_positions")),
    )
    op.create_table(
        "download_logs",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("media_file_id", sa.BigInteger(), nullable=False),
        sa.Column("ip_hash", sa.Text(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=True),
        sa.Column("session_id", sa.Text(), nullable=True),
        sa.Column("qualified", sa.BigInteger(), nullable=False),
        sa.Column("disqualify_reason", sa.Text(), nullable=True),
        sa.Column("downloaded_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_download_logs")),
    )
    op.create_index(
        "ix_download_logs_downloaded_at",
        "download_logs",
        ["downloaded_at", "media_file_id"],
        unique=False,
    )
    op.create_index(
        "ix_download_logs_media_file_id_downloaded_at",
        "download_logs",
        ["media_file_id", "downloaded_at"],
        unique=False,
    )
    op.create_table(
        "event_log",
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("event_type", sa.Text(), nullable=False),
        sa.Column("partition_key", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_event_log")),
    )
    op.create_index("ix_event_log_event_id", "event_log", ["event_id"], unique=True)
    op.create_table(
        "idempotency_keys",
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "idempotency_key", name=op.f("pk_idempotency_keys")),
    )
    op.create_index(
        "ix_idempotency_keys_created_at", "idempotency_keys", ["created_at"], unique=False
    )
    op.create_table(
        "import_progress",
        sa.Column("import_id", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("shift", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("import_id", name=op.f("pk_import_progress")),
    )
    op.create_table(
        "log_head",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("log_id", sa.Text(), nullable=False),
        sa.CheckConstraint("id = 1", name="one_row"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_head")),
        postgresql_with={"fillfactor": "50"},
    )
    op.create_table(
        "media",
        sa.Column("media_file_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("artist", sa.Text(), nullable=True),
        sa.Column("owner_id", sa.Text(), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("duration_seconds", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("trendable", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("published_at", sa.BigInteger(), nullable=True),
        sa.Column("initial_play_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("play_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("qualified_play_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("download_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("view_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("comment_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("upvotes", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("downvotes", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("last_event_at", sa.BigInteger(), nullable=True),
        sa.Column("hotness_score", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("hotness_unrounded", sa.Double(), server_default="0", nullable=False),
        sa.Column("last_hotness_update", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("media_file_id", name=op.f("pk_media")),
        postgresql_with={"fillfactor": "50"},
    )
    op.create_index(
        "ix_media_state_created_at", "media", ["state", "created_at", "media_file_id"], unique=False
    )
    op.create_index("uq_media_source_external_id", "media", ["source", "external_id"], unique=True)
    op.create_table(
        "media_hours",
        sa.Column("media_file_id", sa.BigInteger(), nullable=False),
        sa.Column("hour", sa.BigInteger(), nullable=False),
        sa.Column("plays", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("qualified_plays", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("downloads", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("views", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("comments", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("net_votes", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("media_file_id", "hour", name=op.f("pk_media_hours")),
        sqlite_with_rowid=False,
        postgresql_with={"fillfactor": "50"},
    )
    op.create_index("ix_media_hours_hour", "media_hours", ["hour"], unique=False)
    op.create_table(
        "play_logs",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("media_file_id", sa.BigInteger(), nullable=False),
        sa.Column("ip_hash", sa.Text(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=True),
        sa.Column("session_id", sa.Text(), nullable=True),
        sa.Column("play_duration", sa.BigInteger(), nullable=True),
        sa.Column("qualified", sa.BigInteger(), nullable=False),
        sa.Column("disqualify_reason", sa.Text(), nullable=True),
        sa.Column("completed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_play_logs")),
    )
    op.create_index(
        "ix_play_logs_completed_at", "play_logs", ["completed_at", "media_file_id"], unique=False
    )
    op.create_index(
        "ix_play_logs_media_file_id_completed_at",
        "play_logs",
        ["media_file_id", "completed_at"],
        unique=False,
    )
    op.create_table(
        "recent_actors",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("media_file_id", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "media_file_id", "actor", name=op.f("pk_recent_actors")),
    )
    op.create_index("ix_recent_actors_expires_at", "recent_actors", ["expires_at"], unique=False)
    op.create_table(
        "refresh_tokens",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("rotated_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_refresh_tokens")),
    )
    op.create_index("ix_refresh_tokens_session_id", "refresh_tokens", ["session_id"], unique=False)
    op.create_table(
        "token_sessions",
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_token_sessions")),
    )
    op.create_index("ix_token_sessions_expires_at", "token_sessions", ["expires_at"], unique=False)
    op.create_index("ix_token_sessions_revoked_at", "token_sessions", ["revoked_at"], unique=False)
    op.create_table(
        "view_logs",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("media_file_id", sa.BigInteger(), nullable=False),
        sa.Column("ip_hash", sa.Text(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=True),
        sa.Column("session_id", sa.Text(), nullable=True),
        sa.Column("qualified", sa.BigInteger(), nullable=False),
        sa.Column("disqualify_reason", sa.Text(), nullable=True),
        sa.Column("viewed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_view_logs")),
    )
    op.create_index(
        "ix_view_logs_media_file_id_viewed_at",
        "view_logs",
        ["media_file_id", "viewed_at"],
        unique=False,
    )
    op.create_index("ix_view_logs_viewed_at", "view_logs", ["viewed_at"], unique=False)
    op.create_table(
        "votes",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("media_file_id", sa.BigInteger(), nullable=False),
        sa.Column("voter_key", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=True),
        sa.Column("ip_hash", sa.Text(), nullable=True),
        sa.Column("session_id", sa.Text(), nullable=True),
        sa.Column("vote_type", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("media_file_id", "voter_key", name=op.f("pk_votes")),
    )
    op.create_index("ix_votes_updated_at", "votes", ["updated_at"], unique=False)
    op.create_index("ix_votes_voter_key", "votes", ["voter_key"], unique=False)
    head = sa.text("INSERT INTO log_head (id, seq, log_id) VALUES (1, 0, :log_id)")
    op.get_bind().execute(head, {"log_id": uuid4().hex[:12]})


def downgrade() -> None:
    """Drop all tables."""
    op.drop_index("ix_votes_voter_key", table_name="votes")
    op.drop_index("ix_votes_updated_at", table_name="votes")
    op.drop_table("votes")
    op.drop_index("ix_view_logs_viewed_at", table_name="view_logs")
    op.drop_index("ix_view_logs_media_file_id_viewed_at", table_name="view_logs")
    op.drop_table("view_logs")
    op.drop_index("ix_token_sessions_revoked_at", table_name="token_sessions")
    op.drop_index("ix_token_sessions_expires_at", table_name="token_sessions")
    op.drop_table("token_sessions")
    op.drop_index("ix_refresh_tokens_session_id", table_name="refresh_tokens")
    op.drop_table("refresh_tokens")
    op.drop_index("ix_recent_actors_expires_at", table_name="recent_actors")
    op.drop_table("recent_actors")
    op.drop_index("ix_play_logs_media_file_id_completed_at", table_name="play_logs")
    op.drop_index("ix_play_logs_completed_at", table_name="play_logs")
    op.drop_table("play_logs")
    op.drop_index("ix_media_hours_hour", table_name="media_hours")
    op.drop_table("media_hours")
    op.drop_index("uq_media_source_external_id", table_name="media")
    op.drop_index("ix_media_state_created_at", table_name="media")
    op.drop_table("media")
    op.drop_table("log_head")
    op.drop_table("import_progress")
    op.drop_index("ix_idempotency_keys_created_at", table_name="idempotency_keys")
    op.drop_table("idempotency_keys")
    op.drop_index("ix_event_log_event_id", table_name="event_log")
    op.drop_table("event_log")
    op.drop_index("ix_download_logs_media_file_id_downloaded_at", table_name="download_logs")
    op.drop_index("ix_download_logs_downloaded_at", table_name="download_logs")
    op.drop_table("download_logs")
    op.drop_table("consumer_positions")
    op.drop_index("ix_comments_media_file_id_created_at", table_name="comments")
    op.drop_index("ix_comments_created_at", table_name="comments")
    op.drop_table("comments")
    op.drop_index("uq_api_keys_key_hash", table_name="api_keys")
    op.drop_table("api_keys")
    op.drop_index("ix_activity_feed_media_file_id", table_name="activity_feed")
    op.drop_index("ix_activity_feed_created_at", table_name="activity_feed")
    op.drop_index("ix_activity_feed_activity_type", table_name="activity_feed")
    op.drop_table("activity_feed")
