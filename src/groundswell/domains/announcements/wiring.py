"""What the slice of announcements offers."""

from __future__ import annotations

from groundswell.domains.announcements.routes import announcement_router
from groundswell.slices import Slice, Tools


def announcement_slice(tools: Tools) -> Slice:
    """One route; announcing is nothing but its event."""
    return Slice("announcements", routes=(announcement_router(tools.submit, tools.clock),))
