"""What the slice of announcements offers."""

from __future__ import annotations

from groundswell.domains.announcements.announcing import Announcements
from groundswell.domains.announcements.routes import announcement_router
from groundswell.slices import Slice, Tools


def announcement_slice(tools: Tools) -> Slice:
    """One route; announcing is nothing but its event."""
    announcements = Announcements(tools.submit, tools.clock, tools.gate)
    return Slice("announcements", routes=(announcement_router(announcements),))
