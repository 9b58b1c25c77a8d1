"""What recommendations are told of files: those of the engagement slice, as it shows them."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from groundswell.contract.times import Clock
from groundswell.domains.engagement.lists import GREATEST_LIMIT, RankedLists
from groundswell.domains.engagement.queries import EngagementQueries
from groundswell.domains.engagement.views import MediaFile
from groundswell.domains.recommendations.catalogue import FileDetails
from groundswell.store import Store


class MediaCatalogue:
    """Files that are published, and the most played of the last thirty days."""

    def __init__(self, store: Store, lists: RankedLists, clock: Clock) -> None:
        self._queries = EngagementQueries(store, clock)
        self._lists = lists

    async def published(self, media_file_ids: Collection[int]) -> Mapping[int, FileDetails]:
        """Those of the files that are published, by id."""
        found = await self._queries.media_of(media_file_ids)
        return {media: _details(one) for media, one in found.items()}

    async def popular(self) -> list[FileDetails]:
        """The most played first."""
        page = await self._lists.get("popular", period="30d", limit=GREATEST_LIMIT)
        return [_details(one) for one in page.items]


def _details(file: MediaFile) -> FileDetails:
    return FileDetails(
        **{name: getattr(file, name) for name in FileDetails.__struct_fields__},
    )
