"""The SQL of what is asked about rewards."""

from __future__ import annotations

from functools import cache

from groundswell.domains.rewards.rows import Columns
from groundswell.domains.rewards.statements import REWARD
from groundswell.store import Statement

FILTERS = ("status", "program_id", "user_id", "referral_id")
"""By which columns rewards can be looked for."""

ONE = Statement(f"SELECT {REWARD} FROM rewards w WHERE w.reward_id = :reward_id")  # noqa: S608
CONVERSION = Statement(
    f"SELECT {', '.join(Columns.CONVERSION)} FROM reward_conversions "  # noqa: S608 - ours
    "WHERE conversion_id = :conversion_id"
)
ENTRIES = Statement(
    """
    SELECT log_seq, account, holder_id, reward_id, currency, amount_minor, at
    FROM ledger_entries WHERE reward_id = :reward_id ORDER BY log_seq, amount_minor
    """
)
COUNTS_OF_USER = Statement(
    """
    SELECT c.program_id, c.occurrence, c.conversions, p.name, p.terms
    FROM reward_counts c LEFT JOIN reward_programs p ON p.program_id = c.program_id
    WHERE c.user_id = :user_id ORDER BY c.program_id
    """
)
BALANCES = Statement(
    """
    SELECT currency, account, amount_minor FROM ledger_balances
    WHERE holder_id = :holder_id AND account <> 'program' ORDER BY currency
    """
)


@cache
def page(filters: tuple[str, ...]) -> Statement:
    """Rewards that have what is looked for, newest first.

    Indexes ix_rewards_user_id, ix_rewards_referral_id, else ix_rewards_granted_at.
    """
    wanted = "".join(f"w.{name} = :{name} AND " for name in filters)
    return Statement(
        f"""
        SELECT {REWARD} FROM rewards w
        WHERE {wanted}(w.granted_at < :before_at
          OR (w.granted_at = :before_at AND w.reward_id < :before_id))
        ORDER BY w.granted_at DESC, w.reward_id DESC LIMIT :limit
        """  # noqa: S608 - names of ours
    )
