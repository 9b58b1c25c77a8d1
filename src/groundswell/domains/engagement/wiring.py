"""What the slice offers to the composition root."""

from __future__ import annotations

from groundswell.contract.times import DAY
from groundswell.domains.engagement.commands import INTERACTIONS, LIFECYCLE
from groundswell.domains.engagement.handling import Engagement
from groundswell.domains.engagement.qualification import Windows
from groundswell.store.commands import Handler
from groundswell.store.persons import Discretions, nobody_wishes


def engagement_handler(
    *,
    feed_days: int,
    windows: Windows | None = None,
    discretions: Discretions = nobody_wishes,
) -> Handler:
    """The handler of all commands of the slice; ``discretions`` knows what people wish."""
    engagement = Engagement(windows or Windows(), feed_days * DAY, discretions)
    return Handler((*LIFECYCLE, *INTERACTIONS), engagement.handle)
