"""A process of its own that grants rewards for conversions as fast as it can.

``python -m tests.integration.rewards.granting URL NAME COUNT``: it says ``ready``, waits for a line
on its standard input, and then has ``COUNT`` conversions rewarded, all at once.
"""

from __future__ import annotations

import asyncio
import sys

from groundswell.contract.terms import RewardCap
from groundswell.domains.rewards.commands import GrantRewards
from tests.integration.rewards.rewarding import Rewarding, rule, running_rewards

REFERRER_CAP = 2_025
"""In cents: twenty rewards of 1.00 and a quarter of one."""
PROGRAM_CAP = 30
TERMS = (
    rule("thanks", amount_minor=100, caps=(RewardCap(amount_minor=REFERRER_CAP),)),
    rule("month", caps=(RewardCap(scope="program", period="month", rewards=PROGRAM_CAP),)),
    rule("five", kind="milestone", at_count=5, amount_minor=1),
)


async def grant(url: str, name: str, count: int) -> None:
    """Reward the conversions of one process."""
    # A transaction for each, so that the processes take turns all the time.
    async with running_rewards(url, batch=1) as rewarding:
        rewarding.terms = TERMS
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        await asyncio.gather(*(_one(rewarding, f"{name}-{place}") for place in range(count)))


async def _one(rewarding: Rewarding, name: str) -> None:
    at = rewarding.clock()
    await rewarding.core.submit(GrantRewards(at=at, conversion=rewarding.completed(name)))


if __name__ == "__main__":
    asyncio.run(grant(sys.argv[1], sys.argv[2], int(sys.argv[3])))
