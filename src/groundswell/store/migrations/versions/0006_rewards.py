"""Rewards: what was granted and what became of it, what caps count, and the ledger."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

ROOM_FOR_UPDATES = {"fillfactor": "50"}


def upgrade() -> None:
    """Make the tables of rewards."""
    op.create_table(
        "reward_programs",
        sa.Column("program_id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("terms", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("program_id", name=op.f("pk_reward_programs")),
    )
    op.create_table(
        "reward_conversions",
        sa.Column("conversion_id", sa.Text(), nullable=False),
        sa.Column("program_id", sa.Text(), nullable=False),
        sa.Column("referral_id", sa.Text(), nullable=False),
        sa.Column("referrer_id", sa.Text(), nullable=False),
        sa.Column("referee_id", sa.Text(), nullable=False),
        sa.Column("occurrence", sa.BigInteger(), nullable=False),
        sa.Column("completed", sa.BigInteger(), nullable=False),
        sa.Column("counted", sa.BigInteger(), nullable=False),
        sa.Column("reversed", sa.BigInteger(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("refunded_minor", sa.BigInteger(), nullable=False),
        sa.Column("decisions", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("conversion_id", name=op.f("pk_reward_conversions")),
    )
    op.create_index(
        "ix_reward_conversions_referral_id", "reward_conversions", ["referral_id"], unique=False
    )
    op.create_index(
        "ix_reward_conversions_referrer",
        "reward_conversions",
        ["program_id", "referrer_id"],
        unique=False,
    )
    op.create_table(
        "reward_counts",
        sa.Column("program_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("occurrence", sa.BigInteger(), nullable=False),
        sa.Column("conversions", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "program_id", "user_id", "occurrence", name=op.f("pk_reward_counts")
        ),
        postgresql_with=ROOM_FOR_UPDATES,
    )
    op.create_index("ix_reward_counts_user_id", "reward_counts", ["user_id"], unique=False)
    op.create_table(
        "milestone_awards",
        sa.Column("program_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("rule_id", sa.Text(), nullable=False),
        sa.Column("threshold", sa.BigInteger(), nullable=False),
        sa.Column("measure", sa.BigInteger(), nullable=True),
        sa.Column("revoke_on_drop", sa.BigInteger(), nullable=False),
        sa.Column("reward_id", sa.Text(), nullable=True),
        sa.Column("reached_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint(
            "program_id", "user_id", "rule_id", "threshold", name=op.f("pk_milestone_awards")
        ),
    )
    op.create_table(
        "reward_sums",
        sa.Column("program_id", sa.Text(), nullable=False),
        sa.Column("rule_id", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("day", sa.BigInteger(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("rewards", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "program_id", "rule_id", "subject", "day", name=op.f("pk_reward_sums")
        ),
        postgresql_with=ROOM_FOR_UPDATES,
    )
    op.create_table(
        "rewards",
        sa.Column("reward_id", sa.Text(), nullable=False),
        sa.Column("program_id", sa.Text(), nullable=False),
        sa.Column("rule_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("referrer_id", sa.Text(), nullable=False),
        sa.Column("referee_id", sa.Text(), nullable=False),
        sa.Column("referral_id", sa.Text(), nullable=False),
        sa.Column("conversion_id", sa.Text(), nullable=True),
        sa.Column("occurrence", sa.BigInteger(), nullable=False),
        sa.Column("rule_version", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("hold_until", sa.BigInteger(), nullable=False),
        sa.Column("needs_approval", sa.BigInteger(), nullable=False),
        sa.Column("expires_days", sa.BigInteger(), nullable=True),
        sa.Column("counted_at", sa.BigInteger(), nullable=False),
        sa.Column("granted_at", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reversed_minor", sa.BigInteger(), nullable=False),
        sa.Column("held_from", sa.Text(), nullable=True),
        sa.Column("held_by", sa.Text(), nullable=True),
        sa.Column("approved_at", sa.BigInteger(), nullable=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("paid_at", sa.BigInteger(), nullable=True),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("reward_id", name=op.f("pk_rewards")),
        postgresql_with=ROOM_FOR_UPDATES,
    )
    op.create_index("ix_rewards_expires_at", "rewards", ["status", "expires_at"], unique=False)
    op.create_index("ix_rewards_granted_at", "rewards", ["granted_at", "reward_id"], unique=False)
    op.create_index("ix_rewards_hold_until", "rewards", ["status", "hold_until"], unique=False)
    op.create_index("ix_rewards_referral_id", "rewards", ["referral_id"], unique=False)
    op.create_index("ix_rewards_referrer", "rewards", ["program_id", "referrer_id"], unique=False)
    op.create_index(
        "ix_rewards_user_id", "rewards", ["user_id", "granted_at", "reward_id"], unique=False
    )
    op.create_table(
        "ledger_entries",
        sa.Column("log_seq", sa.BigInteger(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("holder_id", sa.Text(), nullable=False),
        sa.Column("program_id", sa.Text(), nullable=False),
        sa.Column("reward_id", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("log_seq", "account", name=op.f("pk_ledger_entries")),
    )
    op.create_index("ix_ledger_entries_holder_id", "ledger_entries", ["holder_id"], unique=False)
    op.create_index("ix_ledger_entries_reward_id", "ledger_entries", ["reward_id"], unique=False)
    op.create_table(
        "ledger_balances",
        sa.Column("holder_id", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "holder_id", "account", "currency", name=op.f("pk_ledger_balances")
        ),
        postgresql_with=ROOM_FOR_UPDATES,
    )


def downgrade() -> None:
    """Forget all rewards."""
    for table in (
        "ledger_balances",
        "ledger_entries",
        "rewards",
        "reward_sums",
        "milestone_awards",
        "reward_counts",
        "reward_conversions",
        "reward_programs",
    ):
        op.drop_table(table)
