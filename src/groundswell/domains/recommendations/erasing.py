"""Forgetting somebody: what they did goes, and what it added to the sums with it."""

from __future__ import annotations

from groundswell.domains.recommendations.learning import change_persons
from groundswell.store import Transaction
from groundswell.store.commands import EventTail
from groundswell.store.persons import Eraser, Erasure, Trail


async def erase(tx: Transaction, erasure: Erasure, _: Trail, __: EventTail) -> int:
    """Forget what somebody did, under all of their names."""
    return await change_persons(tx, erasure.actors, lambda _, __: {})


RECOMMENDATION_ERASER = Eraser("recommendations", erase)
