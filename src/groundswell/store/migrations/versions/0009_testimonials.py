"""Testimonials, the consents they are shown by, and reactions to them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Make the tables of testimonials."""
    op.create_table(
        "testimonials",
        sa.Column("testimonial_id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("rating", sa.BigInteger(), nullable=True),
        sa.Column("share_id", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("revision", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("requested_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("published_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("testimonial_id", name=op.f("pk_testimonials")),
    )
    op.create_index(
        "ix_testimonials_author_id",
        "testimonials",
        ["author_id", "requested_at", "testimonial_id"],
        unique=False,
    )
    op.create_index(
        "ix_testimonials_project_id",
        "testimonials",
        ["project_id", "author_id"],
        unique=True,
        sqlite_where=sa.text("state <> 'withdrawn'"),
        postgresql_where=sa.text("state <> 'withdrawn'"),
    )
    op.create_index(
        "ix_testimonials_published_at",
        "testimonials",
        ["published_at", "testimonial_id"],
        unique=False,
        sqlite_where=sa.text("state = 'published'"),
        postgresql_where=sa.text("state = 'published'"),
    )
    op.create_index(
        "ix_testimonials_share_id",
        "testimonials",
        ["share_id"],
        unique=False,
        sqlite_where=sa.text("share_id IS NOT NULL"),
        postgresql_where=sa.text("share_id IS NOT NULL"),
    )
    op.create_index(
        "ix_testimonials_state",
        "testimonials",
        ["state", "changed_at", "testimonial_id"],
        unique=False,
    )
    op.create_table(
        "testimonial_consents",
        sa.Column("testimonial_id", sa.Text(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("text_version", sa.Text(), nullable=False),
        sa.Column("given_at", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("testimonial_id", "revision", name=op.f("pk_testimonial_consents")),
    )
    op.create_index(
        "ix_testimonial_consents_user_id", "testimonial_consents", ["user_id"], unique=False
    )
    op.create_table(
        "testimonial_reactions",
        sa.Column("testimonial_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "testimonial_id", "user_id", "kind", name=op.f("pk_testimonial_reactions")
        ),
    )
    op.create_index(
        "ix_testimonial_reactions_user_id", "testimonial_reactions", ["user_id"], unique=False
    )


def downgrade() -> None:
    """Forget all testimonials."""
    for table in ("testimonial_reactions", "testimonial_consents", "testimonials"):
        op.drop_table(table)
