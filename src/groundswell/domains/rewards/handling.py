"""Executing batches of commands about rewards: read together, done in order, written together."""

from __future__ import annotations

from collections.abc import Sequence

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

FIRST = 1
_encode = msgspec.json.Encoder().encode


class RewardCommands:
    """Executes batches of commands.

    Args:
        clock: when what they do happens. A conversion may be reported long after it was made; its
            reward is news all the same.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def handle(
        self, transaction: Transaction, commands: Sequence[Command], tail: EventTail
    ) -> list[object]:
        """The outcomes stand in the order of the commands; a refusal is a value."""
        books = Books(tail, self._clock())
        await load(transaction, commands, books)
        outcomes: list[object] = []
        for command in commands:
            if isinstance(command, SweepRewards):
                outcomes.append(await _sweep(transaction, command, books))
            else:
                outcomes.append(_outcome(books, command))
        await write(transaction, books)
        return outcomes


def rewards_handler(clock: Clock) -> Handler:
    """The handler of all commands about rewards."""
    return Handler(COMMANDS, RewardCommands(clock).handle)


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


async def _sweep(transaction: Transaction, command: SweepRewards, books: Books) -> Swept:
    found = await due(transaction, command, books)
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
