"""Where rewards name people. The ledger stays as it is, under the tombstone."""

from __future__ import annotations

from groundswell.log.naming import Naming
from groundswell.store.persons import Eraser

_NAMING = Naming(
    names={
        "reward_conversions": ("referrer_id", "referee_id"),
        "reward_counts": ("user_id",),
        "milestone_awards": ("user_id",),
        "reward_sums": ("subject",),
        "rewards": ("user_id", "referrer_id", "referee_id", "held_by"),
        "ledger_entries": ("holder_id",),
        "ledger_balances": ("holder_id",),
    },
    documents={"reward_conversions": ("decisions",)},
)

REWARD_ERASER = Eraser("rewards", _NAMING.forget)
