"""Entries as steps: the smallest things an import stores, and the unit of its position."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, repeat

import msgspec

from groundswell.importing.entries import (
    BadLine,
    CatalogueEntry,
    Entry,
    Ignored,
    Kind,
    Listen,
    Media,
    Visit,
)


class Listed(msgspec.Struct, frozen=True):
    """A file of a catalogue, with the plays it had before."""

    media: Media
    plays: int


class Carried(msgspec.Struct, frozen=True):
    """A download or view that a catalogue counts without saying when or by whom."""

    kind: Kind
    media: Media


Step = Listed | Carried | Visit | Listen | Ignored | BadLine


def steps_of(entry: Entry) -> Iterable[Step]:
    """The steps of one entry. Large counts become many steps, so that batches stay small."""
    if not isinstance(entry, CatalogueEntry):
        return (entry,)
    return chain(
        (Listed(entry.media, entry.plays),),
        repeat(Carried("download", entry.media), entry.downloads),
        repeat(Carried("view", entry.media), entry.views),
    )


def steps(entries: Iterable[Entry]) -> Iterator[Step]:
    """All steps in order; the same file always gives the same ones."""
    return chain.from_iterable(map(steps_of, entries))
