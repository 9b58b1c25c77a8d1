"""Until when each device listened to its user's inbox."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Take for known devices when they were last seen."""
    op.add_column(
        "inbox_devices",
        sa.Column("heard_at", sa.BigInteger(), server_default="0", nullable=False),
    )
    op.execute("UPDATE inbox_devices SET heard_at = last_seen_at")


def downgrade() -> None:
    """Forget it."""
    op.drop_column("inbox_devices", "heard_at")
