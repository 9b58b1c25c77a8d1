"""The sums over all persons, counted again from what each of them did, and compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from groundswell.domains.recommendations import statements as sql
from groundswell.domains.recommendations.tastes import KEPT_FILES, Kept, sums_of
from groundswell.store import Store

_Figures = Mapping[tuple[int, ...], tuple[int, ...]]


async def audit_tastes(store: Store) -> list[str]:
    """A line for each sum that is not what it should be; one snapshot while the service goes on."""
    persons: dict[str, dict[int, Kept]] = {}
    async with store.reading() as tx:
        for person, media, *values in await tx.fetch(sql.ALL_FILES):
            persons.setdefault(person, {})[media] = Kept(*values)
        tastes = {row[:1]: row[1:] for row in map(tuple, await tx.fetch(sql.ALL_TASTES))}
        pairs = {row[:2]: row[2:] for row in map(tuple, await tx.fetch(sql.ALL_PAIRS))}
    sums = sums_of(persons.values())
    crowded = sum(len(files) > KEPT_FILES for files in persons.values())
    return [
        *([f"persons with more than {KEPT_FILES} files: {crowded}"] if crowded else []),
        *_differences("tastes", tastes, {row[:1]: row[1:] for row in sums.file_rows()}),
        *_differences("liked together", pairs, {row[:2]: row[2:] for row in sums.pair_rows()}),
    ]


def _differences(what: str, stored: _Figures, counted: _Figures) -> Iterator[str]:
    every = stored.keys() | counted.keys()
    for key in sorted(one for one in every if stored.get(one) != counted.get(one)):
        files = ", ".join(map(str, key))
        kept, expected = stored.get(key), counted.get(key)
        yield f"media {files} {what}: stored {kept}, recomputed {expected}"
