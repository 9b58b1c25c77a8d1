"""Invariants of rewards (R3 to R7, R10) through any history, on both engines at once."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any, TypeVar

import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from groundswell.contract.errors import Conflict
from groundswell.contract.events import Event, LoggedEvent
from groundswell.contract.events.referrals import ConversionCompleted
from groundswell.contract.events.rewards import RewardEarned, RewardEvent, RewardPaid
from groundswell.contract.terms import RewardCap, RewardRule, RewardTier
from groundswell.contract.times import DAY, HOUR
from groundswell.domains.rewards.states import LIVE, TRANSITIONS
from tests.integration.rewards.rewarding import Rewarding, running_rewards
from tests.integration.rewards.rewarding import rule as promise
from tests.support.core import START, ManualClock

T = TypeVar("T")

REFERRER_CAP = 120
PROGRAM_CAP = 5
TERMS: tuple[RewardRule, ...] = (
    promise(
        "flat",
        amount_minor=50,
        hold_days=1,
        needs_approval=True,
        caps=(
            RewardCap(amount_minor=REFERRER_CAP),
            RewardCap(scope="program", rewards=PROGRAM_CAP),
        ),
    ),
    promise(
        "share",
        role="referee",
        kind="percent",
        basis_points=1_250,
        amount_minor=None,
        max_occurrences=None,
        hold_days=0,
        expires_days=2,
    ),
    promise("two", kind="milestone", at_count=2, amount_minor=700, revoke_on_drop=True),
    promise("three", kind="milestone", at_count=3, amount_minor=900, hold_days=0),
    promise(
        "tiers",
        kind="tiered",
        amount_minor=None,
        max_occurrences=None,
        tiers=(
            RewardTier(from_count=2, amount_minor=11),
            RewardTier(from_count=4, amount_minor=22),
        ),
    ),
    promise("hello", role="referee", upfront=True, amount_minor=5),
)
_LEGAL = {(before, after) for (before, _), after in TRANSITIONS.items()}
_LEGAL |= {("held", "pending"), ("held", "eligible"), ("held", "approved")}

referrers = st.sampled_from(["ann", "bob"])
people = st.integers(1, 4)
actions = st.sampled_from(["approve", "pay", "pay", "hold", "release", "reverse"])


@pytest_asyncio.fixture
async def rewarding(ready_url: str) -> AsyncIterator[Rewarding]:
    async with running_rewards(ready_url) as running:
        yield running


class Pair:
    """Rewards on both engines, under one clock; both always answer the same."""

    def __init__(self, *urls: str) -> None:
        self.clock = ManualClock()
        self._urls = urls
        self._loop = asyncio.new_event_loop()
        self._stack = AsyncExitStack()
        self.engines: list[Rewarding] = []

    def __enter__(self) -> Pair:
        for url in self._urls:
            entering = self._stack.enter_async_context(running_rewards(url, self.clock))
            self.engines.append(self._loop.run_until_complete(entering))
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.run_until_complete(self._stack.aclose())
        self._loop.close()

    def ask(self, question: Callable[[Rewarding], Awaitable[T]]) -> T:
        """What both answer."""

        async def answers() -> list[Any]:
            return await asyncio.gather(*map(question, self.engines), return_exceptions=True)

        one, other = self._loop.run_until_complete(answers())
        if isinstance(one, Conflict):
            assert (type(one), one.reason) == (type(other), other.reason)
            raise one
        if isinstance(one, BaseException):
            raise one
        assert one == other
        found: T = one
        return found


class Histories(RuleBasedStateMachine):
    """Everything that can happen to rewards, in any order."""

    pair: Pair

    def __init__(self) -> None:
        super().__init__()
        self.said: list[Event] = []
        self.events: list[LoggedEvent] = []

    @initialize()
    def begin(self) -> None:
        self.pair.clock.now = START
        for one in self.pair.engines:
            one.terms = TERMS
        self.pair.ask(lambda one: one.clear())

    def happen(self, *events: Event) -> None:
        self.said += events
        self.pair.ask(lambda one: one.happen(*events))

    def _any(self) -> Rewarding:
        return self.pair.engines[0]

    @rule(
        who=referrers,
        person=people,
        occurrence=st.sampled_from([1, 1, 1, 2]),
        amount=st.sampled_from([None, 4, 12, 1_000]),
        held=st.sampled_from([False, False, False, True]),
        early=st.sampled_from([0, 0, HOUR, 3 * DAY]),
    )
    def complete(
        self, who: str, person: int, occurrence: int, amount: int | None, held: bool, early: int
    ) -> None:
        name = f"{who}-{person}"
        self.happen(
            self._any().completed(
                name,
                referrer_id=who,
                conversion_id=f"conversion-{name}-{occurrence}",
                occurrence=occurrence,
                amount_minor=amount,
                currency=None if amount is None else "EUR",
                held=held,
                converted_at=self.pair.clock.now - early,
            )
        )

    @rule(who=referrers, person=people, held=st.booleans())
    def assign(self, who: str, person: int, held: bool) -> None:
        self.happen(self._any().assigned(f"{who}-{person}", referrer_id=who, held=held))

    @rule(
        who=referrers,
        person=people,
        occurrence=st.sampled_from([1, 1, 1, 2]),
        part=st.sampled_from([None, None, 1, 2, 3]),
        reason=st.sampled_from(["refund", "chargeback", "fraud_confirmed"]),
    )
    def undo(self, who: str, person: int, occurrence: int, part: int | None, reason: Any) -> None:
        name = f"{who}-{person}"
        conversion = f"conversion-{name}-{occurrence}"
        known = [
            one.amount_minor
            for one in self.said
            if isinstance(one, ConversionCompleted) and one.conversion_id == conversion
        ]
        amount = known[0] if known else None
        refunded = part if amount is not None and part is not None and part < amount else None
        self.happen(
            self._any().undone(
                name,
                reason,
                referrer_id=who,
                conversion_id=conversion,
                occurrence=occurrence,
                amount_minor=amount,
                refunded_minor=refunded,
            )
        )

    @precondition(lambda self: self.said)
    @rule(data=st.data())
    def repeat(self, data: st.DataObject) -> None:
        """Something is told again."""
        self.happen(data.draw(st.sampled_from(self.said)))

    @rule(who=referrers, person=people, everything=st.booleans())
    def suspect(self, who: str, person: int, everything: bool) -> None:
        self.happen(
            self._any().flagged(
                subject_id=who,
                scope="referrer" if everything else "referral",
                referral_ids=(f"ref-{who}-{person}",),
            )
        )

    @rule(who=referrers, those=st.sets(people))
    def clear_up(self, who: str, those: set[int]) -> None:
        released = tuple(f"ref-{who}-{one}" for one in sorted(those))
        self.happen(self._any().resolved(*released, subject_id=who))

    @rule(data=st.data(), action=actions, amount=st.sampled_from([None, "0.01", "0.20"]))
    def decide(self, data: st.DataObject, action: Any, amount: str | None) -> None:
        rewards = [one.reward_id for one in self.pair.ask(lambda one: one.rewards())]
        if not rewards:
            return
        chosen = data.draw(st.sampled_from(sorted(rewards)))
        part = amount if action == "reverse" else None
        try:
            self.pair.ask(lambda one: one.decide(chosen, action, part))
        except Conflict:
            return

    @rule(by=st.sampled_from([1, HOUR, DAY - 1, DAY, 3 * DAY, 20 * DAY]))
    def wait(self, by: int) -> None:
        self.pair.clock.advance(by)
        self.pair.ask(lambda one: one.sweeping.sweep())

    @invariant()
    def nothing_differs_from_the_ledger_and_the_log(self) -> None:
        """R5, and that all that is kept can be recomputed."""
        self.pair.ask(lambda one: one.assert_consistent())

    @invariant()
    def money_is_neither_made_nor_lost(self) -> None:
        """R5: all accounts together hold nothing; a reward that is over holds nothing."""
        rows = self.pair.ask(
            lambda one: one.core.rows(
                """
                SELECT w.reward_id, w.status, w.amount_minor - w.reversed_minor,
                  CAST(SUM(CASE WHEN e.account <> 'program' THEN e.amount_minor ELSE 0 END)
                    AS BIGINT),
                  CAST(SUM(e.amount_minor) AS BIGINT)
                FROM rewards w JOIN ledger_entries e ON e.reward_id = w.reward_id
                GROUP BY w.reward_id, w.status, w.amount_minor, w.reversed_minor
                ORDER BY w.reward_id
                """
            )
        )
        for _, status, net, holdings, total in rows:
            assert total == 0
            assert holdings == (net if status in LIVE else 0)
            assert net >= 0

    @invariant()
    def caps_hold(self) -> None:
        """R6."""
        flat = [
            one
            for one in self.pair.ask(lambda one: one.rewards())
            if one.rule_id == "flat" and one.status in LIVE
        ]
        assert len(flat) <= PROGRAM_CAP
        for who in ("ann", "bob"):
            given = sum(
                int((one.amount - one.reversed_amount) * 100) for one in flat if one.user_id == who
            )
            assert given <= REFERRER_CAP

    @invariant()
    def histories_are_legal(self) -> None:
        """R3, R4, R7 and R10, from the log alone: every prefix of it was checked before."""
        logged = self.pair.ask(_reward_events)
        status: dict[str, str] = {}
        places: Counter[tuple[Any, ...]] = Counter()
        milestones: Counter[tuple[str, str]] = Counter()
        for at, event in logged:
            before = status.get(event.reward_id)
            if isinstance(event, RewardEarned):
                assert before is None
                assert event.status in ("pending", "held")
                facts = event.facts
                source = facts.conversion_id or event.referral_id
                places[event.program_id, source, facts.rule_id, facts.role, facts.occurrence] += 1
                if facts.kind == "milestone":
                    milestones[event.user_id, facts.rule_id] += 1
            else:
                assert before is not None
                assert before == event.status or (before, event.status) in _LEGAL
            if isinstance(event, RewardPaid):
                assert before == "approved"
                assert at >= event.eligible_at
            status[event.reward_id] = event.status
        assert all(times == 1 for times in places.values())
        assert all(times == 1 for times in milestones.values())
        kept = {one.reward_id: one.status for one in self.pair.ask(lambda one: one.rewards())}
        assert kept == status


async def _reward_events(one: Rewarding) -> list[tuple[int, RewardEvent]]:
    return [
        (logged.at, logged.event)
        for logged in await one.core.events()
        if isinstance(logged.event, RewardEvent)
    ]


def test_any_history_keeps_the_invariants_on_both_engines(
    ready_sqlite: str, ready_postgres: str
) -> None:
    with Pair(ready_sqlite, ready_postgres) as pair:
        machine = type("Machine", (Histories,), {"pair": pair})
        run_state_machine_as_test(
            machine, settings=settings(max_examples=100, stateful_step_count=15, deadline=None)
        )


_plain = (
    promise("flat", amount_minor=101, max_occurrences=None),
    promise("share", role="referee", kind="percent", basis_points=999, amount_minor=None),
)
_refunds = st.dictionaries(st.integers(0, 4), st.sampled_from([None, 1, 333, 500]), max_size=4)


@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    amounts=st.lists(st.integers(501, 10_000), min_size=1, max_size=5),
    refunds=_refunds,
    order=st.randoms(use_true_random=False),
)
async def test_any_order_with_any_repeats_ends_alike(
    rewarding: Rewarding, amounts: list[int], refunds: dict[int, int | None], order: random.Random
) -> None:
    """R3: duplicated and reordered delivery leaves the balances and counts of the plain order."""
    rewarding.terms = _plain
    told: list[Event] = [
        rewarding.completed(str(place), amount_minor=amount, currency="EUR")
        for place, amount in enumerate(amounts)
    ]
    for place, refunded in refunds.items():
        if place < len(amounts):
            amount = amounts[place]
            told.append(rewarding.undone(str(place), amount_minor=amount, refunded_minor=refunded))
    await rewarding.clear()
    await rewarding.happen(*told)
    expected = await _outcome(rewarding)
    shuffled = told + order.choices(told, k=2)
    order.shuffle(shuffled)
    await rewarding.clear()
    await rewarding.happen(*shuffled)
    assert await _outcome(rewarding) == expected
    await rewarding.assert_consistent()


async def _outcome(rewarding: Rewarding) -> object:
    live = [one for one in await rewarding.rewards() if one.status in LIVE]
    people = {one.user_id for one in live} | {"ann"}
    counts = {one.program_id: one.count for one in (await rewarding.queries.progress("ann")).items}
    return (
        sorted((one.reward_id, one.status, one.amount, one.reversed_amount) for one in live),
        {name: await rewarding.balance(name) for name in people},
        {name: count for name, count in counts.items() if count},
    )
