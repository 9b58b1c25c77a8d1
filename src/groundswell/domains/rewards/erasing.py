"""Forgetting somebody: unpaid rewards end, the ledger stays as it is, under the tombstone."""

from __future__ import annotations

from groundswell.domains.rewards.books import Books
from groundswell.domains.rewards.commands import CancelUnpaid
from groundswell.domains.rewards.deciding import cancel_unpaid
from groundswell.domains.rewards.handling import write
from groundswell.domains.rewards.loading import load
from groundswell.log.naming import Naming
from groundswell.store import Transaction
from groundswell.store.commands import EventTail
from groundswell.store.persons import Eraser, Erasure, Trail

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


async def forget(tx: Transaction, erasure: Erasure, trail: Trail, tail: EventTail) -> int:
    """Forget somebody; how many rows named them.

    What they have not been paid is nobody's any more. What others get for them goes on.
    """
    touched = await _NAMING.forget(tx, erasure, trail, tail)
    if touched and erasure.user_id is not None:
        # Under the tombstone already, so that no event of it names them.
        await _cancel(tx, erasure, tail)
    return touched


async def _cancel(tx: Transaction, erasure: Erasure, tail: EventTail) -> None:
    command = CancelUnpaid(
        at=erasure.at, user_id=erasure.tombstone, program_id=None, reason="erased"
    )
    books = Books(tail, erasure.at)
    await load(tx, (command,), books)
    cancel_unpaid(books, command)
    await write(tx, books)


REWARD_ERASER = Eraser("rewards", forget)
