"""Double entry: every movement of money is a list of entries that sum to nothing.

Accounts of a user: ``pending`` (granted, not approved), ``held``, ``payable`` (approved, and what
has to be paid back: it may be negative), ``paid``. Account of a program: ``program``, which is
what all its rewards together cost, with a minus.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

import msgspec

from groundswell.contract.events.rewards import RewardStatus

Account = Literal["program", "pending", "held", "payable", "paid"]

ACCOUNT_OF: Final[Mapping[RewardStatus, Account]] = MappingProxyType(
    {
        "pending": "pending",
        "eligible": "pending",
        "held": "held",
        "approved": "payable",
        "paid": "paid",
        "rejected": "program",
        "cancelled": "program",
        "expired": "program",
        "reversed": "program",
    }
)
"""Where a reward's money lies in each of its states."""


class Entry(msgspec.Struct, frozen=True):
    """One side of a movement. ``holder_id`` is a user's, or a program's for ``program``."""

    account: Account
    holder_id: str
    amount_minor: int


def source_of(status: RewardStatus) -> Account:
    """From where money is taken back in a state.

    What was paid is gone: it is owed, so it is taken from what is payable.
    """
    return "payable" if status == "paid" else ACCOUNT_OF[status]


def movement(
    amount: int, source: Account, target: Account, *, user_id: str, program_id: str
) -> tuple[Entry, ...]:
    """The entries that move an amount between accounts; none if nothing moves."""
    if amount == 0 or source == target:
        return ()

    def holder(account: Account) -> str:
        return program_id if account == "program" else user_id

    return (
        Entry(source, holder(source), -amount),
        Entry(target, holder(target), amount),
    )
