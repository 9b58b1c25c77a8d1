"""Suspicions: grouped, holding, decided, expired; rules tried on the past."""

from __future__ import annotations

from typing import Any

import pytest

from groundswell.contract.errors import Conflict, NotFound
from groundswell.contract.events import referrals as events
from groundswell.contract.events.intake import Identity
from groundswell.contract.times import DAY, SECOND
from groundswell.domains.referrals import commands as wishes
from groundswell.domains.referrals.rules import FraudRules, Stage
from groundswell.domains.referrals.sweeping import Sweeper
from groundswell.domains.referrals.views import CaseView
from tests.integration.referrals.worlds import PROGRAM, World

SAME = Identity(email="one-mailbox", email_domain="gmail.com")


async def open_cases(world: World, program: str = PROGRAM) -> list[CaseView]:
    return (await world.reviews.cases(program, "open", 50, None)).items


async def decide(world: World, case: str, resolution: Any) -> None:
    await world.submit(
        wishes.ResolveCase(at=world.clock(), case_id=case, resolution=resolution, by="host")
    )


async def suspected(world: World, user: str = "bob") -> CaseView:
    """Ada refers somebody with her own e-mail address."""
    await world.register("ada", SAME)
    code = await world.code("ada")
    await world.register(user, SAME, code=code.code)
    cases = [one for one in await open_cases(world) if one.rule == "same_email"]
    return cases[0]


async def test_the_same_mailbox_is_accepted_held_and_a_case(world: World) -> None:
    """Code used by its owner under another account: accepted, the reward waits."""
    case = await suspected(world)
    (done,) = await world.told(events.ConversionCompleted)
    assert (done.held, done.flags) == (True, ("duplicate_identity", "same_email"))
    (assigned,) = await world.told(events.AttributionAssigned)
    assert assigned.held
    assert (case.referrer_id, case.severity, case.holds) == ("ada", "high", True)
    assert [one.referral_id for one in case.signals] == [done.referral_id]
    assert (await world.queries.mine("ada", 1, None)).items[0].held
    flagged = await world.told(events.FraudFlagged)
    assert {one.rule for one in flagged} == {"same_email", "duplicate_identity"}
    assert all(one.topics() == () for one in flagged)


async def test_a_registration_after_the_redemption_is_looked_at_too(world: World) -> None:
    await world.register("ada", Identity(payment="card"))
    code = await world.code("ada")
    await world.redeem(code, "bob")
    assert await open_cases(world) == []
    await world.register("bob", Identity(payment="card"))
    assert "same_payment" in {one.rule for one in await open_cases(world)}
    (done,) = await world.told(events.ConversionCompleted)
    assert done.held


async def test_a_shared_address_is_flagged_and_holds_nothing(world: World) -> None:
    await world.register("ada", Identity(address="office"))
    code = await world.code("ada")
    await world.register("bob", Identity(address="office"), code=code.code)
    (case,) = await open_cases(world)
    assert (case.rule, case.severity, case.holds) == ("same_address", "low", False)
    (done,) = await world.told(events.ConversionCompleted)
    assert not done.held


async def test_signals_of_one_kind_about_one_referrer_are_one_case(world: World) -> None:
    await suspected(world, "bob")
    await suspected(world, "joe")
    cases = {one.rule: one for one in await open_cases(world)}
    assert len(cases["same_email"].signals) == 2
    assert sum(1 for one in await world.told(events.FraudFlagged) if one.rule == "same_email") == 2


async def test_dismissing_releases_what_nothing_else_holds(world: World) -> None:
    await suspected(world)
    cases = {one.rule: one.case_id for one in await open_cases(world)}
    await decide(world, cases["same_email"], "dismissed")
    await decide(world, cases["duplicate_identity"], "dismissed")
    first, second = await world.told(events.FraudResolved)
    (done,) = await world.told(events.ConversionCompleted)
    assert (first.released, second.released) == ((), (done.referral_id,))
    assert not (await world.queries.mine("ada", 1, None)).items[0].held
    await decide(world, cases["same_email"], "dismissed")
    assert len(await world.told(events.FraudResolved)) == 2
    with pytest.raises(Conflict) as refused:
        await decide(world, cases["same_email"], "confirmed")
    assert refused.value.reason == "case_resolved"
    with pytest.raises(NotFound):
        await decide(world, "case-none", "confirmed")


async def test_confirming_undoes_what_was_completed(world: World) -> None:
    case = await suspected(world)
    await decide(world, case.case_id, "confirmed")
    (reversed_,) = await world.told(events.ConversionReversed)
    assert reversed_.reason == "fraud_confirmed"
    assert [row[3:5] for row in await world.referrals()] == [("reversed", 0)]
    (resolved,) = await world.told(events.FraudResolved)
    assert (resolved.resolution, resolved.released, resolved.by) == ("confirmed", (), "host")


async def test_confirming_rejects_what_was_not_completed_yet(world: World) -> None:
    await world.program("bids", stages=(Stage(name="bid", on="bid.awarded", completes=True),))
    await world.register("ada", SAME)
    code = await world.code("ada", "bids")
    await world.register("bob", SAME, code=code.code)
    cases = {one.rule: one.case_id for one in await open_cases(world, "bids")}
    await decide(world, cases["same_email"], "confirmed")
    (rejected,) = await world.told(events.ConversionRejected)
    assert rejected.reason == "fraud_confirmed"
    assert (await world.redeem(code, "bob", "bids")).state == "rejected"


async def test_many_confirmed_cases_end_a_referrers_part(world: World) -> None:
    await world.program("strict", fraud=FraudRules(suspend_after=2))
    await world.register("ada", SAME)
    code = await world.code("ada", "strict")
    await world.register("bob", SAME, code=code.code)
    for case in await open_cases(world, "strict"):
        await decide(world, case.case_id, "confirmed")
    (suspended,) = await world.told(events.ReferrerSuspended)
    assert (suspended.referrer_id, suspended.reason) == ("ada", "fraud_confirmed")
    assert (await world.redeem(code, "kim", "strict")).rejected == "referrer_not_eligible"


async def test_cases_nobody_decides_expire_and_release_unless_they_last(world: World) -> None:
    await suspected(world)
    sweeper = Sweeper(world.core.submit, world.clock)
    world.clock.advance(30 * DAY - 1)
    await sweeper.sweep()
    assert await world.told(events.FraudResolved) == []
    world.clock.advance(1)
    await sweeper.sweep()
    (resolved,) = await world.told(events.FraudResolved)
    assert (resolved.rule, resolved.resolution) == ("same_email", "expired")
    assert [one.rule for one in await open_cases(world)] == ["duplicate_identity"]


async def test_a_burst_holds_all_of_a_referrer_until_it_is_looked_at(world: World) -> None:
    await world.program("quick", fraud=FraudRules(per_hour=2))
    code = await world.code("ada", "quick")
    for number in range(4):
        world.clock.advance(SECOND)
        await world.register(f"u{number}", code=code.code)
    done = await world.told(events.ConversionCompleted)
    assert [one.held for one in done] == [False, False, True, True]
    (case,) = await open_cases(world, "quick")
    assert (case.rule, case.scope, len(case.signals)) == ("velocity", "referrer", 2)
    assert [one.held for one in (await world.queries.mine("ada", 10, None)).items] == [True] * 4
    await decide(world, case.case_id, "dismissed")
    (resolved,) = await world.told(events.FraudResolved)
    assert set(resolved.released) == {one.referral_id for one in done}


async def test_a_registration_seconds_after_the_click_is_too_fast(world: World) -> None:
    code = await world.code("ada")
    clicked = await world.click(code)
    world.clock.advance(SECOND)
    await world.register("bob", cookie=world.cookie(clicked))
    (case,) = await open_cases(world)
    assert (case.rule, case.signals[0].evidence) == ("too_fast", {"milliseconds": 1000})


async def test_paid_traffic_is_known_by_the_link(world: World) -> None:
    code = await world.code("ada")
    clicked = await world.click(code, query="gclid=abc", source="https://ads.example/")
    world.clock.advance(DAY)
    await world.register("bob", cookie=world.cookie(clicked))
    (case,) = await open_cases(world)
    assert (case.rule, case.signals[0].evidence) == ("paid_traffic", {"parameters": ["gclid"]})


async def test_rules_can_be_tried_on_the_past_without_changing_anything(world: World) -> None:
    code = await world.code("ada")
    for number in range(3):
        await world.register(f"u{number}", Identity(email_domain="burner.example"), code=code.code)
    before = len(await world.core.events())
    trial = await world.reviews.trial(
        PROGRAM, FraudRules(disposable_domains=("burner.example",), off=("repeated_domain",)), 100
    )
    assert (trial.examined, trial.flagged, trial.held) == (3, 3, 3)
    assert [(one.rule, one.flagged) for one in trial.rules] == [("disposable_domain", 3)]
    assert (
        await world.reviews.trial(PROGRAM, FraudRules(off=("repeated_domain",)), 2)
    ).flagged == 0
    assert len(await world.core.events()) == before
    with pytest.raises(NotFound):
        await world.reviews.trial("none", FraudRules(), 1)


async def test_the_queue_comes_page_by_page(world: World) -> None:
    for number in range(3):
        world.clock.advance(SECOND)
        referrer, mailbox = f"r{number}", Identity(device=f"device-{number}")
        await world.register(referrer, mailbox)
        code = await world.code(referrer)
        await world.register(f"u{number}", mailbox, code=code.code)
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = await world.reviews.cases(PROGRAM, "open", 2, cursor)
        seen += [one.referrer_id for one in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == ["r2", "r2", "r1", "r1", "r0", "r0"]
