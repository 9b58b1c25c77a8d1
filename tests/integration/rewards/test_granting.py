"""What conversions lead to."""

from __future__ import annotations

import pytest

from groundswell.contract.errors import Conflict, Invalid, NotFound
from groundswell.contract.events.rewards import (
    MilestoneReached,
    ProgressUpdated,
    RewardCancelled,
    RewardEarned,
    RewardReversed,
)
from groundswell.contract.terms import RewardCap, RewardTier
from groundswell.contract.times import DAY, to_rfc3339
from tests.integration.rewards.rewarding import PROGRAM, Rewarding, rule

TWO_SIDES = (rule("thanks"), rule("welcome", role="referee", amount_minor=1_000, type="credit"))


async def test_both_sides_get_their_reward(rewarding: Rewarding) -> None:
    rewarding.terms = TWO_SIDES
    await rewarding.happen(rewarding.completed())
    thanks, welcome = sorted(await rewarding.rewards(), key=lambda one: one.rule_id)
    assert (thanks.user_id, str(thanks.amount), thanks.status) == ("ann", "50.00", "pending")
    assert (welcome.user_id, str(welcome.amount), welcome.role) == ("new-1", "10.00", "referee")
    assert thanks.eligible_date == to_rfc3339(rewarding.clock() + 15 * DAY)
    assert await rewarding.balance("ann") == {"pending": "50.00"}
    assert await rewarding.balance("new-1") == {"pending": "10.00"}
    await rewarding.assert_consistent()


async def test_what_the_owner_is_told_is_exactly_the_catalogue(rewarding: Rewarding) -> None:
    await rewarding.happen(rewarding.completed())
    (earned,) = await rewarding.told(RewardEarned)
    reward = await rewarding.only()
    assert earned.told() == {
        "userId": "ann",
        "rewardId": reward.reward_id,
        "referralId": "ref-1",
        "programId": PROGRAM,
        "amount": "50.00",
        "currency": "EUR",
        "type": "cash",
        "status": "pending",
        "eligibleDate": to_rfc3339(rewarding.clock() + 15 * DAY),
        "reason": None,
    }
    assert earned.topics() == ("user.ann.referrals",)
    (notice,) = earned.notices()
    assert (notice.user_id, notice.delivery, notice.data) == ("ann", "critical", earned.told())


async def test_a_conversion_told_twice_is_rewarded_once(rewarding: Rewarding) -> None:
    await rewarding.happen(rewarding.completed(), rewarding.completed())
    assert await rewarding.statuses() == ["pending"]
    assert await rewarding.types() == ["earned"]
    await rewarding.assert_consistent()


async def test_a_portion_of_the_log_that_comes_again_changes_nothing(rewarding: Rewarding) -> None:
    await rewarding.happen(rewarding.completed(), rewarding.undone())
    before = await rewarding.core.log.head()
    rewarding.position = 0
    await rewarding.react()
    assert await rewarding.core.log.head() == before


async def test_percent_of_the_amount_half_even_up_to_a_bound(rewarding: Rewarding) -> None:
    rewarding.terms = (
        rule("exact", kind="percent", basis_points=1_250, amount_minor=None),
        rule("bound", kind="percent", basis_points=10_000, amount_minor=None, max_amount_minor=7),
    )
    await rewarding.happen(rewarding.completed(amount_minor=20, currency="EUR"))
    assert {one.rule_id: str(one.amount) for one in await rewarding.rewards()} == {
        "exact": "0.02",
        "bound": "0.07",
    }


async def test_every_rule_says_why_it_gave_nothing(rewarding: Rewarding) -> None:
    percent = {"kind": "percent", "basis_points": 100, "amount_minor": None}
    rewarding.terms = (
        rule("fine"),
        rule("share", **percent),
        rule("later", kind="milestone", at_count=2),
        rule("tiers", kind="tiered", tiers=(RewardTier(from_count=5, amount_minor=1),)),
        rule("gift", role="referee", upfront=True),
        rule("full", caps=(RewardCap(rewards=1),)),
    )
    await rewarding.happen(rewarding.completed("1"), rewarding.completed("2"))
    found = await rewarding.queries.conversion("conversion-2")
    assert {one.rule_id: one.outcome for one in found.decisions} == {
        "fine": "granted",
        "share": "no_amount",
        "later": "granted",
        "tiers": "no_tier",
        "gift": "given_upfront",
        "full": "cap_reached",
    }
    with pytest.raises(NotFound):
        await rewarding.queries.conversion("conversion-9")


async def test_another_currency_gives_no_share(rewarding: Rewarding) -> None:
    rewarding.terms = (rule(kind="percent", basis_points=100, amount_minor=None),)
    await rewarding.happen(rewarding.completed(amount_minor=5_000, currency="USD"))
    found = await rewarding.queries.conversion("conversion-1")
    assert [one.outcome for one in found.decisions] == ["other_currency"]


async def test_tiers_rise_with_the_count(rewarding: Rewarding) -> None:
    tiers = (
        RewardTier(from_count=1, amount_minor=100, name="bronze"),
        RewardTier(from_count=3, amount_minor=300, name="silver"),
    )
    rewarding.terms = (rule(kind="tiered", tiers=tiers, amount_minor=None),)
    await rewarding.happen(*(rewarding.completed(str(one)) for one in range(4)))
    assert sorted(str(one.amount) for one in await rewarding.rewards()) == [
        *("1.00", "1.00", "3.00", "3.00"),
    ]
    reached = await rewarding.told(MilestoneReached)
    assert [(one.tier, one.count, one.next_threshold) for one in reached] == [
        ("bronze", 1, 3),
        ("silver", 3, None),
    ]


async def test_a_later_purchase_of_the_same_person_counts_only_where_wanted(
    rewarding: Rewarding,
) -> None:
    rewarding.terms = (rule("first"), rule("each", max_occurrences=None, amount_minor=100))
    again = rewarding.completed("1", conversion_id="conversion-1b", occurrence=2)
    await rewarding.happen(rewarding.completed("1"), again)
    assert sorted(one.rule_id for one in await rewarding.rewards()) == ["each", "each", "first"]


async def test_progress_is_told_and_read_alike(rewarding: Rewarding) -> None:
    rewarding.terms = (rule("ten", kind="milestone", at_count=2), rule("flat"))
    await rewarding.happen(rewarding.completed("1"))
    (told,) = await rewarding.told(ProgressUpdated)
    (read,) = (await rewarding.queries.progress("ann")).items
    assert told.told() == {
        "userId": "ann",
        "programId": PROGRAM,
        "tier": None,
        "count": 1,
        "nextThreshold": 2,
    }
    assert (read.tier, read.count, read.next_threshold) == (None, 1, 2)
    (tracker,) = read.trackers
    assert tracker.reward is not None
    assert (tracker.rule_id, str(tracker.reward.amount)) == ("ten", "50.00")
    await rewarding.happen(rewarding.completed("2"))
    (read,) = (await rewarding.queries.progress("ann")).items
    assert (read.tier, read.count, read.next_threshold) == ("ten", 2, None)


async def test_a_gift_at_the_attribution_comes_before_the_conversion(rewarding: Rewarding) -> None:
    rewarding.terms = (rule("hello", role="referee", upfront=True, hold_days=0), rule("thanks"))
    await rewarding.happen(rewarding.assigned())
    hello = await rewarding.only()
    assert (hello.user_id, hello.conversion_id, hello.status) == ("new-1", None, "approved")
    await rewarding.happen(rewarding.completed(), rewarding.assigned())
    assert len(await rewarding.rewards()) == 2
    await rewarding.assert_consistent()


async def test_a_suspicion_holds_the_reward_from_the_beginning(rewarding: Rewarding) -> None:
    await rewarding.happen(rewarding.completed(held=True, flags=("same_email",)))
    reward = await rewarding.only()
    assert (reward.status, reward.held_by) == ("held", ["review"])
    assert await rewarding.balance() == {"held": "50.00"}
    await rewarding.happen(rewarding.resolved("ref-1"))
    assert (await rewarding.only()).status == "pending"
    assert await rewarding.types() == ["earned", "released"]
    await rewarding.assert_consistent()


async def test_an_amount_to_take_back_must_be_one(rewarding: Rewarding) -> None:
    await rewarding.happen(rewarding.completed())
    reward = await rewarding.only()
    for wrong in ("0", "50.01"):
        with pytest.raises(Conflict) as refused:
            await rewarding.decide(reward.reward_id, "reverse", wrong)
        assert refused.value.reason == "amount_exceeds_reward"
    with pytest.raises(Invalid):
        await rewarding.decide(reward.reward_id, "reverse", "0.001")
    await rewarding.decide(reward.reward_id, "reverse", "20")
    (told,) = await rewarding.told(RewardReversed)
    assert (told.told()["amount"], told.told()["status"]) == ("20.00", "pending")
    assert await rewarding.balance() == {"pending": "30.00"}
    await rewarding.decide(reward.reward_id, "reverse")
    (gone,) = await rewarding.told(RewardCancelled)
    assert gone.told()["amount"] == "30.00"
    assert await rewarding.balance() == {}
    await rewarding.assert_consistent()
