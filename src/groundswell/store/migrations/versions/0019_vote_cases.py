"""Votes that look wrong weigh nothing until somebody has looked at them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Votes may belong to a case."""
    op.add_column("votes", sa.Column("quarantined_by", sa.Text(), nullable=True))
    op.create_index(
        "ix_votes_quarantined_by",
        "votes",
        ["quarantined_by"],
        unique=False,
        sqlite_where=sa.text("quarantined_by IS NOT NULL"),
        postgresql_where=sa.text("quarantined_by IS NOT NULL"),
    )
    op.create_table(
        "vote_cases",
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("media_file_id", sa.BigInteger(), nullable=False),
        sa.Column("signal", sa.Text(), nullable=False),
        sa.Column("votes", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_vote_cases")),
    )
    op.create_index(
        "ix_vote_cases_state", "vote_cases", ["state", "opened_at", "case_id"], unique=False
    )


def downgrade() -> None:
    """Every vote has its weight; hourly sums are to be made again."""
    op.drop_table("vote_cases")
    op.drop_index("ix_votes_quarantined_by", table_name="votes")
    op.drop_column("votes", "quarantined_by")
