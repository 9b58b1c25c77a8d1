"""The tables of referral programs. Instants are in microseconds, amounts in minor units."""

from __future__ import annotations

from sqlalchemy import Index, PrimaryKeyConstraint, Table

from groundswell.store.schema import metadata, number, text

programs = Table(
    "programs",
    metadata,
    text("program_id"),
    number("version"),
    text("name"),
    text("state"),
    number("starts_at", null=True),
    number("ends_at", null=True),
    text("rules"),
    number("referrals", default=0),
    number("conversions", default=0),
    number("created_at"),
    number("updated_at"),
    PrimaryKeyConstraint("program_id"),
)
"""Programs as they are now, with the newest rules as JSON."""

program_versions = Table(
    "program_versions",
    metadata,
    text("program_id"),
    number("version"),
    text("rules"),
    number("created_at"),
    PrimaryKeyConstraint("program_id", "version"),
)
"""All rules a program ever had: those at the attribution apply to a referral."""

referral_codes = Table(
    "referral_codes",
    metadata,
    text("code_id"),
    text("code"),
    text("program_id"),
    text("user_id"),
    number("created_at"),
    number("starts_at", null=True),
    number("expires_at", null=True),
    number("max_uses", null=True),
    number("uses", default=0),
    text("recipient_id", null=True),
    text("ended", null=True),
    number("clicks", default=0),
    number("human_clicks", default=0),
    PrimaryKeyConstraint("code_id"),
    Index("ix_referral_codes_code", "code", unique=True),
    Index("ix_referral_codes_owner", "program_id", "user_id"),
    Index("ix_referral_codes_user_id", "user_id"),
    Index("ix_referral_codes_expires_at", "expires_at"),
)
"""Codes, each with its link. ``human_clicks`` of all ``clicks`` are counted ones."""

referral_discards = Table(
    "referral_discards",
    metadata,
    text("program_id"),
    text("reason"),
    number("clicks"),
    PrimaryKeyConstraint("program_id", "reason"),
)
"""How often each rule discarded a click: one that never does shows as missing."""

referral_touches = Table(
    "referral_touches",
    metadata,
    text("touch_id"),
    text("program_id"),
    text("referrer_id"),
    text("code_id", null=True),
    text("referral_id"),
    text("kind"),
    text("visitor_id", null=True),
    text("user_id", null=True),
    text("identity", null=True),
    text("address", null=True),
    text("source", null=True),
    text("query", null=True),
    number("at"),
    number("recorded_at"),
    PrimaryKeyConstraint("touch_id"),
    Index("ix_referral_touches_visitor_id", "visitor_id"),
    Index("ix_referral_touches_user_id", "user_id"),
    Index("ix_referral_touches_identity", "code_id", "identity", "at"),
    Index("ix_referral_touches_at", "at"),
)
"""Contacts of people with referrers. They never change; ``identity`` and ``address`` are hashes."""

referral_people = Table(
    "referral_people",
    metadata,
    text("user_id"),
    number("registered_at"),
    number("recorded_at"),
    text("email", null=True),
    text("email_domain", null=True),
    text("address", null=True),
    text("payment", null=True),
    text("device", null=True),
    text("visitor_id", null=True),
    text("click_id", null=True),
    number("anonymous"),
    PrimaryKeyConstraint("user_id"),
    Index("ix_referral_people_email", "email"),
    Index("ix_referral_people_payment", "payment"),
    Index("ix_referral_people_device", "device"),
    Index("ix_referral_people_visitor_id", "visitor_id"),
)
"""Who registered when, and by what they can be recognised: keyed hashes."""

referrers = Table(
    "referrers",
    metadata,
    text("program_id"),
    text("user_id"),
    number("referrals"),
    number("confirmed_cases"),
    number("suspended_at", null=True),
    PrimaryKeyConstraint("program_id", "user_id"),
)
"""Those who referred anybody in a program."""

referrals = Table(
    "referrals",
    metadata,
    text("referral_id"),
    text("program_id"),
    text("referee_id"),
    text("referrer_id"),
    text("code_id", null=True),
    text("touch_id"),
    text("touch_kind"),
    number("touch_at"),
    text("model"),
    number("rule_version"),
    number("attributed_at"),
    number("recorded_at"),
    number("qualifies_until"),
    text("state"),
    number("conversions", default=0),
    number("anonymous"),
    text("reason", null=True),
    text("trace"),
    text("facts"),
    PrimaryKeyConstraint("referral_id"),
    Index("ix_referrals_referee", "program_id", "referee_id", unique=True),
    Index("ix_referrals_referrer", "referrer_id", "recorded_at"),
    Index("ix_referrals_program", "program_id", "attributed_at"),
    Index("ix_referrals_referee_id", "referee_id"),
    Index("ix_referrals_open", "state", "qualifies_until"),
)
"""Who referred whom: one row per person and program, for good."""

referral_activities = Table(
    "referral_activities",
    metadata,
    text("user_id"),
    text("external_id"),
    text("parts"),
    text("event_type"),
    number("at"),
    number("recorded_at"),
    number("amount_minor", null=True),
    text("currency", null=True),
    text("facts"),
    text("program_id", null=True),
    PrimaryKeyConstraint("user_id", "external_id"),
    Index("ix_referral_activities_recorded_at", "recorded_at"),
)
"""What people did, as the host reported it: kept for those whose attribution is still to come."""

referral_stages = Table(
    "referral_stages",
    metadata,
    text("referral_id"),
    text("stage"),
    number("at"),
    PrimaryKeyConstraint("referral_id", "stage"),
)
"""Which stages a referral has reached."""

referral_conversions = Table(
    "referral_conversions",
    metadata,
    text("conversion_id"),
    text("referral_id"),
    text("program_id"),
    text("referrer_id"),
    text("external_id"),
    text("stage"),
    number("occurrence"),
    number("at"),
    number("recorded_at"),
    number("amount_minor", null=True),
    text("currency", null=True),
    number("refunded_minor", default=0),
    text("state"),
    text("reason", null=True),
    PrimaryKeyConstraint("conversion_id"),
    Index("ix_referral_conversions_referral_id", "referral_id"),
    Index("ix_referral_conversions_external", "program_id", "external_id"),
)
"""What programs reward: completed, and perhaps reversed."""

fraud_cases = Table(
    "fraud_cases",
    metadata,
    text("case_id"),
    text("program_id"),
    text("referrer_id"),
    text("rule"),
    text("severity"),
    text("scope"),
    number("holds"),
    text("state"),
    number("signals"),
    number("opened_at"),
    number("expires_at", null=True),
    number("resolved_at", null=True),
    text("resolved_by", null=True),
    text("note", null=True),
    PrimaryKeyConstraint("case_id"),
    Index("ix_fraud_cases_referrer", "program_id", "referrer_id", "state"),
    Index("ix_fraud_cases_state", "state", "opened_at"),
)
"""Suspicions, grouped by referrer and rule: what there is to review."""

fraud_signals = Table(
    "fraud_signals",
    metadata,
    text("signal_id"),
    text("case_id"),
    text("referral_id"),
    text("digest"),
    text("evidence"),
    number("at"),
    PrimaryKeyConstraint("signal_id"),
    Index("ix_fraud_signals_case", "case_id", "digest", unique=True),
    Index("ix_fraud_signals_referral_id", "referral_id"),
)
"""What fired within a case, once per referral and evidence."""
