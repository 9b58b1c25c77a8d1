"""What the host decides about rewards, what suspicions hold, and what time brings about."""

from __future__ import annotations

from decimal import Decimal

from groundswell.contract.errors import Conflict
from groundswell.contract.money import Money, to_minor
from groundswell.domains.rewards.books import Books
from groundswell.domains.rewards.commands import (
    CancelUnpaid,
    DecideReward,
    HoldReferrals,
    ReleaseReferrals,
)
from groundswell.domains.rewards.granting import REVIEW, UNDER_REVIEW
from groundswell.domains.rewards.refusals import RewardNotFound
from groundswell.domains.rewards.reversing import withdraw_by_hand
from groundswell.domains.rewards.rows import Reward
from groundswell.domains.rewards.states import LIVE, refusal

HOST = "host"


def decide(books: Books, command: DecideReward) -> Reward:
    """Do what the host wants; the reward afterwards.

    Raises:
        RewardNotFound: there is no such reward.
        Conflict: it is not legal in the reward's state.
        Invalid: the amount is none.
    """
    reward = books.rewards.get(command.reward_id)
    if reward is None:
        raise RewardNotFound
    match command.action:
        case "approve" | "pay":
            done = books.move(reward, command.action, command.reason)
        case "hold":
            done = reward.status != "held" and books.hold(reward, HOST, command.reason)
        case "release":
            done = books.release(reward, None, command.reason)
        case "reverse":
            done = _reverse(books, reward, command.amount, command.reason)
    if not done:
        raise refusal(reward.status, command.action)
    return reward


def hold_referrals(books: Books, command: HoldReferrals) -> int:
    """Hold what can still be held; how many rewards that is."""
    return sum(
        books.hold(one, REVIEW, UNDER_REVIEW)
        for one in list(books.rewards.values())
        if one.program_id == command.program_id
        and (one.referral_id in command.referral_ids or one.referrer_id == command.referrer_id)
    )


def release_referrals(books: Books, command: ReleaseReferrals) -> int:
    """Let go on what is held for a suspicion; how many rewards that is."""
    return sum(
        books.release(one, REVIEW, None)
        for referral_id in dict.fromkeys(command.referral_ids)
        for one in books.rewards_of(referral_id)
        if REVIEW in (one.held_by or "").split("+")
    )


def cancel_unpaid(books: Books, command: CancelUnpaid) -> int:
    """End all unpaid rewards of somebody; how many there were."""
    return sum(
        books.withdraw(one, command.reason)
        for one in list(books.rewards.values())
        if one.user_id == command.user_id
        and command.program_id in (None, one.program_id)
        and command.role in (None, one.role)
        and one.status in LIVE - {"paid"}
    )


def elapse(books: Books, reward: Reward) -> bool:
    """Do what the time asks of a reward: its hold period is over, or nobody claimed it."""
    before = reward.status
    books.ripen(reward)
    if (
        reward.status == "approved"
        and reward.expires_at is not None
        and reward.expires_at <= books.now
    ):
        books.move(reward, "expire", "unclaimed")
    return reward.status != before


def _reverse(books: Books, reward: Reward, amount: Decimal | None, reason: str | None) -> bool:
    if reward.status not in LIVE:
        return False
    if amount is None:
        return withdraw_by_hand(books, reward, reason)
    minor = to_minor(Money(amount=amount, currency=reward.currency))
    if not 0 < minor <= reward.net:
        raise Conflict("amount_exceeds_reward", "Take back at most what is left of the reward.")
    if minor == reward.net:
        return withdraw_by_hand(books, reward, reason)
    books.reduce(reward, minor, reason)
    return True
