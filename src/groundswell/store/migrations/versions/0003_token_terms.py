"""Tokens can be limited to topics and to one device."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Keep the limits with the sign-in."""
    op.add_column("token_sessions", sa.Column("grants", sa.Text(), nullable=True))
    op.add_column("token_sessions", sa.Column("client_id", sa.Text(), nullable=True))


def downgrade() -> None:
    """Forget the limits, and with them the sign-ins that had any."""
    op.execute("DELETE FROM token_sessions WHERE grants IS NOT NULL OR client_id IS NOT NULL")
    op.drop_column("token_sessions", "client_id")
    op.drop_column("token_sessions", "grants")
