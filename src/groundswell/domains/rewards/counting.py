"""Counting conversions, and telling referrers how far they have come."""

from __future__ import annotations

from collections.abc import Sequence

from groundswell.contract.events.rewards import MilestoneReached, ProgressUpdated
from groundswell.contract.terms import RewardRule
from groundswell.domains.rewards.books import Books, Person, Program
from groundswell.domains.rewards.progress import (
    Standing,
    Step,
    counted,
    program_standing,
    standing,
    steps,
    tracked,
)
from groundswell.domains.rewards.rows import Award, Conversion

BEFORE_THE_FIRST = 0
"""The version of promises known from a conversion only; those of the program replace them."""


def count_conversion(books: Books, conversion: Conversion, terms: Sequence[RewardRule]) -> None:
    """A conversion counts from now on. ``terms`` stand in if the program is not known yet."""
    if conversion.program_id not in books.programs:
        books.promise(conversion.program_id, Program(BEFORE_THE_FIRST, "", tuple(terms)))
    _count(books, conversion, 1)


def uncount_conversion(books: Books, conversion: Conversion) -> bool:
    """A conversion does not count any more. False if it did not."""
    if not conversion.counted:
        return False
    _count(books, conversion, -1)
    return True


def reach_steps(books: Books, person: Person, terms: Sequence[RewardRule]) -> None:
    """Tell of tiers that a referrer reached for the first time.

    Milestones are told when they are awarded, which a cap may prevent.
    """
    for rule in tracked(terms):
        if rule.kind != "tiered":
            continue
        count = counted(books.counts[person], rule.max_occurrences)
        for step in steps([rule], rule.max_occurrences):
            if step.threshold <= count and not _reached(books, person, step):
                reach(books, person, rule, step.threshold, None)


def reach(
    books: Books, person: Person, rule: RewardRule, threshold: int, reward_id: str | None
) -> None:
    """A referrer reached a step for the first time: keep it for ever, and tell."""
    program_id, user_id = person
    books.award(
        Award(
            program_id,
            user_id,
            rule.rule_id,
            threshold,
            rule.max_occurrences,
            int(rule.revoke_on_drop),
            reward_id,
            books.now,
        )
    )
    count = counted(books.counts[person], rule.max_occurrences)
    found = standing([rule], rule.max_occurrences, count)
    books.tell(
        MilestoneReached(
            user_id=user_id,
            program_id=program_id,
            tier=found.tier,
            count=count,
            next_threshold=found.next_threshold,
        )
    )


def _count(books: Books, conversion: Conversion, by: int) -> None:
    person = (conversion.program_id, conversion.referrer_id)
    before = _standing(books, person)
    conversion.counted = int(by > 0)
    books.keep(conversion)
    books.count(person, conversion.occurrence, by)
    now = _standing(books, person)
    if now != before:
        books.tell(
            ProgressUpdated(
                user_id=conversion.referrer_id,
                program_id=conversion.program_id,
                tier=now.tier,
                count=now.count,
                next_threshold=now.next_threshold,
            )
        )


def _standing(books: Books, person: Person) -> Standing:
    program = books.programs.get(person[0])
    return program_standing(program.terms if program else (), books.counts[person])


def _reached(books: Books, person: Person, step: Step) -> bool:
    return any(
        (one.rule_id, one.threshold) == (step.rule_id, step.threshold)
        for one in books.awards[person]
    )
