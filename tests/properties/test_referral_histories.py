"""R1, R2, R8, R9, R11 and R12 over any history of clicks, codes, registrations and decisions."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Iterator
from contextlib import AsyncExitStack
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from groundswell.contract.events import referrals as events
from groundswell.contract.events.intake import BidAwarded, Identity
from groundswell.contract.times import DAY, HOUR, MINUTE, SECOND
from groundswell.domains.referrals import commands as wishes
from groundswell.domains.referrals.rules import FraudRules, Limits, Stage, Windows
from groundswell.domains.referrals.sweeping import Sweeper
from groundswell.domains.referrals.tokens import Carried
from groundswell.store import Statement
from tests.integration.referrals.worlds import PROGRAM, World, running_world

T = TypeVar("T")
WINDOWS = Windows(attribution_days=2, qualification_days=3)
STAGES = (
    Stage(name="registration", on="user.registered", completes=True),
    Stage(name="bid", on="bid.awarded", completes=True),
)
RULES: dict[str, Any] = {
    "windows": WINDOWS,
    "stages": STAGES,
    "limits": Limits(conversions_per_referee=2),
    "fraud": FraudRules(suspend_after=2),
}
_TABLES = (
    *("programs", "program_versions", "referral_codes", "referral_discards", "referral_touches"),
    *("referral_people", "referrers", "referrals", "referral_activities", "referral_stages"),
    *("referral_conversions", "fraud_cases", "fraud_signals", "intake_events"),
)
_EMPTY = [Statement(f"DELETE FROM {table}") for table in _TABLES]

users = st.sampled_from(["ann", "bob", "cyd", "dan"])
visitors = st.sampled_from(["visitor-1", "visitor-2"])
mailboxes = st.sampled_from([None, None, "same-mailbox"])
steps = st.sampled_from([1, SECOND, MINUTE, HOUR, DAY - 1, DAY, 2 * DAY])


class Place:
    """A world on a loop of its own, emptied for each example."""

    def __init__(self, url: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._stack = AsyncExitStack()
        self.world: World = self.wait(self._stack.enter_async_context(running_world(url)))
        self.start = self.world.clock.now

    def wait(self, work: Awaitable[T]) -> T:
        return self._loop.run_until_complete(_as_coroutine(work))

    def close(self) -> None:
        self.wait(self._stack.aclose())
        self._loop.close()

    async def empty(self) -> None:
        await self.world.core.clear()
        async with self.world.core.store.writing() as tx:
            for statement in _EMPTY:
                await tx.fetch(statement)
        self.world.clock.now, self.world.read = self.start, 0


async def _as_coroutine(work: Awaitable[T]) -> T:
    return await work


@pytest.fixture
def place(ready_url: str) -> Iterator[Place]:
    found = Place(ready_url)
    yield found
    found.close()


def cookie_of(world: World, visitor: str) -> str:
    return world.tokens.cookie(Carried(visitor, "click-unknown"))


def bid(user: str, number: int) -> BidAwarded:
    return BidAwarded(
        source="/bids",
        source_id=f"{user}-{number}",
        user_id=user,
        bid_id=str(number),
        project_id="p",
        owner_id="owner",
    )


class Histories(RuleBasedStateMachine):
    """Everything people, machines, the host and an operator can do, in any order."""

    place: Place

    @property
    def world(self) -> World:
        return self.place.world

    def do(self, work: Awaitable[T]) -> T:
        return self.place.wait(work)

    @initialize()
    def begin(self) -> None:
        self.reported = 0
        self.codes: dict[str, str] = {}
        self.do(self.place.empty())
        self.do(self.world.program(**RULES))
        for user in ("ann", "bob", "cyd"):
            uses = 1 if user == "cyd" else None
            self.codes[user] = self.do(self.world.code(user, max_uses=uses)).code

    @rule(step=steps)
    def time_passes(self, step: int) -> None:
        self.world.clock.advance(step)

    @rule(visitor=visitors, owner=st.sampled_from(["ann", "bob", "cyd"]), bot=st.booleans())
    def somebody_follows_a_link(self, visitor: str, owner: str, bot: bool) -> None:
        before = self.touches()
        followed = self.do(
            self.world.click(
                self.codes[owner],
                visitor,
                carried=Carried(visitor, "click-unknown"),
                discard="bot" if bot else None,
            )
        )
        assert followed.outcome == "redirect"
        if bot:
            assert (followed.click_id, self.touches()) == (None, before)

    @rule(user=users, owner=st.sampled_from(["ann", "bob", "cyd", "nobody"]))
    def somebody_types_a_code(self, user: str, owner: str) -> None:
        code = self.codes.get(owner, "NOBODYS1")
        first = self.do(self.world.redeem(code, user))
        again = self.do(self.world.redeem(code, user))
        assert first == again

    @rule(user=users, visitor=st.none() | visitors, owner=st.none() | users, mailbox=mailboxes)
    def somebody_registers(
        self, user: str, visitor: str | None, owner: str | None, mailbox: str | None
    ) -> None:
        hints = {
            "cookie": None if visitor is None else cookie_of(self.world, visitor),
            "code": self.codes.get(owner or ""),
        }
        self.do(self.world.register(user, Identity(email=mailbox), **hints))

    @rule(user=users, number=st.integers(1, 3))
    def somebody_wins_a_bid(self, user: str, number: int) -> None:
        self.do(self.world.happened(bid(user, number)))

    @rule(visitor=visitors, owner=st.sampled_from(["ann", "bob"]), ago=steps)
    def a_click_arrives_late(self, visitor: str, owner: str, ago: int) -> None:
        self.reported += 1
        self.do(
            self.world.submit(
                wishes.ReportTouch(
                    at=self.world.clock(),
                    program_id=PROGRAM,
                    code=self.codes[owner],
                    touched_at=self.world.clock() - ago,
                    visitor_id=visitor,
                )
            )
        )

    @rule()
    def everything_is_delivered_again(self) -> None:
        self.world.read = 0
        before = len(self.do(self.world.core.events()))
        self.do(self.world.react())
        assert len(self.do(self.world.core.events())) == before

    @rule(user=users, referrer=users)
    def the_host_decides(self, user: str, referrer: str) -> None:
        command = wishes.SetReferrer(
            at=self.world.clock(),
            program_id=PROGRAM,
            user_id=user,
            referrer_id=referrer,
            reason="support",
        )
        self.do(self.world.submit(command))

    @rule(confirmed=st.booleans())
    def a_case_is_decided(self, confirmed: bool) -> None:
        cases = self.do(self.world.reviews.cases(PROGRAM, "open", 1, None)).items
        for case in cases:
            command = wishes.ResolveCase(
                at=self.world.clock(),
                case_id=case.case_id,
                resolution="confirmed" if confirmed else "dismissed",
                by="host",
            )
            self.do(self.world.submit(command))

    @rule()
    def a_conversion_is_undone(self) -> None:
        done = self.do(self.world.told(events.ConversionCompleted))
        if done:
            command = wishes.ReverseConversion(
                at=self.world.clock(), conversion_id=done[-1].conversion_id, reason="refund"
            )
            self.do(self.world.submit(command))

    @rule()
    def what_is_over_is_recorded(self) -> None:
        self.do(Sweeper(self.world.core.submit, self.world.clock).sweep())

    def touches(self) -> int:
        rows = self.do(
            self.world.core.rows("SELECT COUNT(*) FROM referral_touches WHERE kind = 'click'")
        )
        return int(rows[0][0])

    @invariant()
    def r1_one_attribution_per_program_and_referee(self) -> None:
        assigned = self.do(self.world.told(events.AttributionAssigned))
        counted = Counter((one.program_id, one.referee_id) for one in assigned)
        assert all(count == 1 for count in counted.values())
        rows = self.do(self.world.referrals())
        assert {(row[0], row[1]) for row in rows} == counted.keys()

    @invariant()
    def r2_nobody_refers_themselves_or_whoever_referred_them(self) -> None:
        pairs = {(row[1], row[2]) for row in self.do(self.world.referrals())}
        assert all(one != other and (other, one) not in pairs for one, other in pairs)

    @invariant()
    def r3_a_qualifying_event_is_at_most_one_conversion_at_a_time(self) -> None:
        undone = {
            one.conversion_id
            for one in self.do(self.world.told(events.ConversionReversed))
            if one.refunded_minor is None
        }
        standing = [
            one
            for one in self.do(self.world.told(events.ConversionCompleted))
            if one.conversion_id not in undone
        ]
        events_of = Counter((one.referral_id, one.external_id) for one in standing)
        places = Counter((one.referral_id, one.occurrence) for one in standing)
        assert all(count == 1 for count in (*events_of.values(), *places.values()))
        of_referral = Counter(one.referral_id for one in standing)
        assert all(count <= 2 for count in of_referral.values())

    @invariant()
    def r8_every_attribution_lies_in_the_window_of_its_touch(self) -> None:
        rows = self.do(
            self.world.core.rows("SELECT touch_kind, touch_at, attributed_at FROM referrals")
        )
        for kind, touched, attributed in rows:
            if kind != "manual":
                assert touched <= attributed < touched + WINDOWS.of(kind)

    @invariant()
    def r11_touches_are_the_clicks_of_people(self) -> None:
        clicked = self.do(self.world.told(events.LinkClicked))
        assert self.touches() == sum(one.counted for one in clicked) + self.reported

    @invariant()
    def what_is_kept_is_what_the_log_says(self) -> None:
        self.do(self.world.assert_consistent())


def test_any_history_keeps_the_invariants(place: Place) -> None:
    machine: Any = type("OfPlace", (Histories,), {"place": place})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=100,
            stateful_step_count=15,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


Arrival = tuple[str, int]
touches = st.lists(
    st.tuples(
        st.sampled_from(["ann", "bob", "cyd", "dan"]),
        st.sampled_from([-3 * DAY, -2 * DAY, -2 * DAY + 1, -DAY, -HOUR, -1, 0, 1, HOUR]),
    ),
    unique_by=lambda one: one[1],
    min_size=1,
    max_size=4,
)


async def outcome(place: Place, order: list[Arrival], model: str) -> object:
    """What is left when things arrive in this order; dan is the one who registers."""
    await place.empty()
    world = place.world
    await world.program(**{**RULES, "model": model})
    codes = {user: (await world.code(user)).code for user in ("ann", "bob", "cyd", "dan")}
    registered = world.clock.now
    world.clock.advance(2 * HOUR)
    for what, at in order:
        if what == "registration":
            cookie = cookie_of(world, "visitor-1")
            await world.register("dan", at=registered, cookie=cookie)
        elif what == "bid":
            await world.happened(bid("dan", 1), at=registered + at)
        else:
            await world.submit(
                wishes.ReportTouch(
                    at=world.clock(),
                    program_id=PROGRAM,
                    code=codes[what],
                    touched_at=registered + at,
                    visitor_id="visitor-1",
                )
            )
        world.clock.advance(MINUTE)
    await world.assert_consistent()
    rows = await world.core.rows(
        "SELECT referrer_id, touch_at, attributed_at, state, conversions FROM referrals"
    )
    stands = await world.core.rows(
        "SELECT c.referrer_id, c.external_id, c.stage FROM referral_conversions c "
        "WHERE c.state = 'completed' ORDER BY c.external_id"
    )
    return rows, stands


@settings(max_examples=100, suppress_health_check=list(HealthCheck))
@given(data=st.data(), clicks=touches, model=st.sampled_from(["first_touch", "last_touch"]))
def test_r9_in_which_order_clicks_and_conversions_arrive_does_not_matter(
    place: Place, data: st.DataObject, clicks: list[Arrival], model: str
) -> None:
    things = [*sorted(clicks, key=lambda one: one[1]), ("registration", 0), ("bid", HOUR)]
    order = data.draw(st.permutations(things))
    straight = place.wait(outcome(place, things, model))
    assert place.wait(outcome(place, order, model)) == straight
