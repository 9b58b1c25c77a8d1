"""Taking rewards back: as a whole, in part, and what else falls with a conversion."""

from __future__ import annotations

from groundswell.contract.events.referrals import ConversionReversed
from groundswell.domains.rewards.amounts import share
from groundswell.domains.rewards.books import Books, Person
from groundswell.domains.rewards.counting import uncount_conversion
from groundswell.domains.rewards.progress import counted
from groundswell.domains.rewards.rows import Award, Conversion, Reward
from groundswell.domains.rewards.states import LIVE

FRAUD = "fraud_confirmed"


def reverse_conversion(books: Books, event: ConversionReversed) -> int:
    """A conversion was undone, or paid back in part; how many rewards that changes.

    It may be told before the conversion itself, and more than once.
    """
    conversion = books.conversions.get(event.conversion_id) or Conversion(
        event.conversion_id,
        event.program_id,
        event.referral_id,
        event.referrer_id,
        event.new_user_id,
        event.occurrence,
        amount_minor=event.amount_minor,
    )
    books.keep(conversion)
    if _is_partial(event):
        conversion.refunded_minor = max(conversion.refunded_minor, event.refunded_minor or 0)
        return refund(books, conversion, event.reason)
    if conversion.reversed:
        return 0
    conversion.reversed = 1
    return _undo(books, conversion, event.reason)


def refund(books: Books, conversion: Conversion, reason: str) -> int:
    """Take back the share of each reward that was paid back of what it was for.

    What was taken back by hand counts towards it. Milestones are for a number of conversions, not
    for this one's amount.
    """
    if not conversion.amount_minor or conversion.reversed:
        return 0
    changed = 0
    for reward in _of_conversion(books, conversion):
        if reward.kind == "milestone":
            continue
        wanted = share(reward.amount_minor, conversion.refunded_minor, conversion.amount_minor)
        changed += take_back(books, reward, wanted - reward.reversed_minor, reason)
    return changed


def take_back(books: Books, reward: Reward, amount: int, reason: str | None) -> bool:
    """Take back an amount of a reward, or what is left of it. False if nothing is."""
    if reward.status not in LIVE or amount <= 0:
        return False
    if amount >= reward.net:
        return books.withdraw(reward, reason)
    books.reduce(reward, amount, reason)
    return True


def withdraw_by_hand(books: Books, reward: Reward, reason: str | None) -> bool:
    """The host takes a reward back as a whole: what it was given for does not count any more."""
    conversion = books.conversions.get(reward.conversion_id or "")
    uncounts = reward.role == "referrer" and reward.kind != "milestone"
    if not books.withdraw(reward, reason, uncounts=uncounts and conversion is not None):
        return False
    if conversion is not None and uncounts:
        drop(books, conversion, reason or "cancelled")
    return True


def drop(books: Books, conversion: Conversion, reason: str) -> int:
    """A conversion does not count any more; milestones that fall with it are taken back."""
    if not uncount_conversion(books, conversion):
        return 0
    person = (conversion.program_id, conversion.referrer_id)
    fallen = [one for one in books.awards[person] if _falls(books, person, one)]
    return sum(_revoke(books, award, reason) for award in fallen)


def reject_referral(books: Books, referral_id: str, reason: str) -> int:
    """Nothing of a referral is kept; how many rewards that changes."""
    return sum(books.withdraw(one, reason) for one in books.rewards_of(referral_id))


def _undo(books: Books, conversion: Conversion, reason: str) -> int:
    if reason == FRAUD:
        # What was given for nothing real is kept by nobody, milestones and welcome gifts included.
        found = [
            one
            for one in books.rewards_of(conversion.referral_id)
            if one.conversion_id in (None, conversion.conversion_id)
        ]
    else:
        found = [one for one in _of_conversion(books, conversion) if one.kind != "milestone"]
    changed = sum(books.withdraw(one, reason) for one in found)
    return changed + drop(books, conversion, reason)


def _of_conversion(books: Books, conversion: Conversion) -> list[Reward]:
    return [
        one
        for one in books.rewards_of(conversion.referral_id)
        if one.conversion_id == conversion.conversion_id
    ]


def _falls(books: Books, person: Person, award: Award) -> bool:
    count = counted(books.counts[person], award.measure)
    return bool(award.revoke_on_drop) and award.revoked_at is None and count < award.threshold


def _revoke(books: Books, award: Award, reason: str) -> bool:
    award.revoked_at = books.now
    books.award(award)
    reward = books.rewards.get(award.reward_id or "")
    return reward is not None and books.withdraw(reward, reason)


def _is_partial(event: ConversionReversed) -> bool:
    if event.refunded_minor is None or not event.amount_minor:
        return False
    return event.refunded_minor < event.amount_minor
