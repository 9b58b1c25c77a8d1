"""The sums over all persons, counted again from what each of them did, and compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from groundswell.domains.recommendations import statements as sql
from groundswell.domains.recommendations.tastes import KEPT_FILES, Kept, Sums, sums_of
from groundswell.store import Store, Transaction

_PORTION = 10_000

_Figures = Mapping[tuple[int, ...], tuple[int, ...]]


async def audit_tastes(store: Store) -> list[str]:
    """A line for each sum that is not what it should be; one snapshot while the service goes on."""
    persons: dict[str, dict[int, Kept]] = {}
    async with store.reading() as tx:
        for person, media, *values in await tx.fetch(sql.ALL_FILES):
            persons.setdefault(person, {})[media] = Kept(*values)
        tastes = {row[:1]: row[1:] for row in map(tuple, await tx.fetch(sql.ALL_TASTES))}
        sums = sums_of(persons.values())
        pairs = await _pairs(tx, sums)
    crowded = sum(len(files) > KEPT_FILES for files in persons.values())
    return [
        *([f"persons with more than {KEPT_FILES} files: {crowded}"] if crowded else []),
        *_differences("tastes", tastes, {row[:1]: row[1:] for row in sums.file_rows()}),
        *pairs,
    ]


async def _pairs(tx: Transaction, sums: Sums) -> list[str]:
    """There may be millions: they are read in portions, and held only if some of them differ."""
    place, right, kept_rows = (-(2**63), 0), 0, 0
    while rows := await tx.fetch(sql.PAIRS_AFTER, one=place[0], other=place[1], limit=_PORTION):
        kept_rows += len(rows)
        right += sum(sums.pair(one, other) == tuple(figures) for one, other, *figures in rows)
        place = (rows[-1][0], rows[-1][1])
    if right == kept_rows == sum(1 for _ in sums.pair_rows()):
        return []
    told: _Figures = {row[:2]: row[2:] for row in sums.pair_rows()}
    kept: _Figures = {row[:2]: row[2:] for row in map(tuple, await tx.fetch(sql.ALL_PAIRS))}
    return list(_differences("liked together", kept, told))


def _differences(what: str, stored: _Figures, counted: _Figures) -> Iterator[str]:
    every = stored.keys() | counted.keys()
    for key in sorted(one for one in every if stored.get(one) != counted.get(one)):
        files = ", ".join(map(str, key))
        kept, expected = stored.get(key), counted.get(key)
        yield f"media {files} {what}: stored {kept}, recomputed {expected}"
