"""What each page shows, gathered from the queries; it knows no framework and no HTML."""

from __future__ import annotations

import asyncio
from typing import Protocol

import msgspec

from groundswell.contract.errors import MediaNotFound
from groundswell.contract.paging import BIGGEST, Page
from groundswell.domains.engagement.views import (
    ActivityItem,
    Comment,
    ListName,
    MediaFile,
    Period,
    RankedMedia,
    Stats,
    TimeBucket,
    VoteStatus,
)
from groundswell.domains.recommendations.views import RecommendedMedia
from groundswell.web.chart import Chart, chart_of

LONG_LIST = 10
SHORT_LIST = 5
ACTIVITY = 20
COMMENTS = 20
RELATED = 6


class Queries(Protocol):
    """What the pages ask of the engagement slice."""

    async def media(self, media_file_id: int) -> MediaFile:
        """One file; raises MediaNotFound."""
        ...

    async def vote_status(self, media_file_id: int, voter_key: str) -> VoteStatus:
        """A voter's vote on a file, and its totals."""
        ...

    async def stats(self, media_file_id: int) -> Stats:
        """Everything countable about a file."""
        ...

    async def activity(self, limit: int, cursor: str | None) -> Page[ActivityItem]:
        """What happened, newest first."""
        ...

    async def comments(self, media_file_id: int, limit: int, cursor: str | None) -> Page[Comment]:
        """What people said about a file, newest first."""
        ...

    async def plays_over_time(self, media_file_id: int, period: Period) -> list[TimeBucket]:
        """Plays per interval in the period that ends now, oldest first."""
        ...


class Lists(Protocol):
    """The ranked lists."""

    async def get(self, name: ListName, *, period: Period, limit: int) -> Page[RankedMedia]:
        """The files of a list from its first position on."""
        ...


class Related(Protocol):
    """Files liked together."""

    async def related(
        self, media_file_id: int, limit: int, *, fill: bool = True
    ) -> Page[RecommendedMedia]:
        """What people who like a file like as well; with ``fill`` then what is popular."""
        ...


class HomePage(msgspec.Struct, frozen=True):
    """The lists and the activity; ``period`` is that of the popular list."""

    period: Period
    trending: list[RankedMedia]
    popular: list[RankedMedia]
    hot: list[RankedMedia]
    rising: list[RankedMedia]
    top_rated: list[RankedMedia]
    activity: list[ActivityItem]


class MediaPage(msgspec.Struct, frozen=True):
    """One file with everything people did with it; ``period`` is that of the chart."""

    media: MediaFile
    stats: Stats
    vote: VoteStatus
    period: Period
    chart: Chart
    comments: Page[Comment]
    related: list[RecommendedMedia]


class Pages:
    """Gathers the contents of the pages."""

    def __init__(self, queries: Queries, lists: Lists, related: Related | None = None) -> None:
        self._queries = queries
        self._lists = lists
        self._related = related

    async def home(self, period: Period) -> HomePage:
        """The home page; ``period`` is that of the popular list."""
        trending, popular, hot, rising, top_rated, activity = await asyncio.gather(
            self._lists.get("trending", period="24h", limit=LONG_LIST),
            self._lists.get("popular", period=period, limit=LONG_LIST),
            self._lists.get("hot", period="all", limit=LONG_LIST),
            self._lists.get("rising", period="24h", limit=SHORT_LIST),
            self._lists.get("top-rated", period="all", limit=SHORT_LIST),
            self._queries.activity(ACTIVITY, None),
        )
        return HomePage(
            period=period,
            trending=trending.items,
            popular=popular.items,
            hot=hot.items,
            rising=rising.items,
            top_rated=top_rated.items,
            activity=activity.items,
        )

    async def media(
        self, media_file_id: int, *, voter_key: str, period: Period, cursor: str | None
    ) -> MediaPage:
        """The page of one file.

        Raises:
            MediaNotFound: there is no such file, or it is not published.
        """
        media = await self._queries.media(media_file_id)
        stats, vote, buckets, comments, related = await asyncio.gather(
            self._queries.stats(media_file_id),
            self._queries.vote_status(media_file_id, voter_key),
            self._queries.plays_over_time(media_file_id, period),
            self._queries.comments(media_file_id, COMMENTS, cursor),
            self._liked_too(media_file_id),
        )
        return MediaPage(
            media=media,
            stats=stats,
            vote=vote,
            period=period,
            chart=chart_of(buckets, period),
            comments=comments,
            related=related,
        )

    async def _liked_too(self, media_file_id: int) -> list[RecommendedMedia]:
        if self._related is None:
            return []
        return (await self._related.related(media_file_id, RELATED, fill=False)).items


def media_file_id_of(text: str) -> int:
    """The id in an address.

    Raises:
        MediaNotFound: no file can have such an id.
    """
    if not (text.isascii() and text.isdigit()) or len(text) > 19 or int(text) > BIGGEST:
        raise MediaNotFound
    return int(text)
