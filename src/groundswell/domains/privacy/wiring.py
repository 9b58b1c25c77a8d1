"""What the slice of privacy offers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from groundswell.contract.privacy import OPEN, Discretion, WishesOfOne
from groundswell.domains.privacy.offering import Export, PrivacyActions
from groundswell.domains.privacy.routes import privacy_router
from groundswell.domains.privacy.wishes import wishes_of
from groundswell.slices import Slice, Tools
from groundswell.store import Store
from groundswell.store.persons import Eraser


def reading_wishes(store: Store) -> WishesOfOne:
    """For parts that show what somebody did: what they wish as it is stored now."""

    async def ask(user_id: str) -> Discretion:
        async with store.reading() as tx:
            found = await wishes_of(tx, (user_id,))
        return found.get(user_id, OPEN)

    return ask


def privacy_slice(tools: Tools, exports: Mapping[str, Export], erasers: Sequence[Eraser]) -> Slice:
    """Settings, archives and erasures; it is made last, of what all other slices offer."""
    privacy = PrivacyActions(
        tools.store,
        tools.submit,
        tools.hasher,
        tools.limits,
        tools.clock,
        exports,
        erasers,
    )
    return Slice("privacy", routes=(privacy_router(privacy),), jobs=(privacy.run,))
