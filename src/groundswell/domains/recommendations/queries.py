"""What can be asked: files related to one, and files for one person."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from groundswell.contract.errors import MediaNotFound
from groundswell.contract.paging import Page
from groundswell.contract.times import Clock, to_rfc3339
from groundswell.domains.recommendations import statements as sql
from groundswell.domains.recommendations.catalogue import Catalogue, FileDetails
from groundswell.domains.recommendations.scoring import Scored, scored
from groundswell.domains.recommendations.similarity import Pair
from groundswell.domains.recommendations.tastes import Kept, likes
from groundswell.domains.recommendations.views import (
    RecommendedMedia,
)
from groundswell.store import Store, Transaction

CANDIDATES: Final = 200
"""Files considered for one file: those with the most in common."""

CANDIDATES_OF_EACH: Final = 50
"""Files considered for each of the files that somebody likes."""


class RecommendationQueries:
    """Reads, each of one snapshot. Files are shown as they are now: only published ones.

    Args:
        store: where the sums are.
        catalogue: tells of files.
        clock: the time.
    """

    def __init__(self, store: Store, catalogue: Catalogue, clock: Clock) -> None:
        self._store = store
        self._catalogue = catalogue
        self._clock = clock

    async def related(
        self, media_file_id: int, limit: int, *, explain: bool = False, fill: bool = True
    ) -> Page[RecommendedMedia]:
        """What people who like a file like as well; then, with ``fill``, what is popular.

        Raises:
            MediaNotFound: there is no such published file.
        """
        if media_file_id not in await self._catalogue.published([media_file_id]):
            raise MediaNotFound
        liked = {media_file_id: 1}
        async with self._store.reading() as tx:
            pairs = await _pairs(tx, liked, CANDIDATES)
        best = scored(liked, pairs, without=(media_file_id,))
        return await self._page(best, liked, limit, explain, fill, without={media_file_id})

    async def for_user(
        self, user_id: str, limit: int, *, explain: bool = False
    ) -> Page[RecommendedMedia]:
        """What people like who like what a user likes; nothing the user has met, nothing theirs."""
        async with self._store.reading() as tx:
            known = await _files_of(tx, user_id)
            liked = likes(known)
            pairs = await _pairs(tx, liked, CANDIDATES_OF_EACH)
        best = scored(liked, pairs, without=known)
        return await self._page(best, liked, limit, explain, True, without=known, owner=user_id)

    async def export(self, user_id: str) -> Mapping[str, Any]:
        """What is kept of a user: the files, what they did with each, and what it weighs."""
        async with self._store.reading() as tx:
            known = await _files_of(tx, user_id)
        return {
            "files": [
                {
                    "mediaFileId": media,
                    "weight": one.weight,
                    "lastAt": to_rfc3339(max(one.times)),
                }
                for media, one in sorted(known.items())
            ]
        }

    async def _page(
        self,
        best: Sequence[Scored],
        liked: Mapping[int, int],
        limit: int,
        explain: bool,
        fill: bool,
        *,
        without: Collection[int],
        owner: str | None = None,
    ) -> Page[RecommendedMedia]:
        files = await self._catalogue.published([one.media_file_id for one in best])
        shown = [
            (files[one.media_file_id], one)
            for one in best
            if one.media_file_id in files and not _owned(files[one.media_file_id], owner)
        ][:limit]
        items = [
            _together(place, file, one, one.explanation(liked) if explain else None)
            for place, (file, one) in enumerate(shown, 1)
        ]
        if fill and len(items) < limit:
            taken = {*without, *(one.media_file_id for one in items)}
            others = [
                one
                for one in await self._catalogue.popular()
                if one.media_file_id not in taken and not _owned(one, owner)
            ]
            items += [
                _popular(place, one)
                for place, one in enumerate(others[: limit - len(items)], len(items) + 1)
            ]
        return Page(items=items, next_cursor=None, as_of=to_rfc3339(self._clock()))


async def _pairs(tx: Transaction, liked: Collection[int], of_each: int) -> list[Pair]:
    if not liked:
        return []
    wanted = [(one,) for one in sorted(liked)]
    rows = await tx.fetch(sql.NEIGHBOURS, rows=wanted, beyond=of_each - 1)
    return [Pair(*row) for row in rows]


async def _files_of(tx: Transaction, user_id: str) -> dict[int, Kept]:
    rows = await tx.fetch(sql.FILES_OF, person=f"user:{user_id}")
    return {media: Kept(*values) for media, *values in rows}


def _owned(file: FileDetails, owner: str | None) -> bool:
    return owner is not None and file.owner_id == owner


def _together(place: int, file: FileDetails, one: Scored, explanation: Any) -> RecommendedMedia:
    return RecommendedMedia(
        **_fields(file),
        position=place,
        reason="together",
        score=one.score,
        because=one.because,
        explain=explanation,
    )


def _popular(place: int, file: FileDetails) -> RecommendedMedia:
    return RecommendedMedia(**_fields(file), position=place, reason="popular")


def _fields(file: FileDetails) -> dict[str, Any]:
    return {name: getattr(file, name) for name in FileDetails.__struct_fields__}
