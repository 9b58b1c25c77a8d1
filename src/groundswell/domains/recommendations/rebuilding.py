"""Counting everything again from what engagement keeps of who did what."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import islice

from groundswell.domains.recommendations import statements as sql
from groundswell.domains.recommendations.learning import by_person, row_of, save_sums, told
from groundswell.domains.recommendations.tastes import KEPT_FILES, Kept, bounded, sums_of
from groundswell.log.journal import TAKE_TURN
from groundswell.store import Store
from groundswell.store.deeds import Deed, Deeds

_PORTION = 5_000


async def rebuild_tastes(store: Store, deeds: Deeds) -> int:
    """Forget all tastes and count them anew; the result is the number of persons.

    Writers wait for the turn this takes in the event log. What a consumer has yet to read is
    counted already, and changes nothing when it comes.
    """
    async with store.writing() as tx:
        await tx.fetch(TAKE_TURN)
        for statement in sql.CLEAR:
            await tx.fetch(statement)
        persons = await _persons(deeds.all(tx))
        rows = (
            row_of(person, media, kept)
            for person, files in persons.items()
            for media, kept in files.items()
        )
        while portion := list(islice(rows, _PORTION)):
            await tx.fetch(sql.SAVE_FILES, rows=portion)
        await save_sums(tx, sums_of(persons.values()))
    return len(persons)


async def _persons(portions: AsyncIterator[list[Deed]]) -> dict[str, dict[int, Kept]]:
    """What each person did, no more of it at any time than a little over what is kept."""
    persons: dict[str, dict[int, Kept]] = {}
    async for portion in portions:
        for person, done in by_person(portion).items():
            files = {**persons.get(person, {}), **told({}, done)}
            persons[person] = bounded(files) if len(files) > KEPT_FILES else files
    return {person: bounded(files) for person, files in persons.items()}
