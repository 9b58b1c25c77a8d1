"""Recommendations: who engaged with what, and what is liked together."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Make the tables; what happened before is counted from the log."""
    times = ("viewed_at", "played_at", "downloaded_at", "commented_at", "voted_at")
    op.create_table(
        "person_files",
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("media_file_id", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in times),
        sa.Column("vote", sa.BigInteger(), nullable=False),
        sa.Column("oldest_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("person", "media_file_id", name=op.f("pk_person_files")),
        postgresql_with={"fillfactor": "50"},
    )
    op.create_index("ix_person_files_oldest_at", "person_files", ["oldest_at"], unique=False)
    op.create_index(
        "ix_person_files_voted",
        "person_files",
        ["media_file_id"],
        unique=False,
        sqlite_where=sa.text("vote <> 0"),
        postgresql_where=sa.text("vote <> 0"),
    )
    op.create_table(
        "file_tastes",
        sa.Column("media_file_id", sa.BigInteger(), nullable=False),
        sa.Column("people", sa.BigInteger(), nullable=False),
        sa.Column("strength", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("media_file_id", name=op.f("pk_file_tastes")),
        postgresql_with={"fillfactor": "50"},
    )
    op.create_table(
        "file_pairs",
        sa.Column("media_file_id", sa.BigInteger(), nullable=False),
        sa.Column("other_id", sa.BigInteger(), nullable=False),
        sa.Column("people", sa.BigInteger(), nullable=False),
        sa.Column("strength", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("media_file_id", "other_id", name=op.f("pk_file_pairs")),
        sqlite_with_rowid=False,
        postgresql_with={"fillfactor": "50"},
    )
    op.create_index(
        "ix_file_pairs_strength",
        "file_pairs",
        ["media_file_id", "strength"],
        unique=False,
        sqlite_where=sa.text("people >= 3"),
        postgresql_where=sa.text("people >= 3"),
    )


def downgrade() -> None:
    """Forget what is liked."""
    for table in ("file_pairs", "file_tastes", "person_files"):
        op.drop_table(table)
