"""What doors ask of rewards: reading, and deciding on behalf of the host."""

from __future__ import annotations

from groundswell.contract.times import Clock
from groundswell.domains.rewards.bodies import RewardCancellation, RewardDecision, RewardReversal
from groundswell.domains.rewards.commands import CancelUnpaid, DecideReward, HostAction
from groundswell.domains.rewards.queries import RewardQueries
from groundswell.domains.rewards.views import ChangedRewards, RewardRecord
from groundswell.log.reactions import Submit
from groundswell.store.commands import Idempotency


class RewardActions:
    """Decides about rewards; durable when it answers.

    Args:
        submit: the writer's.
        queries: what can be asked.
        clock: when commands are received.
    """

    def __init__(self, submit: Submit, queries: RewardQueries, clock: Clock) -> None:
        self.queries = queries
        self._submit = submit
        self._clock = clock

    async def decide(
        self,
        reward_id: str,
        action: HostAction,
        said: RewardDecision | RewardReversal | None,
        idempotency: Idempotency | None,
    ) -> RewardRecord:
        """Approve, pay, hold, release or take back a reward.

        Raises:
            NotFound: there is no such reward.
            Conflict: it is not legal in the reward's state.
        """
        command = DecideReward(
            at=self._clock(),
            reward_id=reward_id,
            action=action,
            reason=None if said is None else said.reason,
            amount=said.amount if isinstance(said, RewardReversal) else None,
        )
        answer: RewardRecord = await self._submit(command, idempotency)
        return answer

    async def cancel(
        self, said: RewardCancellation, idempotency: Idempotency | None
    ) -> ChangedRewards:
        """End all unpaid rewards of somebody."""
        command = CancelUnpaid(
            at=self._clock(),
            user_id=said.user_id,
            program_id=said.program_id,
            reason=said.reason,
        )
        answer: ChangedRewards = await self._submit(command, idempotency)
        return answer
