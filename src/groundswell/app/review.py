"""What is behind the page where operators decide about referrals and rewards."""

from __future__ import annotations

from groundswell.app.core import Core
from groundswell.contract import times
from groundswell.domains.referrals.commands import ResolveCase
from groundswell.domains.referrals.queries import ReferralQueries
from groundswell.domains.referrals.review_queries import ReviewQueries
from groundswell.domains.rewards.bodies import RewardDecision
from groundswell.domains.rewards.offering import RewardActions
from groundswell.domains.rewards.queries import RewardQueries
from groundswell.web.review import Decision, Resolution, Review


def review_of(core: Core) -> Review:
    """The parts that the page asks, and what carries decisions out."""
    store, clock, submit = core.store, times.now, core.writer.submit
    rewards = RewardQueries(store, clock)
    actions = RewardActions(submit, rewards, clock)

    async def decide(reward_id: str, action: Decision, reason: str | None) -> object:
        return await actions.decide(reward_id, action, RewardDecision(reason=reason), None)

    async def resolve(case_id: str, resolution: Resolution, note: str | None) -> object:
        command = ResolveCase(
            at=clock(), case_id=case_id, resolution=resolution, by="operator", note=note
        )
        return await submit(command)

    return Review(
        programs=ReferralQueries(store, clock, core.settings.public_url.rstrip("/")),
        suspicions=ReviewQueries(store, clock),
        rewards=rewards,
        decide=decide,
        resolve=resolve,
    )
