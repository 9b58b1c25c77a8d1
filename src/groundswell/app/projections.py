"""Everything that follows from the log, slice by slice, and letting reactions come up with it."""

from __future__ import annotations

from typing import Final

from groundswell.app.offers import Offers
from groundswell.domains.engagement.projections import ENGAGEMENT_PROJECTION
from groundswell.domains.leaderboards.projections import LEADERBOARD_PROJECTION
from groundswell.domains.network.projections import NETWORK_PROJECTION
from groundswell.domains.referrals.projections import REFERRAL_PROJECTION
from groundswell.domains.rewards.projections import REWARD_PROJECTION
from groundswell.domains.sharing.projections import SHARING_PROJECTION
from groundswell.domains.testimonials.projections import TESTIMONIAL_PROJECTION
from groundswell.log.projections import Projection
from groundswell.log.reader import EventLog

PROJECTIONS: Final[tuple[Projection, ...]] = (
    ENGAGEMENT_PROJECTION,
    REFERRAL_PROJECTION,
    REWARD_PROJECTION,
    LEADERBOARD_PROJECTION,
    SHARING_PROJECTION,
    TESTIMONIAL_PROJECTION,
    NETWORK_PROJECTION,
)


async def catch_up(offers: Offers, log: EventLog) -> None:
    """React to everything in the log, and to what comes of that.

    A service that was stopped may have left events nobody reacted to yet; the log says already
    what has to come of them. Each is reacted to once, also while a service does the same.
    """
    await offers.start()
    while (head := await log.head()) > min(_positions(offers), default=head):
        for one in offers.following.values():
            while one.consumer.position < head:
                await one.consumer.step()


def _positions(offers: Offers) -> list[int]:
    return [one.consumer.position for one in offers.following.values()]
