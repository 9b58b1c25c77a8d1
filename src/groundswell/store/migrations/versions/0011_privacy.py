"""Privacy: what people wish to be known of them, and what they did in the feed, found by them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Make room for wishes."""
    op.create_table(
        "privacy_settings",
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_privacy_settings")),
    )
    op.create_index(
        "ix_activity_feed_actor_id",
        "activity_feed",
        ["actor_id"],
        unique=False,
        sqlite_where=sa.text("actor_id IS NOT NULL"),
        postgresql_where=sa.text("actor_id IS NOT NULL"),
    )


def downgrade() -> None:
    """Forget what people wished."""
    op.drop_index("ix_activity_feed_actor_id", "activity_feed")
    op.drop_table("privacy_settings")
