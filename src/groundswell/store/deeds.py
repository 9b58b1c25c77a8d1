"""What slices agree on about deeds: who did what with which file, as far as it is still known.

Events do not say who it was. The slice that keeps the deeds answers for them within a transaction;
of what was done incognito, or longer ago than names are kept, it knows nobody.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from typing import Literal, NamedTuple, Protocol

from groundswell.store.transaction import Transaction

DeedVerb = Literal["view", "play", "download", "comment", "vote"]


class Deed(NamedTuple):
    """A person did something with a file at an instant; ``vote`` is 1 or -1 if that is it."""

    person: str
    media_file_id: int
    verb: DeedVerb
    at: int
    vote: int = 0


class Told(NamedTuple):
    """An event of the log that tells of a deed: its number, and when it was done."""

    verb: DeedVerb
    seq: int
    media_file_id: int
    at: int


class Deeds(Protocol):
    """What is known of deeds. Repeats, plays too short and deeds with one's own files are none."""

    async def told(self, tx: Transaction, events: Collection[Told]) -> list[Deed]:
        """Those that these events tell of, and that are still known; votes while they stand."""
        ...

    async def votes(self, tx: Transaction, media_file_ids: Collection[int]) -> list[Deed]:
        """The votes that stand on these files, of persons still known."""
        ...

    def all(self, tx: Transaction) -> AsyncIterator[list[Deed]]:
        """The last deed of each verb by each person with each file, votes while they stand.

        They come in portions of some files each; those with one file are all in one portion.
        """
        ...
