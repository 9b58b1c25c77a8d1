"""What one batch of commands works on: rows as they were read, and what became of them.

Everything happens in memory, in the order of the commands, and is written at the end, each row
once. Transactions that append to the event log take turns, so nobody else writes meanwhile.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from groundswell.contract.events.base import Event
from groundswell.contract.events.rewards import (
    RewardApproved,
    RewardCancelled,
    RewardEarned,
    RewardEligible,
    RewardEvent,
    RewardExpired,
    RewardHeld,
    RewardPaid,
    RewardReleased,
    RewardReversed,
    RewardStatus,
)
from groundswell.contract.terms import RewardRule
from groundswell.contract.times import DAY
from groundswell.domains.rewards.caps import day_of
from groundswell.domains.rewards.given import EVERYBODY, GivenWithin, Sums
from groundswell.domains.rewards.ledger import ACCOUNT_OF, Account, movement, source_of
from groundswell.domains.rewards.rows import Award, Conversion, Reward
from groundswell.domains.rewards.states import LIVE, Action, following, withdrawal
from groundswell.store.commands import EventTail

_EVENTS: dict[Action, type[RewardEvent]] = {
    "mature": RewardEligible,
    "approve": RewardApproved,
    "pay": RewardPaid,
    "hold": RewardHeld,
    "release": RewardReleased,
    "reject": RewardCancelled,
    "cancel": RewardCancelled,
    "expire": RewardExpired,
    "reverse": RewardReversed,
}

Person = tuple[str, str]
"""Somebody in a program: (program, user)."""


@dataclass(frozen=True, slots=True)
class Program:
    """What a program promises now."""

    version: int
    name: str
    terms: tuple[RewardRule, ...]


@dataclass(slots=True)
class Changes:
    """What is to be written."""

    rewards: dict[str, Reward] = field(default_factory=dict)
    conversions: dict[str, Conversion] = field(default_factory=dict)
    awards: dict[tuple[str, str, str, int], Award] = field(default_factory=dict)
    programs: dict[str, Program] = field(default_factory=dict)
    counts: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    sums: defaultdict[tuple[str, str, str, int], list[int]] = field(
        default_factory=lambda: defaultdict(lambda: [0, 0])
    )
    entries: list[tuple[object, ...]] = field(default_factory=list)
    balances: Counter[tuple[str, Account, str]] = field(default_factory=Counter)


class Books:
    """The working set of a batch.

    Args:
        tail: takes the events.
        now: when all of it happens, microseconds.
    """

    def __init__(self, tail: EventTail, now: int) -> None:
        self._tail = tail
        self.now = now
        self.rewards: dict[str, Reward] = {}
        self.conversions: dict[str, Conversion] = {}
        self.counts: defaultdict[Person, Counter[int]] = defaultdict(Counter)
        self.awards: defaultdict[Person, list[Award]] = defaultdict(list)
        self.programs: dict[str, Program] = {}
        self.sums: Sums = defaultdict(dict)
        self.discreet: set[str] = set()
        self.changes = Changes()

    # Reading

    def rewards_of(self, referral_id: str) -> list[Reward]:
        """The rewards of a referral, those of this batch among them."""
        return [one for one in self.rewards.values() if one.referral_id == referral_id]

    def given(self, program_id: str, rule_id: str, referrer_id: str, day: int) -> GivenWithin:
        """Tells of a cap what was given within its period around a day."""
        return GivenWithin(self.sums, program_id, rule_id, referrer_id, day)

    # Writing

    def tell(self, event: Event) -> int:
        """Append an event; its place in the log."""
        return self._tail.append(event, self.now)

    def grant(self, reward: Reward) -> None:
        """A new reward: money of the program becomes somebody's pending, or held, money."""
        self.rewards[reward.reward_id] = reward
        self._touch(reward)
        self._sum(reward, reward.amount_minor, 1)
        seq = self._told(RewardEarned, reward, reward.amount_minor)
        self._post(seq, reward, reward.amount_minor, "program", ACCOUNT_OF[reward.status])

    def move(
        self,
        reward: Reward,
        action: Action,
        reason: str | None = None,
        *,
        uncounts: bool = False,
    ) -> bool:
        """Bring a reward into another state, with its money. False if that is not legal."""
        before = reward.status
        target = following(before, action, reward.held_from)
        if target is None:
            return False
        amount = reward.net
        reward.held_from = before if target == "held" else None
        if target != "held":
            reward.held_by = None
        self._enter(reward, target, action, reason)
        seq = self._told(_EVENTS[action], reward, amount, uncounts=uncounts)
        self._post(seq, reward, amount, source_of_move(before, target), ACCOUNT_OF[target])
        if target not in LIVE:
            self._sum(reward, -amount, -1)
        return True

    def withdraw(self, reward: Reward, reason: str | None, *, uncounts: bool = False) -> bool:
        """Take a reward back as a whole. False if it is over already."""
        action = withdrawal(reward.status)
        return action is not None and self.move(reward, action, reason, uncounts=uncounts)

    def reduce(self, reward: Reward, amount: int, reason: str | None) -> None:
        """Take back a part of a live reward, less than what is left of it."""
        reward.reversed_minor += amount
        reward.reason = reason
        self._touch(reward)
        seq = self._told(RewardReversed, reward, amount)
        self._post(seq, reward, amount, source_of(reward.status), "program")
        self._sum(reward, -amount, 0)

    def hold(self, reward: Reward, who: str, reason: str | None) -> bool:
        """Hold a reward on behalf of ``who``; one that is held already is held by both."""
        if reward.status == "held":
            held_by = set((reward.held_by or "").split("+")) | {who}
            reward.held_by = "+".join(sorted(held_by - {""}))
            self._touch(reward)
            return True
        if not self.move(reward, "hold", reason):
            return False
        reward.held_by = who
        return True

    def release(self, reward: Reward, who: str | None, reason: str | None) -> bool:
        """End the hold of ``who``, or of all; the reward goes on when nobody holds it any more."""
        others = set((reward.held_by or "").split("+")) - {who} if who else set()
        if reward.status == "held" and others:
            reward.held_by = "+".join(sorted(others))
            self._touch(reward)
            return True
        if not self.move(reward, "release", reason):
            return False
        self.ripen(reward)
        return True

    def ripen(self, reward: Reward) -> None:
        """What follows by itself when the hold period is over."""
        if reward.status == "pending" and reward.hold_until <= self.now:
            self.move(reward, "mature", None)
        if reward.status == "eligible" and not reward.needs_approval:
            self.move(reward, "approve", None)

    def keep(self, conversion: Conversion) -> None:
        """A conversion is new, or changed."""
        conversion.updated_at = self.now
        self.conversions[conversion.conversion_id] = conversion
        self.changes.conversions[conversion.conversion_id] = conversion

    def count(self, person: Person, occurrence: int, by: int) -> None:
        """One conversion of somebody's more, or less."""
        self.counts[person][occurrence] += by
        self.changes.counts[(*person, occurrence)] += by

    def award(self, award: Award) -> None:
        """A step was reached, or taken back."""
        person = (award.program_id, award.user_id)
        if award not in self.awards[person]:
            self.awards[person].append(award)
        self.changes.awards[(*person, award.rule_id, award.threshold)] = award

    def promise(self, program_id: str, program: Program) -> None:
        """What a program promises from now on."""
        known = self.programs.get(program_id)
        if known is None or program.version > known.version:
            self.programs[program_id] = self.changes.programs[program_id] = program

    def _enter(
        self, reward: Reward, target: RewardStatus, action: Action, reason: str | None
    ) -> None:
        reward.status = target
        reward.reason = reason
        if action == "approve":
            reward.approved_at = self.now
            if reward.expires_days is not None:
                reward.expires_at = self.now + reward.expires_days * DAY
        if action == "pay":
            reward.paid_at = self.now
        if action == "reverse":
            reward.reversed_minor = reward.amount_minor
        self._touch(reward)

    def _touch(self, reward: Reward) -> None:
        reward.updated_at = self.now
        self.changes.rewards[reward.reward_id] = reward

    def _told(
        self, event: type[RewardEvent], reward: Reward, amount: int, *, uncounts: bool = False
    ) -> int:
        return self.tell(
            event(
                user_id=reward.user_id,
                reward_id=reward.reward_id,
                referral_id=reward.referral_id,
                program_id=reward.program_id,
                amount_minor=amount,
                currency=reward.currency,
                type=reward.type,
                status=reward.status,
                eligible_at=reward.hold_until,
                reason=reward.reason,
                reversed_minor=reward.reversed_minor,
                referrer_id=reward.referrer_id,
                referee_id=reward.referee_id,
                private=reward.user_id in self.discreet,
                uncounts=uncounts,
                facts=reward.facts(),
            )
        )

    def _post(
        self, seq: int, reward: Reward, amount: int, source: Account, target: Account
    ) -> None:
        moved = movement(
            amount, source, target, user_id=reward.user_id, program_id=reward.program_id
        )
        for entry in moved:
            self.changes.entries.append(
                (
                    seq,
                    entry.account,
                    entry.holder_id,
                    reward.program_id,
                    reward.reward_id,
                    reward.currency,
                    entry.amount_minor,
                    self.now,
                )
            )
            key = (entry.holder_id, entry.account, reward.currency)
            self.changes.balances[key] += entry.amount_minor

    def _sum(self, reward: Reward, amount: int, rewards: int) -> None:
        day = day_of(reward.counted_at)
        for subject in (reward.referrer_id, EVERYBODY):
            key = (reward.program_id, reward.rule_id, subject)
            for sums in (
                self.sums[key].setdefault(day, [0, 0]),
                self.changes.sums[(*key, day)],
            ):
                sums[0] += amount
                sums[1] += rewards


def source_of_move(before: RewardStatus, target: RewardStatus) -> Account:
    """From where money comes when a reward leaves a state."""
    return source_of(before) if target not in LIVE else ACCOUNT_OF[before]
