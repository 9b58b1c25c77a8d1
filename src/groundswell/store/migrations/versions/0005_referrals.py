"""Referral programs: codes, touches, referrals, conversions, suspicions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the tables of referrals."""
    op.create_table(
        "fraud_cases",
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("program_id", sa.Text(), nullable=False),
        sa.Column("referrer_id", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("holds", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("signals", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("resolved_at", sa.BigInteger(), nullable=True),
        sa.Column("resolved_by", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_fraud_cases")),
    )
    op.create_index(
        "ix_fraud_cases_referrer",
        "fraud_cases",
        ["program_id", "referrer_id", "state"],
        unique=False,
    )
    op.create_index("ix_fraud_cases_state", "fraud_cases", ["state", "opened_at"], unique=False)
    op.create_table(
        "fraud_signals",
        sa.Column("signal_id", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("referral_id", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("signal_id", name=op.f("pk_fraud_signals")),
    )
    op.create_index("ix_fraud_signals_case", "fraud_signals", ["case_id", "digest"], unique=True)
    op.create_index("ix_fraud_signals_referral_id", "fraud_signals", ["referral_id"], unique=False)
    op.create_table(
        "program_versions",
        sa.Column("program_id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("program_id", "version", name=op.f("pk_program_versions")),
    )
    op.create_table(
        "programs",
        sa.Column("program_id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=True),
        sa.Column("ends_at", sa.BigInteger(), nullable=True),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.Column("referrals", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("conversions", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("program_id", name=op.f("pk_programs")),
    )
    op.create_table(
        "referral_activities",
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("parts", sa.Text(), nullable=False),
        sa.Column("event_type", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("program_id", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("user_id", "external_id", name=op.f("pk_referral_activities")),
    )
    op.create_index(
        "ix_referral_activities_recorded_at", "referral_activities", ["recorded_at"], unique=False
    )
    op.create_table(
        "referral_codes",
        sa.Column("code_id", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("program_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("max_uses", sa.BigInteger(), nullable=True),
        sa.Column("uses", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("recipient_id", sa.Text(), nullable=True),
        sa.Column("ended", sa.Text(), nullable=True),
        sa.Column("clicks", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("human_clicks", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("code_id", name=op.f("pk_referral_codes")),
    )
    op.create_index("ix_referral_codes_code", "referral_codes", ["code"], unique=True)
    op.create_index("ix_referral_codes_expires_at", "referral_codes", ["expires_at"], unique=False)
    op.create_index(
        "ix_referral_codes_owner", "referral_codes", ["program_id", "user_id"], unique=False
    )
    op.create_index("ix_referral_codes_user_id", "referral_codes", ["user_id"], unique=False)
    op.create_table(
        "referral_conversions",
        sa.Column("conversion_id", sa.Text(), nullable=False),
        sa.Column("referral_id", sa.Text(), nullable=False),
        sa.Column("program_id", sa.Text(), nullable=False),
        sa.Column("referrer_id", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("occurrence", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("refunded_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("conversion_id", name=op.f("pk_referral_conversions")),
    )
    op.create_index(
        "ix_referral_conversions_external",
        "referral_conversions",
        ["program_id", "external_id"],
        unique=False,
    )
    op.create_index(
        "ix_referral_conversions_referral_id", "referral_conversions", ["referral_id"], unique=False
    )
    op.create_table(
        "referral_discards",
        sa.Column("program_id", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("clicks", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("program_id", "reason", name=op.f("pk_referral_discards")),
    )
    op.create_table(
        "referral_people",
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("registered_at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("email_domain", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("payment", sa.Text(), nullable=True),
        sa.Column("device", sa.Text(), nullable=True),
        sa.Column("visitor_id", sa.Text(), nullable=True),
        sa.Column("click_id", sa.Text(), nullable=True),
        sa.Column("anonymous", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_referral_people")),
    )
    op.create_index("ix_referral_people_device", "referral_people", ["device"], unique=False)
    op.create_index("ix_referral_people_email", "referral_people", ["email"], unique=False)
    op.create_index("ix_referral_people_payment", "referral_people", ["payment"], unique=False)
    op.create_index(
        "ix_referral_people_visitor_id", "referral_people", ["visitor_id"], unique=False
    )
    op.create_table(
        "referral_stages",
        sa.Column("referral_id", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("referral_id", "stage", name=op.f("pk_referral_stages")),
    )
    op.create_table(
        "referral_touches",
        sa.Column("touch_id", sa.Text(), nullable=False),
        sa.Column("program_id", sa.Text(), nullable=False),
        sa.Column("referrer_id", sa.Text(), nullable=False),
        sa.Column("code_id", sa.Text(), nullable=True),
        sa.Column("referral_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("visitor_id", sa.Text(), nullable=True),
        sa.Column("user_id", sa.Text(), nullable=True),
        sa.Column("identity", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("query", sa.Text(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("touch_id", name=op.f("pk_referral_touches")),
    )
    op.create_index("ix_referral_touches_at", "referral_touches", ["at"], unique=False)
    op.create_index(
        "ix_referral_touches_identity",
        "referral_touches",
        ["code_id", "identity", "at"],
        unique=False,
    )
    op.create_index("ix_referral_touches_user_id", "referral_touches", ["user_id"], unique=False)
    op.create_index(
        "ix_referral_touches_visitor_id", "referral_touches", ["visitor_id"], unique=False
    )
    op.create_table(
        "referrals",
        sa.Column("referral_id", sa.Text(), nullable=False),
        sa.Column("program_id", sa.Text(), nullable=False),
        sa.Column("referee_id", sa.Text(), nullable=False),
        sa.Column("referrer_id", sa.Text(), nullable=False),
        sa.Column("code_id", sa.Text(), nullable=True),
        sa.Column("touch_id", sa.Text(), nullable=False),
        sa.Column("touch_kind", sa.Text(), nullable=False),
        sa.Column("touch_at", sa.BigInteger(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("rule_version", sa.BigInteger(), nullable=False),
        sa.Column("attributed_at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("qualifies_until", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("conversions", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("anonymous", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("trace", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("referral_id", name=op.f("pk_referrals")),
    )
    op.create_index("ix_referrals_open", "referrals", ["state", "qualifies_until"], unique=False)
    op.create_index(
        "ix_referrals_program", "referrals", ["program_id", "attributed_at"], unique=False
    )
    op.create_index("ix_referrals_referee", "referrals", ["program_id", "referee_id"], unique=True)
    op.create_index("ix_referrals_referee_id", "referrals", ["referee_id"], unique=False)
    op.create_index(
        "ix_referrals_referrer", "referrals", ["referrer_id", "recorded_at"], unique=False
    )
    op.create_table(
        "referrers",
        sa.Column("program_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("referrals", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_cases", sa.BigInteger(), nullable=False),
        sa.Column("suspended_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("program_id", "user_id", name=op.f("pk_referrers")),
    )


def downgrade() -> None:
    """Forget all programs and what came of them."""
    for table in (
        "referrers",
        "referrals",
        "referral_touches",
        "referral_stages",
        "referral_people",
        "referral_discards",
        "referral_conversions",
        "referral_codes",
        "referral_activities",
        "programs",
        "program_versions",
        "fraud_signals",
        "fraud_cases",
    ):
        op.drop_table(table)
