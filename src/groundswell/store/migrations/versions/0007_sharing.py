"""Sharing: shares, their engagements, visits of their links, and suggestions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the tables of sharing."""
    op.create_table(
        "parked_engagements",
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("platform_event_id", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("engagement_type", sa.Text(), nullable=False),
        sa.Column("engager", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("parked_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "platform", "reference", "platform_event_id", name=op.f("pk_parked_engagements")
        ),
    )
    op.create_index(
        "ix_parked_engagements_parked_at", "parked_engagements", ["parked_at"], unique=False
    )
    op.create_table(
        "share_engagements",
        sa.Column("share_id", sa.Text(), nullable=False),
        sa.Column("platform_event_id", sa.Text(), nullable=False),
        sa.Column("engagement_type", sa.Text(), nullable=False),
        sa.Column("engager", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("share_id", "platform_event_id", name=op.f("pk_share_engagements")),
    )
    op.create_table(
        "share_visits",
        sa.Column("share_id", sa.Text(), nullable=False),
        sa.Column("visitor", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("share_id", "visitor", name=op.f("pk_share_visits")),
    )
    op.create_index("ix_share_visits_expires_at", "share_visits", ["expires_at"], unique=False)
    op.create_table(
        "shares",
        sa.Column("share_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("content_id", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("share_format", sa.Text(), nullable=False),
        sa.Column("visibility", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("metadata", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("clicks", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("views", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("engagements", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("share_id", name=op.f("pk_shares")),
    )
    op.create_index(
        "ix_shares_external_id",
        "shares",
        ["platform", "external_id"],
        unique=True,
        sqlite_where=sa.text("external_id IS NOT NULL"),
        postgresql_where=sa.text("external_id IS NOT NULL"),
    )
    op.create_index(
        "ix_shares_user_id", "shares", ["user_id", "created_at", "share_id"], unique=False
    )
    op.create_table(
        "suggestions",
        sa.Column("suggestion_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("suggestion_id", name=op.f("pk_suggestions")),
    )
    op.create_index(
        "ix_suggestions_user_id", "suggestions", ["user_id", "kind", "subject_id"], unique=True
    )


def downgrade() -> None:
    """Forget what was shared."""
    for table in (
        "suggestions",
        "shares",
        "share_visits",
        "share_engagements",
        "parked_engagements",
    ):
        op.drop_table(table)
