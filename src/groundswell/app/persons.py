"""Everything that is known of people, part by part: how it is taken away, and how forgotten."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from groundswell.access.persons import ACCESS_ERASER, export_sessions
from groundswell.domains.engagement.erasing import ENGAGEMENT_ERASER
from groundswell.domains.engagement.exporting import export_engagement
from groundswell.domains.inbox.erasing import INBOX_ERASER
from groundswell.domains.inbox.exporting import export_inbox
from groundswell.domains.intake.erasing import INTAKE_ERASER
from groundswell.domains.leaderboards.erasing import LEADERBOARD_ERASER
from groundswell.domains.moderation.handling import MODERATION_ERASER
from groundswell.domains.network.erasing import NETWORK_ERASER
from groundswell.domains.recommendations.erasing import RECOMMENDATION_ERASER
from groundswell.domains.referrals.erasing import REFERRAL_ERASER
from groundswell.domains.rewards.erasing import REWARD_ERASER
from groundswell.domains.sharing.erasing import SHARING_ERASER
from groundswell.domains.testimonials.erasing import TESTIMONIAL_ERASER
from groundswell.log.forgetting import LOG_ERASER
from groundswell.log.snapshots import SNAPSHOT_ERASER
from groundswell.ops.refusals.persons import REFUSAL_ERASER, export_refusals
from groundswell.slices import Slice
from groundswell.store import Store
from groundswell.store.persons import Eraser

ERASERS: Final[tuple[Eraser, ...]] = (
    ENGAGEMENT_ERASER,
    INBOX_ERASER,
    INTAKE_ERASER,
    REFERRAL_ERASER,
    REWARD_ERASER,
    SHARING_ERASER,
    LEADERBOARD_ERASER,
    NETWORK_ERASER,
    TESTIMONIAL_ERASER,
    RECOMMENDATION_ERASER,
    MODERATION_ERASER,
    REFUSAL_ERASER,
    ACCESS_ERASER,
    SNAPSHOT_ERASER,
    LOG_ERASER,
)
"""The log comes last: parts find their own events by whom they name."""

Export = Callable[[str], Awaitable[Mapping[str, Any]]]


def exports_of(store: Store, slices: Sequence[Slice]) -> dict[str, Export]:
    """What each part knows of a user."""
    return {
        "engagement": partial(export_engagement, store),
        "inbox": partial(export_inbox, store),
        "access": partial(export_sessions, store),
        "refusals": partial(export_refusals, store),
        **{one.name: one.export for one in slices if one.export is not None},
    }
