"""Rewards as the log alone tells them: states, ledger, balances, what caps and progress count."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from groundswell.contract.events import LoggedEvent
from groundswell.contract.events.referrals import (
    CodeGenerated,
    ConversionCompleted,
    ConversionReversed,
    ProgramEvent,
)
from groundswell.contract.events.rewards import (
    RewardApproved,
    RewardEarned,
    RewardEvent,
    RewardPaid,
    RewardStatus,
)
from groundswell.contract.terms import RewardRule
from groundswell.contract.times import DAY
from groundswell.domains.rewards.books import source_of_move
from groundswell.domains.rewards.caps import day_of
from groundswell.domains.rewards.counting import BEFORE_THE_FIRST
from groundswell.domains.rewards.given import EVERYBODY
from groundswell.domains.rewards.ledger import ACCOUNT_OF, Account, movement, source_of
from groundswell.domains.rewards.states import LIVE
from groundswell.log.projections import Fold, Projection, Rows, Table, Values
from groundswell.store import BIGINT, TEXT

PROGRAMS: Final = Table(
    "reward_programs", {"program_id": TEXT}, {"version": BIGINT, "name": TEXT, "terms": TEXT}
)
CONVERSIONS: Final = Table(
    "reward_conversions",
    {"conversion_id": TEXT},
    {
        **dict.fromkeys(("program_id", "referral_id", "referrer_id", "referee_id"), TEXT),
        **dict.fromkeys(("occurrence", "completed", "counted", "reversed"), BIGINT),
        **dict.fromkeys(("amount_minor", "refunded_minor"), BIGINT),
    },
    whole=False,
)
COUNTS: Final = Table(
    "reward_counts",
    {"program_id": TEXT, "user_id": TEXT, "occurrence": BIGINT},
    {"conversions": BIGINT},
    absent=(0,),
)
SUMS: Final = Table(
    "reward_sums",
    {**dict.fromkeys(("program_id", "rule_id", "subject"), TEXT), "day": BIGINT},
    {"amount_minor": BIGINT, "rewards": BIGINT},
    absent=(0, 0),
)
REWARDS: Final = Table(
    "rewards",
    {"reward_id": TEXT},
    {
        **dict.fromkeys(("program_id", "rule_id", "kind", "role", "type", "user_id"), TEXT),
        **dict.fromkeys(("referrer_id", "referee_id", "referral_id", "conversion_id"), TEXT),
        **{"occurrence": BIGINT, "rule_version": BIGINT, "currency": TEXT},
        **dict.fromkeys(("amount_minor", "hold_until", "needs_approval"), BIGINT),
        **dict.fromkeys(("expires_days", "counted_at", "granted_at"), BIGINT),
        **{"status": TEXT, "reversed_minor": BIGINT, "held_from": TEXT},
        **dict.fromkeys(("approved_at", "expires_at", "paid_at"), BIGINT),
        "reason": TEXT,
    },
    fill={"updated_at": BIGINT},
)
ENTRIES: Final = Table(
    "ledger_entries",
    {"log_seq": BIGINT, "account": TEXT},
    {
        **dict.fromkeys(("holder_id", "program_id", "reward_id", "currency"), TEXT),
        **{"amount_minor": BIGINT, "at": BIGINT},
    },
)
BALANCES: Final = Table(
    "ledger_balances",
    {"holder_id": TEXT, "account": TEXT, "currency": TEXT},
    {"amount_minor": BIGINT},
    absent=(0,),
)

_encode = msgspec.json.Encoder().encode


class Conversion(msgspec.Struct):
    """A conversion; the fields stand in the order of the columns."""

    program_id: str
    referral_id: str
    referrer_id: str
    referee_id: str
    occurrence: int
    completed: int = 0
    counted: int = 0
    reversed: int = 0
    amount_minor: int | None = None
    refunded_minor: int = 0


class Reward(msgspec.Struct):
    """What changes about a reward, and the event that told of it first."""

    granted: RewardEarned
    status: RewardStatus
    held_from: RewardStatus | None
    reason: str | None
    updated_at: int
    reversed_minor: int = 0
    approved_at: int | None = None
    expires_at: int | None = None
    paid_at: int | None = None

    def row(self) -> Values:
        """The values of its row."""
        event, facts = self.granted, self.granted.facts
        return (
            *(event.program_id, facts.rule_id, facts.kind, facts.role, event.type, event.user_id),
            *(event.referrer_id, event.referee_id, event.referral_id, facts.conversion_id),
            *(facts.occurrence, facts.rule_version, event.currency),
            *(facts.granted_minor, event.eligible_at, int(facts.needs_approval)),
            *(facts.expires_days, facts.counted_at, facts.granted_at),
            *(self.status, self.reversed_minor, self.held_from),
            *(self.approved_at, self.expires_at, self.paid_at),
            self.reason,
            self.updated_at,
        )


class Movement(msgspec.Struct, frozen=True):
    """Money that goes from one account to another, because of the event at ``seq``."""

    seq: int
    reward_id: str
    amount: int
    source: Account
    target: Account
    at: int


class RewardFold(Fold):
    """All that the log tells of rewards."""

    takes = (RewardEvent, ProgramEvent, CodeGenerated, ConversionCompleted, ConversionReversed)

    programs: dict[str, tuple[int, str, str]] = msgspec.field(default_factory=dict)
    conversions: dict[str, Conversion] = msgspec.field(default_factory=dict)
    counts: dict[tuple[str, str, int], int] = msgspec.field(default_factory=dict)
    sums: dict[tuple[str, str, str, int], tuple[int, int]] = msgspec.field(default_factory=dict)
    rewards: dict[str, Reward] = msgspec.field(default_factory=dict)
    movements: list[Movement] = msgspec.field(default_factory=list)

    def add(self, logged: LoggedEvent) -> None:
        """Take in the event that follows."""
        match logged.event:
            case RewardEarned() as event:
                self._grant(logged, event)
            case RewardEvent() as event:
                self._move(logged, event)
            case ProgramEvent() as event:
                self._promise(event.program_id, event.version, event.name, event.reward_terms)
            case CodeGenerated() as event:
                self.counts.setdefault((event.program_id, event.user_id, 1), 0)
            case ConversionCompleted() as event:
                self._complete(event)
            case ConversionReversed() as event:
                self._reverse(event)

    def rows(self) -> Rows:
        """The rows as they have to be now."""
        entries = dict(self._entries())
        balances: dict[Values, int] = {}
        for (_, account), (holder, _, _, currency, amount, _) in entries.items():
            key = (holder, account, currency)
            balances[key] = balances.get(key, 0) + amount
        return {
            PROGRAMS.name: {(name,): one for name, one in self.programs.items()},
            CONVERSIONS.name: {
                (name,): msgspec.structs.astuple(one) for name, one in self.conversions.items()
            },
            COUNTS.name: {key: (count,) for key, count in self.counts.items()},
            SUMS.name: self.sums,
            REWARDS.name: {(name,): one.row() for name, one in self.rewards.items()},
            ENTRIES.name: entries,
            BALANCES.name: {key: (amount,) for key, amount in balances.items()},
        }

    def _grant(self, logged: LoggedEvent, event: RewardEarned) -> None:
        held_from: RewardStatus | None = "pending" if event.status == "held" else None
        reward = Reward(event, event.status, held_from, event.reason, logged.at)
        self.rewards[event.reward_id] = reward
        self._post(logged, event, "program", ACCOUNT_OF[event.status])
        self._sum(event, event.amount_minor, 1)

    def _move(self, logged: LoggedEvent, event: RewardEvent) -> None:
        reward, target = self.rewards[event.reward_id], event.status
        before, reward.status = reward.status, target
        reward.reason, reward.updated_at = event.reason, logged.at
        reward.reversed_minor = event.reversed_minor
        if before == target:  # a part was taken back
            self._post(logged, event, source_of(before), "program")
            self._sum(event, -event.amount_minor, 0)
            return
        reward.held_from = before if target == "held" else None
        self._date(reward, event, logged.at)
        self._post(logged, event, source_of_move(before, target), ACCOUNT_OF[target])
        if target not in LIVE:
            self._sum(event, -event.amount_minor, -1)
        if event.uncounts and event.facts.conversion_id is not None:
            self._uncount(self.conversions[event.facts.conversion_id])

    def _date(self, reward: Reward, event: RewardEvent, at: int) -> None:
        if isinstance(event, RewardApproved):
            days = event.facts.expires_days
            reward.approved_at = at
            reward.expires_at = reward.expires_at if days is None else at + days * DAY
        if isinstance(event, RewardPaid):
            reward.paid_at = at

    def _post(
        self, logged: LoggedEvent, event: RewardEvent, source: Account, target: Account
    ) -> None:
        moved = Movement(logged.seq, event.reward_id, event.amount_minor, source, target, logged.at)
        self.movements.append(moved)

    def _sum(self, event: RewardEvent, amount: int, rewards: int) -> None:
        facts = event.facts
        for subject in (event.referrer_id, EVERYBODY):
            key = (event.program_id, facts.rule_id, subject, day_of(facts.counted_at))
            money, number = self.sums.get(key, (0, 0))
            self.sums[key] = (money + amount, number + rewards)

    def _promise(
        self, program_id: str, version: int, name: str, terms: tuple[RewardRule, ...]
    ) -> None:
        known = self.programs.get(program_id)
        if known is None or version > known[0]:
            self.programs[program_id] = (version, name, _encode(terms).decode())

    def _complete(self, event: ConversionCompleted) -> None:
        one = self._conversion(event)
        if one.completed:
            return
        one.completed = 1
        if event.amount_minor is not None:
            one.amount_minor = event.amount_minor
        if one.reversed:
            return
        self._promise(event.program_id, BEFORE_THE_FIRST, "", event.reward_terms)
        one.counted = 1
        self._count(one, 1)

    def _reverse(self, event: ConversionReversed) -> None:
        one = self._conversion(event)
        refunded = event.refunded_minor
        if refunded is not None and event.amount_minor and refunded < event.amount_minor:
            one.refunded_minor = max(one.refunded_minor, refunded)
        elif not one.reversed:
            one.reversed = 1
            self._uncount(one)

    def _conversion(self, event: ConversionCompleted | ConversionReversed) -> Conversion:
        known = self.conversions.get(event.conversion_id)
        if known is None:
            who = (event.program_id, event.referral_id, event.referrer_id, event.new_user_id)
            known = Conversion(*who, event.occurrence)
            if isinstance(event, ConversionReversed):
                known.amount_minor = event.amount_minor
            self.conversions[event.conversion_id] = known
        return known

    def _uncount(self, one: Conversion) -> None:
        if one.counted:
            one.counted = 0
            self._count(one, -1)

    def _count(self, one: Conversion, by: int) -> None:
        key = (one.program_id, one.referrer_id, one.occurrence)
        self.counts[key] = self.counts.get(key, 0) + by

    def _entries(self) -> Iterator[tuple[Values, Values]]:
        for one in self.movements:
            event = self.rewards[one.reward_id].granted
            who = {"user_id": event.user_id, "program_id": event.program_id}
            for entry in movement(one.amount, one.source, one.target, **who):
                about = (entry.holder_id, event.program_id, event.reward_id, event.currency)
                yield (one.seq, entry.account), (*about, entry.amount_minor, one.at)


REWARD_PROJECTION: Final = Projection(
    "rewards",
    1,
    RewardFold,
    (PROGRAMS, CONVERSIONS, COUNTS, SUMS, REWARDS, ENTRIES, BALANCES),
)
"""Why a rule gave nothing, who else holds a reward and which steps were reached, no event says."""
