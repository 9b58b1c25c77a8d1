"""What is kept of API keys and of sessions: of each secret only its SHA-256.

The secrets are 256 random bits. Unlike a password or an address they cannot be guessed, so a plain
hash is enough.
"""

from __future__ import annotations

from sqlalchemy import Index, PrimaryKeyConstraint, Table

from groundswell.store.schema import metadata, number, text

api_keys = Table(
    "api_keys",
    metadata,
    text("key_id"),
    text("name"),
    text("key_hash"),
    number("created_at"),
    number("revoked_at", null=True),
    PrimaryKeyConstraint("key_id"),
    Index("uq_api_keys_key_hash", "key_hash", unique=True),
)
"""Keys of the host application."""

token_sessions = Table(
    "token_sessions",
    metadata,
    text("session_id"),
    text("user_id"),
    text("scopes"),
    text("grants", null=True),
    text("client_id", null=True),
    number("created_at"),
    number("expires_at"),
    number("revoked_at", null=True),
    PrimaryKeyConstraint("session_id"),
    Index("ix_token_sessions_revoked_at", "revoked_at"),
    Index("ix_token_sessions_expires_at", "expires_at"),
)
"""One per sign-in: the family of the refresh tokens that followed from it.

``expires_at`` is that of its newest refresh token; ``scopes`` and ``grants`` are JSON lists.
"""

refresh_tokens = Table(
    "refresh_tokens",
    metadata,
    text("token_hash"),
    text("session_id"),
    number("created_at"),
    number("expires_at"),
    number("rotated_at", null=True),
    PrimaryKeyConstraint("token_hash"),
    Index("ix_refresh_tokens_session_id", "session_id"),
)
"""Rotated ones stay as long as their session, so that their reuse is noticed."""
