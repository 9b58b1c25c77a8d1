"""Executing batches of commands about rewards: read together, done in order, written together."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec

from groundswell.contract.errors import GroundswellError
from groundswell.contract.times import Clock
from groundswell.domains.rewards import deciding, granting, reversing
from groundswell.domains.rewards import statements as sql
from groundswell.domains.rewards.books import Books, Program
from groundswell.domains.rewards.commands import (
    COMMANDS,
    CancelUnpaid,
    DecideReward,
    GrantRewards,
    GrantUpfront,
    HoldReferrals,
    JoinProgram,
    NoteProgram,
    RejectReferral,
    ReleaseReferrals,
    ReverseRewards,
    SweepRewards,
)
from groundswell.domains.rewards.loading import due, load
from groundswell.domains.rewards.queries import record_of
from groundswell.domains.rewards.rows import row_of
from groundswell.domains.rewards.views import ChangedRewards, Swept
from groundswell.store import Transaction
from groundswell.store.commands import Command, EventTail, Handler
from groundswell.store.persons import Discretions, nobody_wishes

FIRST = 1
_encode = msgspec.json.Encoder().encode


class RewardCommands:
    """Executes batches of commands.

    Args:
        clock: when what they do happens. A conversion may be reported long after it was made; its
            reward is news all the same.
        discretions: what the owners of rewards wish.
    """

    def __init__(self, clock: Clock, discretions: Discretions) -> None:
        self._clock = clock
        self._discretions = discretions

    async def handle(
        self, transaction: Transaction, commands: Sequence[Command], tail: EventTail
    ) -> list[object]:
        """The outcomes stand in the order of the commands; a refusal is a value."""
        books = Books(tail, self._clock())
        await load(transaction, commands, books)
        await self._ask(transaction, books, _newly_rewarded(commands))
        outcomes: list[object] = []
        for command in commands:
            if isinstance(command, SweepRewards):
                found = await due(transaction, command, books)
                await self._ask(transaction, books, ())
                outcomes.append(_elapse(books, command, found))
            else:
                outcomes.append(_outcome(books, command))
        await write(transaction, books)
        return outcomes

    async def _ask(self, transaction: Transaction, books: Books, others: Collection[str]) -> None:
        """Ask what owners of rewards wish."""
        owners = sorted({*others, *(one.user_id for one in books.rewards.values())})
        if owners:
            wishes = await self._discretions(transaction, owners)
            books.discreet.update(name for name, one in wishes.items() if one.private_rewards)


def rewards_handler(clock: Clock, discretions: Discretions = nobody_wishes) -> Handler:
    """The handler of all commands about rewards."""
    return Handler(COMMANDS, RewardCommands(clock, discretions).handle)


def _outcome(books: Books, command: Command) -> object:
    try:
        return _execute(books, command)
    except GroundswellError as refused:
        return refused


def _execute(books: Books, command: Command) -> object:
    match command:
        case GrantRewards(conversion=conversion):
            return ChangedRewards(rewards=granting.grant_rewards(books, conversion))
        case GrantUpfront(attribution=attribution, attributed_at=at):
            return ChangedRewards(rewards=granting.grant_upfront(books, attribution, at))
        case ReverseRewards(reversal=reversal):
            return ChangedRewards(rewards=reversing.reverse_conversion(books, reversal))
        case RejectReferral(referral_id=referral_id, reason=reason):
            return ChangedRewards(rewards=reversing.reject_referral(books, referral_id, reason))
        case HoldReferrals():
            return ChangedRewards(rewards=deciding.hold_referrals(books, command))
        case ReleaseReferrals():
            return ChangedRewards(rewards=deciding.release_referrals(books, command))
        case CancelUnpaid():
            return ChangedRewards(rewards=deciding.cancel_unpaid(books, command))
        case DecideReward():
            return record_of(deciding.decide(books, command))
        case NoteProgram():
            known = Program(command.version, command.name, command.terms)
            books.promise(command.program_id, known)
        case JoinProgram(program_id=program_id, user_id=user_id):
            books.count((program_id, user_id), FIRST, 0)
    return ChangedRewards(rewards=0)


def _newly_rewarded(commands: Sequence[Command]) -> list[str]:
    people: list[str] = []
    for command in commands:
        match command:
            case GrantRewards(conversion=one):
                people += (one.referrer_id, one.new_user_id)
            case GrantUpfront(attribution=two):
                people += (two.referrer_id, two.referee_id)
    return people


def _elapse(books: Books, command: SweepRewards, found: Sequence[str]) -> Swept:
    changed = sum(deciding.elapse(books, books.rewards[one]) for one in found)
    return Swept(rewards=changed, more=len(found) >= command.portion)


async def write(transaction: Transaction, books: Books) -> None:
    """Write what became of the books, each row once."""
    changes = books.changes
    programs = [
        (program_id, one.version, one.name, _encode(one.terms).decode())
        for program_id, one in changes.programs.items()
    ]
    for statement, rows in (
        (sql.KEEP_REWARDS, [row_of(one) for one in changes.rewards.values()]),
        (sql.KEEP_CONVERSIONS, [row_of(one) for one in changes.conversions.values()]),
        (sql.KEEP_AWARDS, [row_of(one) for one in changes.awards.values()]),
        (sql.KEEP_PROGRAMS, programs),
        (sql.ADD_COUNTS, [(*key, by) for key, by in changes.counts.items()]),
        (sql.ADD_SUMS, [(*key, *by) for key, by in changes.sums.items()]),
        (sql.ADD_ENTRIES, changes.entries),
        (sql.ADD_BALANCES, [(*key, by) for key, by in changes.balances.items()]),
    ):
        if rows:
            await transaction.write(statement, rows=rows)
