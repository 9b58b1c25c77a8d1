"""The rows of the table of edge cases that are about rewards, each by its name."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from groundswell.contract.errors import Conflict
from groundswell.contract.events.referrals import (
    CodeGenerated,
    ConversionRejected,
    ProgramCreated,
    ProgramUpdated,
    ReferrerSuspended,
)
from groundswell.contract.events.rewards import ProgressUpdated, RewardCancelled, RewardReversed
from groundswell.contract.privacy import Discretion
from groundswell.contract.terms import RewardCap, RewardRule
from groundswell.contract.times import DAY
from groundswell.store.persons import Erasure
from tests.integration.rewards.rewarding import PROGRAM, Forget, Rewarding, rule, running_rewards

GONE = "erased-" + "0" * 32
MILESTONE = rule("two", kind="milestone", at_count=2, amount_minor=10_000)


def program(version: int, terms: Sequence[RewardRule], state: str = "active") -> ProgramUpdated:
    return ProgramUpdated(
        program_id=PROGRAM,
        version=version,
        name="Friends",
        state=state,
        reward_terms=tuple(terms),
        changed=("rewards",),
    )


async def test_conversion_repeated(rewarding: Rewarding) -> None:
    """Idempotent: the same result, whether it comes at once, later or after its reversal."""
    one = rewarding.completed()
    await rewarding.happen(one, one)
    await rewarding.happen(one)
    assert await rewarding.statuses() == ["pending"]
    await rewarding.happen(rewarding.undone(), one, rewarding.undone())
    assert await rewarding.statuses() == ["cancelled"]
    assert await rewarding.types() == ["earned", "cancelled"]
    await rewarding.assert_consistent()


async def test_a_reversal_that_comes_first_leaves_nothing_to_grant(rewarding: Rewarding) -> None:
    await rewarding.happen(rewarding.undone(), rewarding.completed())
    assert await rewarding.rewards() == []
    found = await rewarding.queries.conversion("conversion-1")
    assert (found.counted, found.reversed) == (False, True)
    assert [one.outcome for one in found.decisions] == ["conversion_reversed"]
    assert await rewarding.told(ProgressUpdated) == []
    await rewarding.assert_consistent()


async def test_a_partial_refund_that_comes_first_reduces_what_is_granted(
    rewarding: Rewarding,
) -> None:
    refund = rewarding.undone(reason="partial_refund", amount_minor=400, refunded_minor=100)
    await rewarding.happen(refund, rewarding.completed(amount_minor=400, currency="EUR"))
    assert await rewarding.balance() == {"pending": "37.50"}
    await rewarding.assert_consistent()


async def test_program_rules_change_mid_flight(rewarding: Rewarding) -> None:
    """The version at the attribution applies, and the reward says which it was."""
    await rewarding.happen(program(1, [rule(amount_minor=100)]))
    old = rewarding.completed(rule_version=1, reward_terms=(rule(amount_minor=100),))
    await rewarding.happen(program(2, [rule(amount_minor=900)]))
    await rewarding.happen(old)
    reward = await rewarding.only()
    assert (str(reward.amount), reward.rule_version) == ("1.00", 1)


async def test_program_ends_during_hold(rewarding: Rewarding) -> None:
    """Pending rewards continue."""
    await rewarding.happen(rewarding.completed())
    await rewarding.happen(program(2, [], state="ended"))
    rewarding.clock.advance(15 * DAY)
    await rewarding.sweeping.sweep()
    assert await rewarding.statuses() == ["approved"]
    paid = await rewarding.decide((await rewarding.only()).reward_id, "pay")
    assert paid.status == "paid"


async def test_reward_reversed_before_payment(rewarding: Rewarding) -> None:
    """Cancelled; the count falls, the awarded milestone stays."""
    rewarding.terms = (rule(), MILESTONE)
    await rewarding.happen(rewarding.completed("1"), rewarding.completed("2"))
    await rewarding.happen(rewarding.undone("2"))
    assert sorted((one.rule_id, one.status) for one in await rewarding.rewards()) == [
        ("cash", "cancelled"),
        ("cash", "pending"),
        ("two", "pending"),
    ]
    counts = [one.count for one in await rewarding.told(ProgressUpdated)]
    assert counts == [1, 2, 1]
    await rewarding.happen(rewarding.completed("3"))
    milestones = [one for one in await rewarding.rewards() if one.rule_id == "two"]
    assert len(milestones) == 1, "once ever"
    await rewarding.assert_consistent()


async def test_reward_reversed_before_payment_by_the_host(rewarding: Rewarding) -> None:
    """The same by hand: cancelled, and the count falls."""
    await rewarding.happen(rewarding.completed())
    await rewarding.decide((await rewarding.only()).reward_id, "reverse")
    assert await rewarding.statuses() == ["cancelled"]
    (progress,) = (await rewarding.queries.progress("ann")).items
    assert progress.count == 0
    await rewarding.happen(rewarding.undone())
    (progress,) = (await rewarding.queries.progress("ann")).items
    assert progress.count == 0
    await rewarding.assert_consistent()


@pytest.mark.parametrize(("paid", "status"), [(False, "cancelled"), (True, "reversed")])
async def test_a_milestone_that_is_revoked_on_drop(
    rewarding: Rewarding, paid: bool, status: str
) -> None:
    revoked = rule("two", kind="milestone", at_count=2, revoke_on_drop=True, hold_days=0)
    rewarding.terms = (rule(), revoked)
    await rewarding.happen(rewarding.completed("1"), rewarding.completed("2"))
    (milestone,) = [one for one in await rewarding.rewards() if one.rule_id == "two"]
    if paid:
        await rewarding.decide(milestone.reward_id, "pay")
    await rewarding.happen(rewarding.undone("1"))
    assert (await rewarding.queries.one(milestone.reward_id)).status == status
    await rewarding.happen(rewarding.completed("3"), rewarding.completed("4"))
    assert len([one for one in await rewarding.rewards() if one.rule_id == "two"]) == 1
    await rewarding.assert_consistent()


async def test_reward_reversed_after_payment(rewarding: Rewarding) -> None:
    """A negative entry, a balance below zero, an event, and a notice to its owner alone."""
    await rewarding.happen(rewarding.completed())
    paid = await rewarding.paid((await rewarding.only()).reward_id)
    assert await rewarding.balance() == {"paid": "50.00"}
    await rewarding.happen(rewarding.undone(reason="chargeback"))
    assert await rewarding.balance() == {"payable": "-50.00", "paid": "50.00"}
    (told,) = await rewarding.told(RewardReversed)
    assert (told.status, told.reason, told.amount_minor) == ("reversed", "chargeback", 5_000)
    assert [notice.user_id for notice in told.notices()] == ["ann"]
    assert told.privacy == "personal"
    entries = (await rewarding.queries.entries(paid.reward_id)).items
    assert [str(one.amount) for one in entries if one.account == "program"] == ["-50.00", "50.00"]
    assert sum(one.amount for one in entries if one.account != "program") == 0
    await rewarding.assert_consistent()


async def test_what_is_owed_is_made_up_for_by_the_next_reward(rewarding: Rewarding) -> None:
    rewarding.terms = (rule(hold_days=0),)
    await rewarding.happen(rewarding.completed("1"))
    await rewarding.decide((await rewarding.only()).reward_id, "pay")
    await rewarding.happen(rewarding.undone("1"), rewarding.completed("2"))
    assert await rewarding.balance() == {"paid": "50.00"}


@pytest.mark.parametrize(
    ("amount", "refunded", "left"),
    [(1_000, 333, "33.35"), (8, 1, "43.75"), (1_000_000, 1, "50.00"), (1_000, 999, "0.05")],
)
async def test_partial_refund(rewarding: Rewarding, amount: int, refunded: int, left: str) -> None:
    """In proportion, rounded half-even, never more than was paid."""
    await rewarding.happen(rewarding.completed(amount_minor=amount, currency="EUR"))
    reward = await rewarding.only()
    await rewarding.paid(reward.reward_id)
    refund = rewarding.undone(reason="partial_refund", amount_minor=amount, refunded_minor=refunded)
    await rewarding.happen(refund, refund)
    after = await rewarding.queries.one(reward.reward_id)
    assert (after.status, str(after.amount - after.reversed_amount)) == ("paid", left)
    await rewarding.happen(rewarding.undone(amount_minor=amount))
    assert (await rewarding.balance())["payable"] == "-50.00"
    await rewarding.assert_consistent()


async def test_partial_refunds_add_up_and_round_once(rewarding: Rewarding) -> None:
    rewarding.terms = (rule(amount_minor=10),)
    await rewarding.happen(rewarding.completed(amount_minor=1_000, currency="EUR"))
    for refunded in (50, 100, 150):
        await rewarding.happen(
            rewarding.undone(reason="partial_refund", amount_minor=1_000, refunded_minor=refunded)
        )
    # 0.5 of a cent is none, 1.5 are two: each time the sum is rounded, not the part.
    assert [one.amount_minor for one in await rewarding.told(RewardReversed)] == [1, 1]
    assert await rewarding.balance() == {"pending": "0.08"}


async def _erase(rewarding: Rewarding, user: str) -> None:
    """Erase somebody as the slice of privacy does."""
    actor = frozenset({f"user:{user}"})
    erasure = Erasure(GONE, user, actor, actor, rewarding.clock())
    await rewarding.core.submit(Forget(at=rewarding.clock(), erasure=erasure))


async def test_referee_erases_account_during_hold(rewarding: Rewarding) -> None:
    """The conversion counts on under a tombstone, and the referrer's reward continues."""
    rewarding.terms = (rule("thanks"), rule("welcome", role="referee"))
    await rewarding.happen(rewarding.completed())
    await _erase(rewarding, "new-1")
    states = {one.rule_id: (one.status, one.referee_id) for one in await rewarding.rewards()}
    assert states == {"thanks": ("pending", GONE), "welcome": ("cancelled", GONE)}
    (progress,) = (await rewarding.queries.progress("ann")).items
    assert progress.count == 1
    thanks = await rewarding.paid((await rewarding.only(user_id="ann")).reward_id)
    assert thanks.status == "paid"


async def test_referrer_erased(rewarding: Rewarding) -> None:
    """What is unpaid is cancelled, what was paid stays in the ledger under the tombstone."""
    rewarding.terms = (rule("thanks"), rule("welcome", role="referee"))
    await rewarding.happen(rewarding.completed("1"), rewarding.completed("2"))
    first = next(one for one in await rewarding.rewards(user_id="ann"))
    await rewarding.paid(first.reward_id)
    await _erase(rewarding, "ann")
    assert await rewarding.rewards(user_id="ann") == []
    assert sorted(await rewarding.statuses(user_id=GONE)) == ["cancelled", "paid"]
    assert await rewarding.balance(GONE) == {"paid": "50.00"}
    assert len(await rewarding.rewards(user_id="new-1")) == 1
    named = "SELECT seq, event_type FROM event_log WHERE payload LIKE '%\"ann\"%'"
    assert await rewarding.core.rows(named) == []
    await rewarding.assert_consistent()
    await rewarding.happen(rewarding.completed("3", referrer_id=GONE))
    found = await rewarding.queries.conversion("conversion-3")
    assert {one.rule_id: one.outcome for one in found.decisions} == {
        "thanks": "person_gone",
        "welcome": "granted",
    }


async def test_referrer_banned(rewarding: Rewarding) -> None:
    """What is unpaid is cancelled, what is held rejected; what was paid stays."""
    rewarding.terms = (rule("thanks"), rule("welcome", role="referee"))
    await rewarding.happen(rewarding.completed("1"))
    await rewarding.paid((await rewarding.only(user_id="ann")).reward_id)
    await rewarding.happen(rewarding.completed("2"), rewarding.completed("3", held=True))
    await rewarding.happen(
        ReferrerSuspended(program_id=PROGRAM, referrer_id="ann", reason="fraud_confirmed")
    )
    assert set(await rewarding.statuses(user_id="ann")) == {"paid", "cancelled", "rejected"}
    assert await rewarding.statuses(user_id="new-2") == ["pending"]
    reasons = {one.reason for one in await rewarding.told(RewardCancelled)}
    assert reasons == {"fraud_confirmed"}
    await rewarding.assert_consistent()


async def test_the_hold_clock_keeps_running_while_held(rewarding: Rewarding) -> None:
    await rewarding.happen(rewarding.completed(), rewarding.flagged())
    rewarding.clock.advance(15 * DAY)
    await rewarding.sweeping.sweep()
    assert await rewarding.statuses() == ["held"]
    with pytest.raises(Conflict) as refused:
        await rewarding.decide((await rewarding.only()).reward_id, "pay")
    assert refused.value.reason == "reward_held"
    await rewarding.happen(rewarding.resolved("ref-1"))
    assert await rewarding.statuses() == ["approved"]
    assert await rewarding.types() == ["earned", "held", "released", "eligible", "approved"]


async def test_a_microsecond_before_the_hold_period_ends_nothing_is_eligible(
    rewarding: Rewarding,
) -> None:
    await rewarding.happen(rewarding.completed())
    rewarding.clock.advance(15 * DAY - 1)
    assert await rewarding.sweeping.sweep() == 0
    rewarding.clock.advance(1)
    assert await rewarding.sweeping.sweep() == 1


async def test_what_the_host_holds_is_not_released_by_a_resolved_case(
    rewarding: Rewarding,
) -> None:
    await rewarding.happen(rewarding.completed())
    reward = await rewarding.only()
    await rewarding.decide(reward.reward_id, "hold")
    await rewarding.happen(rewarding.flagged())
    assert (await rewarding.only()).held_by == ["host", "review"]
    await rewarding.happen(rewarding.resolved("ref-1"))
    assert (await rewarding.only()).held_by == ["host"]
    released = await rewarding.decide(reward.reward_id, "release")
    assert (released.status, released.held_by) == ("pending", [])


async def test_a_suspicion_about_a_referrer_holds_all_of_theirs(rewarding: Rewarding) -> None:
    await rewarding.happen(rewarding.completed("1"), rewarding.completed("2"))
    await rewarding.happen(rewarding.flagged(scope="referrer", referral_ids=("ref-2",)))
    assert await rewarding.statuses() == ["held", "held"]
    await rewarding.happen(rewarding.resolved("ref-1", "ref-2", scope="referrer"))
    assert await rewarding.statuses() == ["pending", "pending"]


async def test_confirmed_fraud_takes_everything_of_the_referral(rewarding: Rewarding) -> None:
    """Milestones and gifts at the attribution included; held rewards are rejected."""
    rewarding.terms = (
        rule("hello", role="referee", upfront=True),
        rule("thanks"),
        rule("one", kind="milestone", at_count=1),
    )
    await rewarding.happen(rewarding.assigned(), rewarding.completed(held=True))
    await rewarding.happen(rewarding.undone(reason="fraud_confirmed"))
    states = {one.rule_id: one.status for one in await rewarding.rewards()}
    assert states == {"hello": "cancelled", "thanks": "rejected", "one": "rejected"}
    assert await rewarding.balance() == {}
    await rewarding.assert_consistent()


async def test_what_is_held_when_fraud_is_confirmed_is_not_held_for_ever(
    rewarding: Rewarding,
) -> None:
    """A refund left the milestone; there is nothing to reverse any more when the case is closed."""
    rewarding.terms = (rule("one", kind="milestone", at_count=1), rule("thanks"))
    await rewarding.happen(rewarding.completed(), rewarding.flagged(), rewarding.undone())
    await rewarding.happen(rewarding.resolved(resolution="confirmed"))
    assert await rewarding.statuses() == ["rejected", "rejected"]
    await rewarding.happen(rewarding.undone(reason="fraud_confirmed"))
    assert await rewarding.balance() == {}
    await rewarding.assert_consistent()


async def test_a_referral_that_is_rejected_for_fraud_loses_its_gift(rewarding: Rewarding) -> None:
    rewarding.terms = (rule("hello", role="referee", upfront=True),)
    await rewarding.happen(rewarding.assigned())
    refused = {"referral_id": "ref-1", "program_id": PROGRAM, "referrer_id": "ann"}
    other = ConversionRejected(reason="already_referred", user_id="new-1", **refused)
    await rewarding.happen(other)
    assert await rewarding.statuses() == ["pending"]
    fraud = ConversionRejected(reason="fraud_confirmed", user_id="new-1", **refused)
    await rewarding.happen(fraud)
    assert await rewarding.statuses() == ["cancelled"]


async def test_the_last_reward_is_cut_to_what_the_cap_leaves(rewarding: Rewarding) -> None:
    rewarding.terms = (rule(caps=(RewardCap(amount_minor=12_000),)),)
    await rewarding.happen(*(rewarding.completed(str(one)) for one in range(4)))
    assert sorted(str(one.amount) for one in await rewarding.rewards()) == [
        *("20.00", "50.00", "50.00"),
    ]
    await rewarding.assert_consistent()


async def test_what_is_taken_back_makes_room_under_the_cap(rewarding: Rewarding) -> None:
    rewarding.terms = (rule(caps=(RewardCap(rewards=1),)),)
    await rewarding.happen(rewarding.completed("1"), rewarding.completed("2"))
    assert len(await rewarding.rewards()) == 1
    await rewarding.happen(rewarding.undone("1"), rewarding.completed("3"))
    assert sorted(await rewarding.statuses()) == ["cancelled", "pending"]


async def test_a_cap_per_day_begins_anew_at_midnight_utc(rewarding: Rewarding) -> None:
    rewarding.terms = (rule(caps=(RewardCap(period="day", scope="program", rewards=1),)),)
    midnight = rewarding.clock() // DAY * DAY + DAY
    await rewarding.happen(
        rewarding.completed("1", converted_at=midnight - 2, referrer_id="ann"),
        rewarding.completed("2", converted_at=midnight - 1, referrer_id="bob"),
        rewarding.completed("3", converted_at=midnight, referrer_id="cyd"),
    )
    assert sorted(one.referral_id for one in await rewarding.rewards()) == ["ref-1", "ref-3"]


async def test_an_approved_reward_that_nobody_claims_expires(rewarding: Rewarding) -> None:
    rewarding.terms = (rule(hold_days=0, expires_days=30),)
    await rewarding.happen(rewarding.completed())
    rewarding.clock.advance(30 * DAY - 1)
    assert await rewarding.sweeping.sweep() == 0
    rewarding.clock.advance(1)
    await rewarding.sweeping.sweep()
    assert await rewarding.statuses() == ["expired"]
    assert await rewarding.balance() == {}
    await rewarding.assert_consistent()


async def test_whoever_has_a_code_sees_what_is_ahead(rewarding: Rewarding) -> None:
    created = ProgramCreated(
        program_id=PROGRAM, version=1, name="Friends", state="active", reward_terms=(MILESTONE,)
    )
    code = CodeGenerated(code_id="code-1", user_id="zoe", program_id=PROGRAM)
    await rewarding.happen(created, code)
    (progress,) = (await rewarding.queries.progress("zoe")).items
    assert (progress.program_name, progress.count, progress.next_threshold) == ("Friends", 0, 2)


async def test_the_export_has_everything_of_a_person(rewarding: Rewarding) -> None:
    await rewarding.happen(rewarding.completed())
    exported = await rewarding.queries.export("ann")
    assert exported.keys() == {"rewards", "progress", "balances"}
    assert await rewarding.queries.export("nobody") == {}


async def test_private_rewards_are_told_without_amounts(ready_url: str) -> None:
    async def wishes(_: object, __: object) -> dict[str, Discretion]:
        return {"ann": Discretion(private_rewards=True)}

    async with running_rewards(ready_url, discretions=wishes) as rewarding:
        rewarding.terms = (rule("thanks"), rule("welcome", role="referee"))
        await rewarding.happen(rewarding.completed())
        rewarding.clock.advance(15 * DAY)
        await rewarding.sweeping.sweep()
        told = [(one.told()["userId"], one.told()["amount"]) for one in await rewarding.told()]
        assert set(told) == {("ann", None), ("new-1", "50.00")}
        (mine,) = await rewarding.rewards(user_id="ann")
        assert str(mine.amount) == "50.00"
