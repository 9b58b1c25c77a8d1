"""Reading what a batch of commands works on, with a handful of statements for all of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from groundswell.contract.terms import RewardRule
from groundswell.domains.rewards import statements as sql
from groundswell.domains.rewards.books import Books, Person, Program
from groundswell.domains.rewards.commands import (
    CancelUnpaid,
    DecideReward,
    GrantRewards,
    GrantUpfront,
    HoldReferrals,
    NoteProgram,
    RejectReferral,
    ReleaseReferrals,
    ReverseRewards,
    SweepRewards,
)
from groundswell.domains.rewards.given import EVERYBODY
from groundswell.domains.rewards.rows import Award, Conversion, reward_of
from groundswell.store import Row, Statement, Transaction
from groundswell.store.commands import Command

decode_terms = msgspec.json.Decoder(tuple[RewardRule, ...]).decode


class Wanted:
    """The keys of all that is to be read."""

    def __init__(self, commands: Sequence[Command]) -> None:
        self.rewards: set[str] = set()
        self.conversions: set[str] = set()
        self.referrals: set[str] = set()
        self.people: set[Person] = set()
        self.programs: set[str] = set()
        self.sums: set[tuple[str, str, str]] = set()
        self.users: set[str] = set()
        self.referrers: set[Person] = set()
        for command in commands:
            self._of(command)

    def _of(self, command: Command) -> None:
        match command:
            case GrantRewards(conversion=one):
                self.conversions.add(one.conversion_id)
                self._granting(one.program_id, one.referrer_id, one.referral_id, one.reward_terms)
            case GrantUpfront(attribution=two):
                self._granting(two.program_id, two.referrer_id, two.referral_id, two.reward_terms)
            case ReverseRewards(reversal=three):
                self.conversions.add(three.conversion_id)
                self._progress(three.program_id, three.referrer_id)
                self.referrals.add(three.referral_id)
            case RejectReferral(referral_id=referral_id):
                self.referrals.add(referral_id)
            case HoldReferrals(program_id=program_id, referrer_id=referrer_id):
                self.referrals.update(command.referral_ids)
                if referrer_id is not None:
                    self.referrers.add((program_id, referrer_id))
            case ReleaseReferrals(referral_ids=referral_ids):
                self.referrals.update(referral_ids)
            case DecideReward(reward_id=reward_id):
                self.rewards.add(reward_id)
            case CancelUnpaid(user_id=user_id):
                self.users.add(user_id)
            case NoteProgram(program_id=program_id):
                self.programs.add(program_id)

    def _progress(self, program_id: str, referrer_id: str) -> None:
        self.people.add((program_id, referrer_id))
        self.programs.add(program_id)

    def _granting(
        self, program_id: str, referrer_id: str, referral_id: str, terms: Iterable[RewardRule]
    ) -> None:
        self._progress(program_id, referrer_id)
        self.referrals.add(referral_id)
        for rule in terms:
            for cap in rule.caps:
                subject = EVERYBODY if cap.scope == "program" else referrer_id
                self.sums.add((program_id, rule.rule_id, subject))


async def load(transaction: Transaction, commands: Sequence[Command], books: Books) -> None:
    """Read all that the commands need into the books."""
    wanted = Wanted(commands)
    await _decided(transaction, wanted, books)
    await _rewards(transaction, wanted, books)
    for row in await _fetch(transaction, sql.CONVERSIONS_BY_ID, wanted.conversions):
        books.conversions[row[0]] = Conversion(*row)
    await _progress(transaction, wanted, books)
    for row in await _fetch(transaction, sql.PROGRAMS, wanted.programs):
        books.programs[row[0]] = Program(row[1], row[2], decode_terms(row[3]))
    for *key, day, amount, many in await _fetch(transaction, sql.SUMS, wanted.sums):
        books.sums[key[0], key[1], key[2]][day] = [amount, many]


async def due(transaction: Transaction, command: SweepRewards, books: Books) -> list[str]:
    """The ids of rewards of which time asks something, read into the books."""
    found: list[str] = []
    for statement in (sql.MATURING, sql.EXPIRING):
        rows = await transaction.fetch(statement, now=books.now, portion=command.portion)
        _take(books, rows)
        found += [row[0] for row in rows]
    return found


async def _decided(transaction: Transaction, wanted: Wanted, books: Books) -> None:
    """A reward that is taken back may take others with it: they are wanted as well."""
    rows = await _fetch(transaction, sql.REWARDS_BY_ID, wanted.rewards)
    _take(books, rows)
    for row in rows:
        reward = books.rewards[row[0]]
        if reward.conversion_id is not None:
            wanted.conversions.add(reward.conversion_id)
        wanted.people.add((reward.program_id, reward.referrer_id))
        wanted.programs.add(reward.program_id)


async def _rewards(transaction: Transaction, wanted: Wanted, books: Books) -> None:
    for statement, keys in (
        (sql.REWARDS_BY_REFERRAL, wanted.referrals),
        (sql.REWARDS_BY_REFERRER, wanted.referrers),
        (sql.REWARDS_BY_USER, wanted.users),
    ):
        _take(books, await _fetch(transaction, statement, keys))


async def _progress(transaction: Transaction, wanted: Wanted, books: Books) -> None:
    for program_id, user_id, occurrence, many in await _fetch(
        transaction, sql.COUNTS, wanted.people
    ):
        books.counts.setdefault((program_id, user_id), Counter())[occurrence] = many
    awarded: set[str] = set()
    for row in await _fetch(transaction, sql.AWARDS, wanted.people):
        award = Award(*row)
        books.awards[award.program_id, award.user_id].append(award)
        if award.reward_id is not None and award.revoke_on_drop:
            awarded.add(award.reward_id)
    _take(books, await _fetch(transaction, sql.REWARDS_BY_ID, awarded - books.rewards.keys()))


async def _fetch(
    transaction: Transaction, statement: Statement, keys: Iterable[str | tuple[str, ...]]
) -> list[Row]:
    rows = sorted((key,) if isinstance(key, str) else key for key in keys)
    return await transaction.fetch(statement, rows=rows) if rows else []


def _take(books: Books, rows: Iterable[Row]) -> None:
    """In one order on every engine. What was worked on already stays as it is."""
    for row in sorted(rows, key=_name):
        if row[0] not in books.rewards:
            books.rewards[row[0]] = reward_of(row)


def _name(row: Row) -> str:
    return str(row[0])
