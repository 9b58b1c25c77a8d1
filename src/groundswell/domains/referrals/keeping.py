"""How long clicks say from where, and with what browser, they came."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from groundswell.contract.times import DAY
from groundswell.domains.referrals.rules import ProgramRules, Windows
from groundswell.store import TEXT, Statement, Store
from groundswell.store.forgetting import Kept, Life

AFTERWARDS: Final = 30 * DAY
"""How long after the last window in which a click may count it is still told apart."""

RULES: Final = Statement("SELECT rules FROM program_versions")
# ix_referral_touches_at
FIND: Final = Statement(
    """
    SELECT touch_id FROM referral_touches
    WHERE at <= :before AND (address IS NOT NULL OR identity IS NOT NULL OR source IS NOT NULL
      OR query IS NOT NULL)
    ORDER BY at LIMIT :portion
    """
)
FORGET: Final = Statement(
    """
    UPDATE referral_touches SET address = NULL, identity = NULL, source = NULL, query = NULL
    WHERE touch_id IN (SELECT r.touch_id FROM {rows} r)
    """,
    rows={"touch_id": TEXT},
)

_rules = msgspec.json.Decoder(ProgramRules).decode


def longest_window(store: Store) -> Life:
    """As long as a click may count in any program by any version of its rules, and a month."""

    async def ask() -> int:
        rows = await store.fetch(RULES)
        windows = [Windows(), *(_rules(text).windows for (text,) in rows)]
        return max(one.longest for one in windows) + AFTERWARDS

    return ask


def hashes_of_clicks(store: Store) -> Sequence[Kept]:
    """The touch stays as long as it is needed to explain an attribution."""
    return (Kept(FIND, FORGET, longest_window(store)),)
