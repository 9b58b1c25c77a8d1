"""Granting rewards: each rule of the terms is asked once, and what it says is kept."""

from __future__ import annotations

from typing import Literal

import msgspec

from groundswell.contract.events.referrals import AttributionAssigned, ConversionCompleted
from groundswell.contract.people import is_tombstone
from groundswell.contract.terms import RewardRule
from groundswell.contract.times import DAY
from groundswell.domains.rewards.amounts import NoAmount, Purchase, amount_of
from groundswell.domains.rewards.books import Books, Person
from groundswell.domains.rewards.caps import allowed, day_of
from groundswell.domains.rewards.counting import count_conversion, reach, reach_steps
from groundswell.domains.rewards.progress import counted
from groundswell.domains.rewards.reversing import refund
from groundswell.domains.rewards.rows import Conversion, Reward, reward_id
from groundswell.domains.rewards.views import RuleOutcome

Refused = (
    NoAmount
    | Literal[
        "later_occurrence",
        "given_upfront",
        "not_reached",
        "reached_before",
        "cap_reached",
        "conversion_reversed",
        "person_gone",
    ]
)
REVIEW = "review"
"""Who holds a reward while a suspicion is open."""
UNDER_REVIEW = "under_review"
"""The reason of such a hold, as the owner is told."""

_encode = msgspec.json.Encoder().encode


class Occasion(msgspec.Struct, frozen=True, kw_only=True):
    """What rewards are given for: a conversion, or an attribution (without ``conversion_id``)."""

    program_id: str
    referral_id: str
    referrer_id: str
    referee_id: str
    rule_version: int
    at: int
    held: bool
    conversion_id: str | None = None
    occurrence: int = 1
    purchase: Purchase = Purchase()

    @property
    def person(self) -> Person:
        """The referrer, in the program."""
        return self.program_id, self.referrer_id

    def owner(self, rule: RewardRule) -> str:
        """Who gets what a rule gives."""
        return self.referrer_id if rule.role == "referrer" else self.referee_id


def grant_rewards(books: Books, event: ConversionCompleted) -> int:
    """Grant what a conversion promises, once; how many rewards that is.

    One that is known to be undone already grants nothing.
    """
    conversion = _conversion(books, event)
    if conversion.completed:
        return 0
    conversion.completed = 1
    books.keep(conversion)
    if conversion.reversed:
        decisions = [_refused(rule, "conversion_reversed") for rule in event.reward_terms]
    else:
        count_conversion(books, conversion, event.reward_terms)
        occasion = _occasion(event)
        decisions = [_decide(books, occasion, rule) for rule in event.reward_terms]
        reach_steps(books, occasion.person, event.reward_terms)
        refund(books, conversion, "partial_refund")
    conversion.decisions = _encode(decisions).decode()
    return sum(one.reward_id is not None for one in decisions)


def grant_upfront(books: Books, event: AttributionAssigned, at: int) -> int:
    """Grant what an attribution made at ``at`` promises, once; how many rewards that is."""
    occasion = Occasion(
        program_id=event.program_id,
        referral_id=event.referral_id,
        referrer_id=event.referrer_id,
        referee_id=event.referee_id,
        rule_version=event.rule_version,
        at=at,
        held=event.held,
    )
    decisions = [_decide(books, occasion, rule) for rule in event.reward_terms if rule.upfront]
    return sum(one.reward_id is not None for one in decisions)


def _conversion(books: Books, event: ConversionCompleted) -> Conversion:
    known = books.conversions.get(event.conversion_id) or Conversion(
        event.conversion_id,
        event.program_id,
        event.referral_id,
        event.referrer_id,
        event.new_user_id,
        event.occurrence,
    )
    if event.amount_minor is not None and not known.completed:
        known.amount_minor = event.amount_minor
    return known


def _occasion(event: ConversionCompleted) -> Occasion:
    return Occasion(
        program_id=event.program_id,
        referral_id=event.referral_id,
        referrer_id=event.referrer_id,
        referee_id=event.new_user_id,
        rule_version=event.rule_version,
        at=event.converted_at,
        held=event.held,
        conversion_id=event.conversion_id,
        occurrence=event.occurrence,
        purchase=Purchase(event.amount_minor, event.currency),
    )


def _decide(books: Books, occasion: Occasion, rule: RewardRule) -> RuleOutcome:
    count = counted(books.counts[occasion.person], rule.max_occurrences)
    refused = _not_due(books, occasion, rule, count)
    if refused is not None:
        return _refused(rule, refused)
    wanted = amount_of(rule, occasion.purchase, count)
    if isinstance(wanted, str):
        return _refused(rule, wanted)
    given = books.given(
        occasion.program_id, rule.rule_id, occasion.referrer_id, day_of(occasion.at)
    )
    amount = allowed(wanted, rule.caps, given)
    if amount is None:
        return _refused(rule, "cap_reached")
    return _grant(books, occasion, rule, amount)


def _not_due(books: Books, occasion: Occasion, rule: RewardRule, count: int) -> Refused | None:
    """Why a rule gives nothing here, whatever its amount is."""
    if rule.upfront != (occasion.conversion_id is None):
        return "given_upfront"
    if is_tombstone(occasion.owner(rule)):
        return "person_gone"
    if rule.max_occurrences is not None and occasion.occurrence > rule.max_occurrences:
        return "later_occurrence"
    if rule.kind != "milestone":
        return None
    # A milestone is once ever, whatever its number was in another version of the rules.
    if any(one.rule_id == rule.rule_id for one in books.awards[occasion.person]):
        return "reached_before"
    return "not_reached" if count < (rule.at_count or 1) else None


def _grant(books: Books, occasion: Occasion, rule: RewardRule, amount: int) -> RuleOutcome:
    reward = _reward(books, occasion, rule, amount)
    if reward.reward_id not in books.rewards:
        books.grant(reward)
        books.ripen(reward)
        if rule.kind == "milestone":
            reach(books, occasion.person, rule, rule.at_count or 1, reward.reward_id)
    return RuleOutcome(rule_id=rule.rule_id, outcome="granted", reward_id=reward.reward_id)


def _reward(books: Books, occasion: Occasion, rule: RewardRule, amount: int) -> Reward:
    source = occasion.conversion_id or occasion.referral_id
    held = occasion.held
    return Reward(
        reward_id=reward_id(
            occasion.program_id, source, rule.rule_id, rule.role, occasion.occurrence
        ),
        program_id=occasion.program_id,
        rule_id=rule.rule_id,
        kind=rule.kind,
        role=rule.role,
        type=rule.type,
        user_id=occasion.owner(rule),
        referrer_id=occasion.referrer_id,
        referee_id=occasion.referee_id,
        referral_id=occasion.referral_id,
        conversion_id=occasion.conversion_id,
        occurrence=occasion.occurrence,
        rule_version=occasion.rule_version,
        currency=rule.currency,
        amount_minor=amount,
        hold_until=occasion.at + rule.hold_days * DAY,
        needs_approval=int(rule.needs_approval),
        expires_days=rule.expires_days,
        counted_at=occasion.at,
        granted_at=books.now,
        status="held" if held else "pending",
        held_from="pending" if held else None,
        held_by=REVIEW if held else None,
        reason=UNDER_REVIEW if held else None,
    )


def _refused(rule: RewardRule, outcome: Refused) -> RuleOutcome:
    return RuleOutcome(rule_id=rule.rule_id, outcome=outcome)
