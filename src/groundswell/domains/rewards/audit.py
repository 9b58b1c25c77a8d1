"""Rewards and balances as the ledger and the event log have them, compared with what is kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from groundswell.contract.events import LoggedEvent
from groundswell.contract.events.referrals import AttributionAssigned, ConversionCompleted
from groundswell.contract.events.rewards import RewardEvent
from groundswell.contract.terms import RewardRule
from groundswell.domains.rewards.amounts import Purchase, amount_of
from groundswell.domains.rewards.ledger import ACCOUNT_OF
from groundswell.domains.rewards.rows import reward_id
from groundswell.log.reader import HEAD, EventLog
from groundswell.store import Row, Statement, Store, Transaction

UNBALANCED = Statement(
    """
    SELECT log_seq FROM ledger_entries
    GROUP BY log_seq, currency, reward_id HAVING SUM(amount_minor) <> 0 OR COUNT(*) <> 2
    """
)
BALANCES = Statement(
    """
    SELECT holder_id, account, currency, SUM(kept), SUM(summed) FROM (
      SELECT holder_id, account, currency, amount_minor AS kept, 0 AS summed FROM ledger_balances
      UNION ALL
      SELECT holder_id, account, currency, 0, amount_minor FROM ledger_entries
    ) x GROUP BY holder_id, account, currency HAVING SUM(kept) <> SUM(summed)
    """
)
# What caps count, from the rewards that caps are about.
SUMS = Statement(
    """
    SELECT program_id, rule_id, subject, day, SUM(kept), SUM(summed), SUM(n), SUM(m) FROM (
      SELECT program_id, rule_id, subject, day, amount_minor AS kept, 0 AS summed,
        rewards AS n, 0 AS m FROM reward_sums
      UNION ALL
      SELECT w.program_id, w.rule_id, s.subject, w.counted_at / 86400000000,
        0, w.amount_minor - w.reversed_minor, 0, 1
      FROM rewards w JOIN (SELECT reward_id, referrer_id AS subject FROM rewards
        UNION ALL SELECT reward_id, '*' FROM rewards) s ON s.reward_id = w.reward_id
      WHERE w.status IN ('pending', 'eligible', 'approved', 'held', 'paid')
    ) x GROUP BY program_id, rule_id, subject, day
    HAVING SUM(kept) <> SUM(summed) OR SUM(n) <> SUM(m)
    """
)
COUNTS = Statement(
    """
    SELECT program_id, user_id, occurrence, SUM(kept), SUM(summed) FROM (
      SELECT program_id, user_id, occurrence, conversions AS kept, 0 AS summed FROM reward_counts
      UNION ALL
      SELECT program_id, referrer_id, occurrence, 0, counted FROM reward_conversions
    ) x GROUP BY program_id, user_id, occurrence HAVING SUM(kept) <> SUM(summed)
    """
)
REWARDS = Statement(
    """
    SELECT reward_id, status, amount_minor, reversed_minor, user_id, currency FROM rewards
    """
)
HOLDINGS = Statement(
    """
    SELECT reward_id, account, SUM(amount_minor) FROM ledger_entries
    WHERE account <> 'program' GROUP BY reward_id, account
    """
)


@dataclass
class Told:
    """What the log says, folded."""

    rewards: dict[str, RewardEvent] = field(default_factory=dict)
    promised: dict[str, tuple[RewardRule, Purchase]] = field(default_factory=dict)

    def add(self, logged: LoggedEvent) -> None:
        """Take in one more event."""
        match logged.event:
            case RewardEvent() as event:
                self.rewards[event.reward_id] = event
            case ConversionCompleted() as event:
                purchase = Purchase(event.amount_minor, event.currency)
                self._promise(
                    event.program_id,
                    event.conversion_id,
                    event.occurrence,
                    [rule for rule in event.reward_terms if not rule.upfront],
                    purchase,
                )
            case AttributionAssigned() as event:
                upfront = [rule for rule in event.reward_terms if rule.upfront]
                self._promise(event.program_id, event.referral_id, 1, upfront, Purchase())

    def _promise(
        self,
        program_id: str,
        source_id: str,
        occurrence: int,
        terms: Iterable[RewardRule],
        purchase: Purchase,
    ) -> None:
        for rule in terms:
            name = reward_id(program_id, source_id, rule.rule_id, rule.role, occurrence)
            # Told again, it is what it was at first.
            self.promised.setdefault(name, (rule, purchase))


async def audit_rewards(store: Store, log: EventLog) -> list[str]:
    """A line for each difference between the log, the ledger and what is kept."""
    told = Told()
    async with store.reading() as tx:
        head = (await tx.fetch(HEAD))[0][0]
        found = await _sums(tx)
        rewards = await tx.fetch(REWARDS)
        holdings = await tx.fetch(HOLDINGS)
    async for logged in log.of(RewardEvent, ConversionCompleted, AttributionAssigned):
        if logged.seq > head:
            break
        told.add(logged)
    return [*found, *_against_ledger(rewards, holdings), *_against_log(rewards, told)]


async def _sums(tx: Transaction) -> list[str]:
    unbalanced = [
        f"ledger: the entries of event {row[0]} do not sum to nothing"
        for row in await tx.fetch(UNBALANCED)
    ]
    balances = [
        f"balance of {row[0]}, {row[1]} {row[2]}: kept {row[3]}, by the ledger {row[4]}"
        for row in await tx.fetch(BALANCES)
    ]
    sums = [
        f"sums of {row[0]}, rule {row[1]}, {row[2]}, day {row[3]}: "
        f"kept {row[4]} in {row[6]}, by the rewards {row[5]} in {row[7]}"
        for row in await tx.fetch(SUMS)
    ]
    counts = [
        f"count of {row[1]} in {row[0]}, occurrence {row[2]}: kept {row[3]}, counted {row[4]}"
        for row in await tx.fetch(COUNTS)
    ]
    return unbalanced + balances + sums + counts


def _against_ledger(rewards: Iterable[Row], holdings: Iterable[Row]) -> list[str]:
    """The money of a reward lies where its state says, and nowhere else."""
    held: dict[str, dict[str, int]] = {}
    for name, account, amount in holdings:
        held.setdefault(name, {})[account] = int(amount)
    differences: list[str] = []
    for name, status, amount, reversed_minor, *_ in rewards:
        wanted = _holdings(status, amount, reversed_minor, held.get(name, {}))
        lies = {account: sum_ for account, sum_ in held.pop(name, {}).items() if sum_}
        if lies != wanted:
            differences.append(f"reward {name}, {status}: kept {wanted}, by the ledger {lies}")
    return differences + [f"reward {name}: in the ledger only" for name in held]


def _holdings(
    status: str, amount: int, reversed_minor: int, lies: dict[str, int]
) -> dict[str, int]:
    account = ACCOUNT_OF[status]  # type: ignore[index]
    if status not in ("paid", "reversed"):
        net = amount - reversed_minor
        return {account: net} if net and account != "program" else {}
    # What was taken back after it was paid is owed; what was taken back before was never paid.
    paid = lies.get("paid", 0)
    owed = amount - reversed_minor - paid
    return {name: value for name, value in (("paid", paid), ("payable", owed)) if value}


def _against_log(rewards: Iterable[Row], told: Told) -> list[str]:
    differences: list[str] = []
    untold = dict(told.rewards)
    for name, status, amount, reversed_minor, user_id, currency in rewards:
        event = untold.pop(name, None)
        kept = (status, amount, reversed_minor, user_id, currency)
        if event is None:
            differences.append(f"reward {name}: no event tells of it")
            continue
        by_log = (
            event.status,
            event.facts.granted_minor,
            event.reversed_minor,
            event.user_id,
            event.currency,
        )
        if kept != by_log:
            differences.append(f"reward {name}: kept {kept}, by the log {by_log}")
        differences += _against_promise(name, amount, told)
    return differences + [f"reward {name}: told of, not kept" for name in untold]


def _against_promise(name: str, amount: int, told: Told) -> list[str]:
    """Every reward was promised by a conversion or an attribution, and is no more than that."""
    if name not in told.promised:
        return [f"reward {name}: nothing in the log promises it"]
    rule, purchase = told.promised[name]
    if rule.kind == "tiered":
        most: object = max(tier.amount_minor for tier in rule.tiers)
    else:
        most = amount_of(rule, purchase, 0)
    if not isinstance(most, int) or amount > most:
        return [f"reward {name}: {amount} granted, {most} promised"]
    return []
