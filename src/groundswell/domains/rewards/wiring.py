"""What the slice of rewards offers."""

from __future__ import annotations

from groundswell.domains.rewards.audit import audit_rewards
from groundswell.domains.rewards.offering import RewardActions
from groundswell.domains.rewards.queries import RewardQueries
from groundswell.domains.rewards.reactions import react
from groundswell.domains.rewards.routes import reward_router
from groundswell.domains.rewards.sweeping import RewardSweep
from groundswell.slices import Slice, Tools


def reward_slice(tools: Tools) -> Slice:
    """Granting, deciding, paying and taking back; progress and balances."""
    queries = RewardQueries(tools.store, tools.clock)
    sweep = RewardSweep(tools.submit, tools.store, tools.clock)

    async def audit() -> list[str]:
        return await audit_rewards(tools.store, tools.log)

    return Slice(
        "rewards",
        routes=(reward_router(RewardActions(tools.submit, queries, tools.clock)),),
        react=react,
        jobs=(sweep.run,),
        statistics=sweep.statistics,
        audit=audit,
        export=queries.export,
    )
