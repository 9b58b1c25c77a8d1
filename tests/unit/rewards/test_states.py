"""The states of a reward, without anything around them."""

from __future__ import annotations

from typing import get_args

import pytest

from groundswell.contract.events.rewards import RewardStatus
from groundswell.domains.rewards.ledger import ACCOUNT_OF
from groundswell.domains.rewards.states import (
    LIVE,
    TRANSITIONS,
    Action,
    following,
    refusal,
    withdrawal,
)

STATUSES: tuple[RewardStatus, ...] = get_args(RewardStatus)
ACTIONS: tuple[Action, ...] = get_args(Action)


def test_the_way_of_a_reward_that_nothing_happens_to() -> None:
    status: RewardStatus | None = "pending"
    for action, after in (("mature", "eligible"), ("approve", "approved"), ("pay", "paid")):
        assert status is not None
        status = following(status, action)  # type: ignore[arg-type]
        assert status == after


@pytest.mark.parametrize("left", ["pending", "eligible", "approved"])
def test_a_hold_leads_back_to_the_state_it_left(left: RewardStatus) -> None:
    assert following(left, "hold") == "held"
    assert following("held", "release", left) == left
    assert following(left, "release", left) is None


def test_what_is_over_stays_over() -> None:
    for status in set(STATUSES) - LIVE:
        assert [following(status, action, "pending") for action in ACTIONS] == [None] * len(ACTIONS)
        assert withdrawal(status) is None


def test_a_paid_reward_can_only_be_reversed() -> None:
    assert {action for action in ACTIONS if following("paid", action, "pending")} == {"reverse"}


@pytest.mark.parametrize("status", sorted(LIVE))
def test_whatever_is_live_can_be_taken_back(status: RewardStatus) -> None:
    action = withdrawal(status)
    assert action is not None
    assert following(status, action) not in LIVE


def test_no_way_leads_back_but_the_release() -> None:
    order = ["pending", "eligible", "approved", "paid"]
    for (before, _), after in TRANSITIONS.items():
        if before in order and after in order:
            assert order.index(after) == order.index(before) + 1


@pytest.mark.parametrize(
    ("status", "action", "reason"),
    [
        ("pending", "approve", "reward_not_eligible"),
        ("pending", "pay", "reward_not_eligible"),
        ("eligible", "pay", "approval_needed"),
        ("held", "approve", "reward_held"),
        ("held", "hold", "reward_held"),
        ("paid", "pay", "illegal_transition"),
        ("cancelled", "approve", "illegal_transition"),
        ("pending", "release", "illegal_transition"),
    ],
)
def test_each_refusal_has_its_name(status: RewardStatus, action: Action, reason: str) -> None:
    assert following(status, action) is None
    assert refusal(status, action).reason == reason


def test_every_state_has_a_place_for_its_money() -> None:
    assert set(ACCOUNT_OF) == set(STATUSES)
    assert {status for status in STATUSES if ACCOUNT_OF[status] == "program"} == set(
        STATUSES
    ) - LIVE
