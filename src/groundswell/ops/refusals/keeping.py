"""How long the trace is kept, and how much of it at most."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from groundswell.contract.refusals import CALLERS
from groundswell.store import TEXT, Statement
from groundswell.store.forgetting import Kept, always, deleted

MOST: Final = 100_000
"""Rows of each kind of caller, however much was refused: one kind displaces no other."""

ADDRESSES = Statement(
    """
    SELECT refusal_id FROM refusals
    WHERE at <= :before AND caller IN ('visitor', 'unverified') AND caller_id IS NOT NULL
    LIMIT :portion
    """
)
FORGET_ADDRESSES = Statement(
    """
    UPDATE refusals SET caller_id = NULL
    WHERE refusal_id IN (SELECT r.refusal_id FROM {rows} r)
    """,
    rows={"refusal_id": TEXT},
)


def kept_refusals(life: int, address_life: int, most: int = MOST) -> Sequence[Kept]:
    """Rows that are too old or too many, and hashes of addresses; lives are in microseconds."""
    old = deleted("refusals", "refusal_id", "at <= :before", always(life))
    surplus = [Kept(_beyond(caller, most), old.forget, always(0)) for caller in CALLERS]
    return (old, Kept(ADDRESSES, FORGET_ADDRESSES, always(address_life)), *surplus)


def _beyond(caller: str, most: int) -> Statement:
    """ix_refusals_caller; the oldest rows of a kind."""
    return Statement(
        f"""
        SELECT refusal_id FROM refusals WHERE caller = '{caller}' AND at <= :before
        ORDER BY at DESC, refusal_id DESC LIMIT :portion OFFSET {most}
        """  # noqa: S608 - words and numbers of ours
    )
