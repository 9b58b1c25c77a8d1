"""Where votes come from is known for a day, and whether that is a hosting company's."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Of votes there are already nothing is known."""
    op.add_column("votes", sa.Column("network", sa.Text(), nullable=True))
    op.add_column("votes", sa.Column("hosted", sa.BigInteger(), nullable=False, server_default="0"))
    op.create_index(
        "ix_votes_network",
        "votes",
        ["updated_at"],
        unique=False,
        sqlite_where=sa.text("network IS NOT NULL"),
        postgresql_where=sa.text("network IS NOT NULL"),
    )


def downgrade() -> None:
    """Cases that are there stay."""
    op.drop_index("ix_votes_network", table_name="votes")
    op.drop_column("votes", "hosted")
    op.drop_column("votes", "network")
