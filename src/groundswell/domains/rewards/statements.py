"""The SQL of rewards: reading what a batch of commands works on, and writing what became of it."""

from __future__ import annotations

from groundswell.domains.rewards.rows import Columns
from groundswell.store import BIGINT, TEXT, Statement
from groundswell.store.statement import ColumnType

_NUMBERS = frozenset(
    (
        *("occurrence", "rule_version", "amount_minor", "hold_until", "needs_approval"),
        *("expires_days", "counted_at", "granted_at", "reversed_minor", "approved_at"),
        *("expires_at", "paid_at", "updated_at", "completed", "counted", "reversed"),
        *("refunded_minor", "threshold", "measure", "revoke_on_drop", "reached_at", "revoked_at"),
    )
)


def _types(names: tuple[str, ...]) -> dict[str, ColumnType]:
    return {name: BIGINT if name in _NUMBERS else TEXT for name in names}


def _listed(names: tuple[str, ...], table: str = "") -> str:
    return ", ".join(f"{table}{name}" for name in names)


def _kept(table: str, key: tuple[str, ...], names: tuple[str, ...]) -> Statement:
    """Write rows anew or over what was there."""
    changed = ", ".join(f"{name} = excluded.{name}" for name in names if name not in key)
    return Statement(
        f"INSERT INTO {table} ({_listed(names)}) {{values}} "
        f"ON CONFLICT ({_listed(key)}) DO UPDATE SET {changed}",
        rows=_types(names),
    )


REWARD = _listed(Columns.REWARD, "w.")
_BY = f"SELECT {REWARD} FROM {{rows}} r JOIN rewards w ON "  # noqa: S608 - names of ours

REWARDS_BY_ID = Statement(_BY + "w.reward_id = r.reward_id", rows={"reward_id": TEXT})
REWARDS_BY_REFERRAL = Statement(_BY + "w.referral_id = r.referral_id", rows={"referral_id": TEXT})
REWARDS_BY_REFERRER = Statement(
    _BY + "w.program_id = r.program_id AND w.referrer_id = r.referrer_id",
    rows={"program_id": TEXT, "referrer_id": TEXT},
)
REWARDS_BY_USER = Statement(_BY + "w.user_id = r.user_id", rows={"user_id": TEXT})
MATURING = Statement(
    f"""
    SELECT {REWARD} FROM rewards w
    WHERE w.status = 'pending' AND w.hold_until <= :now
    ORDER BY w.hold_until, w.reward_id LIMIT :portion
    """  # noqa: S608 - names of ours
)
EXPIRING = Statement(
    f"""
    SELECT {REWARD} FROM rewards w
    WHERE w.status = 'approved' AND w.expires_at <= :now
    ORDER BY w.expires_at, w.reward_id LIMIT :portion
    """  # noqa: S608 - names of ours
)
IS_DUE = Statement(
    """
    SELECT 1 WHERE
      EXISTS (SELECT 1 FROM rewards WHERE status = 'pending' AND hold_until <= :now)
      OR EXISTS (SELECT 1 FROM rewards WHERE status = 'approved' AND expires_at <= :now)
    """
)
CONVERSIONS_BY_ID = Statement(
    f"""
    SELECT {_listed(Columns.CONVERSION, "c.")} FROM {{rows}} r
    JOIN reward_conversions c ON c.conversion_id = r.conversion_id
    """,  # noqa: S608 - names of ours
    rows={"conversion_id": TEXT},
)
COUNTS = Statement(
    """
    SELECT c.program_id, c.user_id, c.occurrence, c.conversions FROM {rows} r
    JOIN reward_counts c ON c.program_id = r.program_id AND c.user_id = r.user_id
    """,
    rows={"program_id": TEXT, "user_id": TEXT},
)
AWARDS = Statement(
    f"""
    SELECT {_listed(Columns.AWARD, "a.")} FROM {{rows}} r
    JOIN milestone_awards a ON a.program_id = r.program_id AND a.user_id = r.user_id
    """,  # noqa: S608 - names of ours
    rows={"program_id": TEXT, "user_id": TEXT},
)
PROGRAMS = Statement(
    """
    SELECT p.program_id, p.version, p.name, p.terms FROM {rows} r
    JOIN reward_programs p ON p.program_id = r.program_id
    """,
    rows={"program_id": TEXT},
)
SUMS = Statement(
    """
    SELECT s.program_id, s.rule_id, s.subject, s.day, s.amount_minor, s.rewards FROM {rows} r
    JOIN reward_sums s
      ON s.program_id = r.program_id AND s.rule_id = r.rule_id AND s.subject = r.subject
    """,
    rows={"program_id": TEXT, "rule_id": TEXT, "subject": TEXT},
)

KEEP_REWARDS = _kept("rewards", ("reward_id",), Columns.REWARD)
KEEP_CONVERSIONS = _kept("reward_conversions", ("conversion_id",), Columns.CONVERSION)
KEEP_AWARDS = _kept(
    "milestone_awards", ("program_id", "user_id", "rule_id", "threshold"), Columns.AWARD
)
KEEP_PROGRAMS = Statement(
    """
    INSERT INTO reward_programs (program_id, version, name, terms) {values}
    ON CONFLICT (program_id) DO UPDATE
    SET version = excluded.version, name = excluded.name, terms = excluded.terms
    WHERE excluded.version > reward_programs.version
    """,
    rows={"program_id": TEXT, "version": BIGINT, "name": TEXT, "terms": TEXT},
)
ADD_COUNTS = Statement(
    """
    INSERT INTO reward_counts (program_id, user_id, occurrence, conversions) {values}
    ON CONFLICT (program_id, user_id, occurrence) DO UPDATE
    SET conversions = reward_counts.conversions + excluded.conversions
    """,
    rows={"program_id": TEXT, "user_id": TEXT, "occurrence": BIGINT, "conversions": BIGINT},
)
ADD_SUMS = Statement(
    """
    INSERT INTO reward_sums (program_id, rule_id, subject, day, amount_minor, rewards) {values}
    ON CONFLICT (program_id, rule_id, subject, day) DO UPDATE SET
      amount_minor = reward_sums.amount_minor + excluded.amount_minor,
      rewards = reward_sums.rewards + excluded.rewards
    """,
    rows={
        "program_id": TEXT,
        "rule_id": TEXT,
        "subject": TEXT,
        "day": BIGINT,
        "amount_minor": BIGINT,
        "rewards": BIGINT,
    },
)
ADD_ENTRIES = Statement(
    """
    INSERT INTO ledger_entries
      (log_seq, account, holder_id, program_id, reward_id, currency, amount_minor, at)
    {values}
    """,
    rows={
        "log_seq": BIGINT,
        "account": TEXT,
        "holder_id": TEXT,
        "program_id": TEXT,
        "reward_id": TEXT,
        "currency": TEXT,
        "amount_minor": BIGINT,
        "at": BIGINT,
    },
)
ADD_BALANCES = Statement(
    """
    INSERT INTO ledger_balances (holder_id, account, currency, amount_minor) {values}
    ON CONFLICT (holder_id, account, currency) DO UPDATE
    SET amount_minor = ledger_balances.amount_minor + excluded.amount_minor
    """,
    rows={"holder_id": TEXT, "account": TEXT, "currency": TEXT, "amount_minor": BIGINT},
)
