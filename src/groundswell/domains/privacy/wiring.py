"""What the slice of privacy offers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from groundswell.domains.privacy.offering import Export, PrivacyActions
from groundswell.domains.privacy.routes import privacy_router
from groundswell.slices import Slice, Tools
from groundswell.store.persons import Eraser


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
