"""Caps and milestones when several processes grant at the same time, on PostgreSQL."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections import Counter

from tests.integration.rewards.granting import PROGRAM_CAP, REFERRER_CAP
from tests.integration.rewards.rewarding import PROGRAM, running_rewards

EACH = 40


async def _start(url: str, name: str) -> Process:
    module = "tests.integration.rewards.granting"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, url, name, str(EACH)), stdin=PIPE, stdout=PIPE
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"ready\n"
    return process


async def test_two_processes_hit_a_cap_at_the_same_time(ready_postgres: str) -> None:
    """R6 and R10: what is granted is the cap to the cent, and the milestone is awarded once."""
    processes = [await _start(ready_postgres, name) for name in ("one", "two")]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write(b"go\n")
        await process.stdin.drain()
    assert [await process.wait() for process in processes] == [0, 0]
    async with running_rewards(ready_postgres) as rewarding:
        rewards = await rewarding.rewards()
        amounts = [int(one.amount * 100) for one in rewards if one.rule_id == "thanks"]
        assert sum(amounts) == REFERRER_CAP
        assert Counter(amounts) == {100: 20, 25: 1}
        many = Counter(one.rule_id for one in rewards)
        assert (many["month"], many["five"]) == (PROGRAM_CAP, 1)
        (progress,) = (await rewarding.queries.progress("ann")).items
        assert (progress.program_id, progress.count) == (PROGRAM, 2 * EACH)
        granted_by = Counter(one.referral_id.split("-")[1] for one in rewards)
        assert set(granted_by) == {"one", "two"}, "both took part"


async def test_two_processes_reward_the_same_conversions_once(ready_postgres: str) -> None:
    """R3, when both read the same events of the log."""
    processes = [await _start(ready_postgres, "same") for _ in range(2)]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write(b"go\n")
        await process.stdin.drain()
    assert [await process.wait() for process in processes] == [0, 0]
    async with running_rewards(ready_postgres) as rewarding:
        (progress,) = (await rewarding.queries.progress("ann")).items
        assert progress.count == EACH
        many = Counter(one.rule_id for one in await rewarding.rewards())
        assert many == {"thanks": 21, "month": PROGRAM_CAP, "five": 1}
