"""The network: connections, blocks, collaborations, suggestions of people."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Make the tables of the network."""
    op.create_table(
        "connections",
        sa.Column("user_low", sa.Text(), nullable=False),
        sa.Column("user_high", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("via", sa.Text(), nullable=False),
        sa.Column("joined", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("user_low", "user_high", name=op.f("pk_connections")),
    )
    op.create_index(
        "ix_connections_user_high", "connections", ["user_high", "user_low"], unique=False
    )
    op.create_table(
        "blocks",
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("blocked_id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "blocked_id", name=op.f("pk_blocks")),
    )
    op.create_index("ix_blocks_blocked_id", "blocks", ["blocked_id"], unique=False)
    op.create_table(
        "collaborations",
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("partner_id", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Text(), nullable=False),
        sa.Column("referred", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("project_id", "partner_id", name=op.f("pk_collaborations")),
    )
    op.create_index(
        "ix_collaborations_owner_id", "collaborations", ["owner_id", "at"], unique=False
    )
    op.create_index("ix_collaborations_partner_id", "collaborations", ["partner_id"], unique=False)
    op.create_table(
        "people_suggestions",
        sa.Column("suggestion_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("suggestion_id", name=op.f("pk_people_suggestions")),
    )
    op.create_index(
        "ix_people_suggestions_subject_id", "people_suggestions", ["subject_id"], unique=False
    )
    op.create_index(
        "ix_people_suggestions_user_id",
        "people_suggestions",
        ["user_id", "kind", "subject_id"],
        unique=True,
    )


def downgrade() -> None:
    """Forget the network."""
    for table in ("people_suggestions", "collaborations", "blocks", "connections"):
        op.drop_table(table)
