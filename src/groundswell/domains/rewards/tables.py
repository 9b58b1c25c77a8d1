"""The tables of rewards. Instants are in microseconds, amounts in minor units."""

from __future__ import annotations

from sqlalchemy import Index, PrimaryKeyConstraint, Table

from groundswell.store.schema import ROOM_FOR_UPDATES, metadata, number, text

reward_programs = Table(
    "reward_programs",
    metadata,
    text("program_id"),
    number("version"),
    text("name"),
    text("terms"),
    PrimaryKeyConstraint("program_id"),
)
"""What programs promise now, as JSON: what progress is shown against. What is granted follows the
terms that came with the conversion."""

reward_conversions = Table(
    "reward_conversions",
    metadata,
    text("conversion_id"),
    text("program_id"),
    text("referral_id"),
    text("referrer_id"),
    text("referee_id"),
    number("occurrence"),
    number("completed"),
    number("counted"),
    number("reversed"),
    number("amount_minor", null=True),
    number("refunded_minor"),
    text("decisions"),
    number("updated_at"),
    PrimaryKeyConstraint("conversion_id"),
    Index("ix_reward_conversions_referral_id", "referral_id"),
    Index("ix_reward_conversions_referrer", "program_id", "referrer_id"),
)
"""Conversions as far as rewards need them: whether each was completed, counts, and was undone, in
whichever order that came. ``decisions`` says as JSON what became of each rule, and why."""

reward_counts = Table(
    "reward_counts",
    metadata,
    text("program_id"),
    text("user_id"),
    number("occurrence"),
    number("conversions"),
    PrimaryKeyConstraint("program_id", "user_id", "occurrence"),
    Index("ix_reward_counts_user_id", "user_id"),
    postgresql_with=ROOM_FOR_UPDATES,
)
"""How many of a referrer's conversions were somebody's first, second, …; a row with none for those
who have nothing but a code."""

milestone_awards = Table(
    "milestone_awards",
    metadata,
    text("program_id"),
    text("user_id"),
    text("rule_id"),
    number("threshold"),
    number("measure", null=True),
    number("revoke_on_drop"),
    text("reward_id", null=True),
    number("reached_at"),
    number("revoked_at", null=True),
    PrimaryKeyConstraint("program_id", "user_id", "rule_id", "threshold"),
)
"""Steps that were reached, each once ever. ``reward_id`` is of a milestone's reward; a tier's step
has none. ``measure`` is up to which conversion of one person its rule counted."""

reward_sums = Table(
    "reward_sums",
    metadata,
    text("program_id"),
    text("rule_id"),
    text("subject"),
    number("day"),
    number("amount_minor"),
    number("rewards"),
    PrimaryKeyConstraint("program_id", "rule_id", "subject", "day"),
    postgresql_with=ROOM_FOR_UPDATES,
)
"""What caps are held against: what a rule gave for conversions of one UTC day, and did not take
back. ``subject`` is a referrer, or ``*`` for all of them."""

rewards = Table(
    "rewards",
    metadata,
    text("reward_id"),
    text("program_id"),
    text("rule_id"),
    text("kind"),
    text("role"),
    text("type"),
    text("user_id"),
    text("referrer_id"),
    text("referee_id"),
    text("referral_id"),
    text("conversion_id", null=True),
    number("occurrence"),
    number("rule_version"),
    text("currency"),
    number("amount_minor"),
    number("hold_until"),
    number("needs_approval"),
    number("expires_days", null=True),
    number("counted_at"),
    number("granted_at"),
    text("status"),
    number("reversed_minor"),
    text("held_from", null=True),
    text("held_by", null=True),
    number("approved_at", null=True),
    number("expires_at", null=True),
    number("paid_at", null=True),
    number("updated_at"),
    text("reason", null=True),
    PrimaryKeyConstraint("reward_id"),
    Index("ix_rewards_user_id", "user_id", "granted_at", "reward_id"),
    Index("ix_rewards_granted_at", "granted_at", "reward_id"),
    Index("ix_rewards_referral_id", "referral_id"),
    Index("ix_rewards_referrer", "program_id", "referrer_id"),
    Index("ix_rewards_hold_until", "status", "hold_until"),
    Index("ix_rewards_expires_at", "status", "expires_at"),
    postgresql_with=ROOM_FOR_UPDATES,
)
"""Rewards. ``reward_id`` is made of program, conversion, rule, role and occurrence, so that there
is one for these. ``held_from`` is the state that a hold left; ``held_by`` is who holds it."""

ledger_entries = Table(
    "ledger_entries",
    metadata,
    number("log_seq"),
    text("account"),
    text("holder_id"),
    text("program_id"),
    text("reward_id"),
    text("currency"),
    number("amount_minor"),
    number("at"),
    PrimaryKeyConstraint("log_seq", "account"),
    Index("ix_ledger_entries_reward_id", "reward_id"),
    Index("ix_ledger_entries_holder_id", "holder_id"),
)
"""All movements of money: only ever added to. The entries of one ``log_seq``, the event that tells
of the movement, sum to nothing."""

ledger_balances = Table(
    "ledger_balances",
    metadata,
    text("holder_id"),
    text("account"),
    text("currency"),
    number("amount_minor"),
    PrimaryKeyConstraint("holder_id", "account", "currency"),
    postgresql_with=ROOM_FOR_UPDATES,
)
"""The sums of the ledger, kept beside it."""
