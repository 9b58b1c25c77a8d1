"""A core that grants rewards for events of referral programs, and short ways to say what happens.

Events of referrals are written into the log as the other slice would, and reach rewards by their
reactions only.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, ClassVar

from groundswell.contract.events import Event
from groundswell.contract.events import referrals as happens
from groundswell.contract.events.rewards import RewardEvent
from groundswell.contract.terms import RewardRule
from groundswell.domains.rewards.audit import audit_rewards
from groundswell.domains.rewards.commands import DecideReward, HostAction
from groundswell.domains.rewards.erasing import REWARD_ERASER
from groundswell.domains.rewards.handling import rewards_handler
from groundswell.domains.rewards.projections import REWARD_PROJECTION
from groundswell.domains.rewards.queries import RewardQueries
from groundswell.domains.rewards.reactions import react
from groundswell.domains.rewards.sweeping import RewardSweep
from groundswell.domains.rewards.views import RewardRecord
from groundswell.log.forgetting import find_events, forget_events
from groundswell.log.reactions import Reactions
from groundswell.store import Transaction
from groundswell.store.commands import Command, EventTail, Handler
from groundswell.store.persons import Discretions, Erasure, nobody_wishes
from tests.support.core import ManualClock, running_core
from tests.support.reacting import HAPPENING, ReactingSlice
from tests.support.replaying import unlike_the_log

PROGRAM = "program-test"
TABLES = (
    *("rewards", "reward_conversions", "reward_counts", "milestone_awards", "reward_sums"),
    *("reward_programs", "ledger_entries", "ledger_balances"),
)


class Forget(Command, frozen=True, kw_only=True):
    """Somebody is to be forgotten."""

    answer: ClassVar[type] = int
    erasure: Erasure


async def forget(
    transaction: Transaction, commands: Sequence[Forget], tail: EventTail
) -> list[object]:
    """Forget them in rewards, and in the log."""
    done: list[object] = []
    for one in commands:
        found = await find_events(transaction, one.erasure, 0)
        rows = await REWARD_ERASER.erase(transaction, one.erasure, {}, tail)
        done.append(rows + await forget_events(transaction, one.erasure, found, tail))
    return done


def rule(rule_id: str = "cash", **more: Any) -> RewardRule:
    """A promise; 50.00 EUR to the referrer if nothing else is said."""
    said: dict[str, Any] = {
        "role": "referrer",
        "kind": "flat",
        "currency": "EUR",
        "amount_minor": 5_000,
        "type": "cash",
        **more,
    }
    return RewardRule(rule_id=rule_id, **said)


@dataclass(kw_only=True)
class Rewarding(ReactingSlice):
    """Rewards on a running core."""

    queries: RewardQueries
    sweeping: RewardSweep
    terms: tuple[RewardRule, ...] = field(default_factory=lambda: (rule(),))

    # What happens elsewhere

    def completed(self, name: str = "1", **more: Any) -> happens.ConversionCompleted:
        """A conversion of somebody whom ann referred."""
        said: dict[str, Any] = {
            "program_id": PROGRAM,
            "referrer_id": "ann",
            "referral_id": f"ref-{name}",
            "new_user_id": f"new-{name}",
            "conversion_id": f"conversion-{name}",
            "conversion_type": "registration",
            "occurrence": 1,
            "rule_version": 1,
            "reward_terms": self.terms,
            "converted_at": self.clock(),
            **more,
        }
        return happens.ConversionCompleted(**said)

    def undone(
        self, name: str = "1", reason: happens.ReversalReason = "refund", **more: Any
    ) -> happens.ConversionReversed:
        """It was undone, or paid back in part."""
        said: dict[str, Any] = {
            "program_id": PROGRAM,
            "referrer_id": "ann",
            "referral_id": f"ref-{name}",
            "new_user_id": f"new-{name}",
            "conversion_id": f"conversion-{name}",
            "occurrence": 1,
            "rule_version": 1,
            "reason": reason,
            **more,
        }
        return happens.ConversionReversed(**said)

    def assigned(self, name: str = "1", **more: Any) -> happens.AttributionAssigned:
        """Somebody is bound to ann."""
        said: dict[str, Any] = {
            "program_id": PROGRAM,
            "referrer_id": "ann",
            "referral_id": f"ref-{name}",
            "referee_id": f"new-{name}",
            "model": "last_touch",
            "touch_id": "touch-1",
            "touch_kind": "code",
            "rule_version": 1,
            "reward_terms": self.terms,
            **more,
        }
        return happens.AttributionAssigned(**said)

    def _fraud(self, **more: Any) -> dict[str, Any]:
        return {
            "program_id": PROGRAM,
            "case_id": "case-1",
            "subject_id": "ann",
            "rule": "velocity",
            "severity": "high",
            "scope": "referral",
            "resolution": None,
            "referral_ids": ("ref-1",),
            **more,
        }

    def flagged(self, **more: Any) -> happens.FraudFlagged:
        """Something looks wrong."""
        said = {"holds": True, "signal_id": "signal-1", **self._fraud(**more)}
        return happens.FraudFlagged(**said)

    def resolved(self, *released: str, **more: Any) -> happens.FraudResolved:
        """Somebody decided that it was nothing."""
        said = self._fraud(**{"resolution": "dismissed", **more})
        return happens.FraudResolved(released=released, **said)

    # What the host does

    async def decide(
        self, reward_id: str, action: HostAction, amount: str | None = None
    ) -> RewardRecord:
        """The host decides about a reward."""
        command = DecideReward(
            at=self.clock(),
            reward_id=reward_id,
            action=action,
            amount=None if amount is None else Decimal(amount),
        )
        done: RewardRecord = await self.core.submit(command)
        return done

    async def paid(self, reward_id: str) -> RewardRecord:
        """A reward that went all its way, its hold period included."""
        reward = await self.queries.one(reward_id)
        self.clock.now = max(self.clock.now, self.clock.now + 90 * 86_400_000_000)
        await self.sweeping.sweep()
        if (await self.queries.one(reward_id)).status == "eligible":
            await self.decide(reward_id, "approve")
        return await self.decide(reward.reward_id, "pay")

    # What is to be seen

    async def rewards(self, **filters: str) -> list[RewardRecord]:
        """All rewards, oldest first."""
        return list(reversed((await self.queries.page(500, None, **filters)).items))

    async def only(self, **filters: str) -> RewardRecord:
        """The one reward there is."""
        (found,) = await self.rewards(**filters)
        return found

    async def statuses(self, **filters: str) -> list[str]:
        """The states of all rewards, oldest first."""
        return [one.status for one in await self.rewards(**filters)]

    async def balance(self, user_id: str = "ann") -> dict[str, str]:
        """What somebody has in euros; accounts with nothing are left out."""
        for one in (await self.queries.balances(user_id)).items:
            if one.currency == "EUR":
                accounts = ("pending", "held", "payable", "paid")
                amounts = {name: getattr(one, name).amount for name in accounts}
                return {name: str(amount) for name, amount in amounts.items() if amount}
        return {}

    async def told(self, *kinds: type[Event]) -> list[Any]:
        """The events of rewards in the log, or those of these kinds."""
        wanted = kinds or (RewardEvent,)
        events = [one.event for one in await self.core.events()]
        return [one for one in events if isinstance(one, wanted)]

    async def types(self) -> list[str]:
        """What was told of rewards, in order."""
        return [one.event_type.removeprefix("referral.reward.") for one in await self.told()]

    async def assert_consistent(self) -> None:
        """The ledger, the log and what is kept tell the same."""
        assert await audit_rewards(self.core.store, self.core.log) == []
        assert await unlike_the_log(self.core.store, REWARD_PROJECTION) == []


@asynccontextmanager
async def running_rewards(
    url: str,
    clock: ManualClock | None = None,
    discretions: Discretions = nobody_wishes,
    **writing: Any,
) -> AsyncIterator[Rewarding]:
    """Rewards on a database that has the schema."""
    clock = clock or ManualClock()
    handlers = (
        rewards_handler(clock, discretions),
        HAPPENING,
        Handler((Forget,), forget),
    )
    async with running_core(url, clock, handlers=handlers, **writing) as core:
        yield Rewarding(
            core=core,
            reactions=Reactions("rewards", react, core.writer.submit),
            tables=TABLES,
            step=0,
            queries=RewardQueries(core.store, clock),
            sweeping=RewardSweep(core.writer.submit, core.store, clock),
        )
