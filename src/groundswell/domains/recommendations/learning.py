"""Executing what the log tells: what each person likes, and with it the sums over all of them.

The sums change by the difference between what a person liked before and likes after, both read
and written within one transaction of the writer. Told twice, there is no difference.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import islice
from typing import Any, Final

from groundswell.domains.recommendations import statements as sql
from groundswell.domains.recommendations.commands import (
    COMMANDS,
    ForgetTastes,
    Learnt,
    LearnTastes,
)
from groundswell.domains.recommendations.tastes import Files, Kept, Sums, bounded, likes
from groundswell.store import Transaction
from groundswell.store.commands import EventTail, Handler
from groundswell.store.deeds import Deed, Deeds

_PAIRS: Final = 10_000

Change = Callable[[str, Files], Files]
"""What a person did, as it should be known from now on."""


class Learning:
    """Executes the commands of the slice.

    Args:
        deeds: who did what.
    """

    def __init__(self, deeds: Deeds) -> None:
        self._deeds = deeds

    async def handle(
        self, transaction: Transaction, commands: Sequence[Any], _: EventTail
    ) -> list[object]:
        """Execute a batch in its order."""
        return [await self._one(transaction, command) for command in commands]

    async def _one(self, tx: Transaction, command: Any) -> Learnt:
        match command:
            case LearnTastes():
                return Learnt(await self._learn(tx, command))
            case ForgetTastes():
                return Learnt(await forget_until(tx, command.before, command.rows))
            case _:
                raise TypeError(f"no handler for {type(command).__name__}")

    async def _learn(self, tx: Transaction, command: LearnTastes) -> int:
        deeds = await self._deeds.told(tx, command.told)
        gone: dict[str, set[int]] = {}
        if command.unvoted:
            gone = await _voters(tx, command.unvoted)
            deeds += await self._standing(tx, command.unvoted, gone)
        done = by_person(deeds)
        persons = {*done, *gone}

        def change(person: str, files: Files) -> Files:
            return told(without_votes(files, gone.get(person, ())), done.get(person, ()))

        await change_persons(tx, persons, change)
        return len(persons)

    async def _standing(
        self, tx: Transaction, media: Collection[int], voters: Mapping[str, Collection[int]]
    ) -> list[Deed]:
        """The votes that stand, of those whose votes are known here; others come by their event."""
        votes = await self._deeds.votes(tx, media)
        return [one for one in votes if one.media_file_id in voters.get(one.person, ())]


async def change_persons(tx: Transaction, persons: Collection[str], change: Change) -> int:
    """Change what these persons did, and the sums with it; how many rows changed."""
    if not persons:
        return 0
    before = await _files_of(tx, persons)
    sums = Sums()
    saved: list[tuple[Any, ...]] = []
    removed: list[tuple[str, int]] = []
    for person in sorted(persons):
        old = before.get(person, {})
        new = bounded(change(person, old))
        saved += [row_of(person, one, kept) for one, kept in new.items() if old.get(one) != kept]
        removed += [(person, one) for one in old if one not in new]
        sums.add(likes(old), likes(new))
    if saved:
        await tx.fetch(sql.SAVE_FILES, rows=saved)
    if removed:
        await tx.fetch(sql.REMOVE_FILES, rows=removed)
    await save_sums(tx, sums)
    return len(saved) + len(removed)


async def save_sums(tx: Transaction, sums: Sums) -> None:
    """Add changes to the sums; what came to nothing leaves."""
    if rows := sums.file_rows():
        await tx.fetch(sql.ADD_TASTES, rows=rows)
        if less := [row[:1] for row in rows if row[1] < 0]:
            await tx.fetch(sql.REMOVE_TASTES, rows=less)
    rows_of_pairs = sums.pair_rows()
    while pairs := list(islice(rows_of_pairs, _PAIRS)):
        await tx.fetch(sql.ADD_PAIRS, rows=pairs)
        if fewer := [row[:2] for row in pairs if row[2] < 0]:
            await tx.fetch(sql.REMOVE_PAIRS, rows=fewer)


async def forget_until(tx: Transaction, before: int, rows: int) -> int:
    """Forget what was done up to ``before``; how many persons it concerned."""
    persons = {row[0] for row in await tx.fetch(sql.EXPIRED, before=before, limit=rows)}

    def change(_: str, files: Files) -> Files:
        return {one: kept.since(before) for one, kept in files.items()}

    await change_persons(tx, persons, change)
    return len(persons)


def by_person(deeds: Collection[Deed]) -> dict[str, list[Deed]]:
    """What each person did, in the order of the times."""
    found: defaultdict[str, list[Deed]] = defaultdict(list)
    for one in sorted(deeds, key=lambda deed: (deed.at, deed.media_file_id, deed.verb)):
        found[one.person].append(one)
    return found


def told(files: Files, deeds: Collection[Deed]) -> dict[int, Kept]:
    """What a person did, with these deeds."""
    after = dict(files)
    for one in deeds:
        after[one.media_file_id] = after.get(one.media_file_id, Kept()).after(one)
    return after


def without_votes(files: Files, media: Collection[int]) -> Files:
    """What a person did, without their votes on these files."""
    return {one: kept.without_vote() if one in media else kept for one, kept in files.items()}


def row_of(person: str, media_file_id: int, kept: Kept) -> tuple[Any, ...]:
    """The row of ``person_files``."""
    return (
        *(person, media_file_id, kept.viewed_at, kept.played_at, kept.downloaded_at),
        *(kept.commented_at, kept.voted_at, kept.vote, min(kept.times)),
    )


async def _files_of(tx: Transaction, persons: Collection[str]) -> dict[str, dict[int, Kept]]:
    found: dict[str, dict[int, Kept]] = {}
    rows = await tx.fetch(sql.FIND_FILES, rows=[(one,) for one in sorted(persons)])
    for person, media, *values in rows:
        found.setdefault(person, {})[media] = Kept(*values)
    return found


async def _voters(tx: Transaction, media: Collection[int]) -> dict[str, set[int]]:
    found: dict[str, set[int]] = {}
    for one, person in await tx.fetch(sql.VOTERS_OF, rows=[(one,) for one in media]):
        found.setdefault(person, set()).add(one)
    return found


def recommendation_handler(deeds: Deeds) -> Handler:
    """The handler of the slice."""
    return Handler(COMMANDS, Learning(deeds).handle)
