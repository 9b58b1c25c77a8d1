"""What can be asked about one file, its comments and the activity feed."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from groundswell.contract.errors import MediaNotFound
from groundswell.contract.paging import BIGGEST, Page, Whole, decode_cursor, page_of
from groundswell.contract.times import DAY, HOUR, Clock, to_rfc3339
from groundswell.domains.engagement.files import File, saturated
from groundswell.domains.engagement.fold import comment_id
from groundswell.domains.engagement.statements import MEDIA_COLUMNS
from groundswell.domains.engagement.views import (
    ActivityItem,
    Comment,
    MediaFile,
    Period,
    PlaysPerPeriod,
    Stats,
    TimeBucket,
    VoteStatus,
)
from groundswell.domains.engagement.windows import media_window_sums
from groundswell.store import BIGINT, Row, Statement, Store

OPEN = "state = 'published' AND published_at <= :now"

FIND = Statement(f"SELECT {MEDIA_COLUMNS} FROM media WHERE media_file_id = :id AND {OPEN}")  # noqa: S608
FIND_ANY = Statement(
    f"""
    SELECT {MEDIA_COLUMNS} FROM media
    WHERE media_file_id = :id AND state <> 'deleted'
    """  # noqa: S608
)
FIND_SOME = Statement(
    f"""
    SELECT {MEDIA_COLUMNS} FROM media
    WHERE media_file_id IN (SELECT r.wanted FROM {{rows}} r) AND {OPEN}
    """,  # noqa: S608 - column names are ours
    rows={"wanted": BIGINT},
)
# ix_media_state_created_at
PAGE = Statement(
    f"""
    SELECT {MEDIA_COLUMNS} FROM media
    WHERE {OPEN} AND (created_at, media_file_id) < (:before_at, :before_id)
    ORDER BY created_at DESC, media_file_id DESC LIMIT :limit
    """  # noqa: S608 - column names are ours
)
VOTE = Statement(
    f"""
    SELECT m.upvotes, m.downvotes, v.vote_type FROM media m
    LEFT JOIN votes v ON v.media_file_id = m.media_file_id AND v.voter_key = :voter
    WHERE m.media_file_id = :id AND {OPEN}
    """  # noqa: S608
)
LISTENERS = Statement(
    """
    SELECT COUNT(DISTINCT actor) FROM play_logs WHERE media_file_id = :id AND actor IS NOT NULL
    """
)
# ix_activity_feed_created_at
ACTIVITY = Statement(
    """
    SELECT a.id, a.activity_type, a.media_file_id, a.media_title, a.location, a.created_at
    FROM activity_feed a JOIN media m ON m.media_file_id = a.media_file_id
    WHERE (a.created_at, a.id) < (:before_at, :before_id)
      AND m.state = 'published' AND m.published_at <= :now
    ORDER BY a.created_at DESC, a.id DESC LIMIT :limit
    """
)
# ix_comments_media_file_id_created_at; what was taken back has no text any more, and still counts.
COMMENTS = Statement(
    """
    SELECT id, media_file_id, author_id, body, created_at FROM comments
    WHERE media_file_id = :media AND (created_at, id) < (:before_at, :before_id) AND body <> ''
    ORDER BY created_at DESC, id DESC LIMIT :limit
    """
)
HOURS = Statement(
    """
    SELECT hour, plays FROM media_hours
    WHERE media_file_id = :id AND hour >= :since ORDER BY hour
    """
)


class _Before(NamedTuple):
    """Where the next page begins: what is older than this."""

    at: int = BIGGEST
    id: int = BIGGEST


class EngagementQueries:
    """Reads, each of one snapshot. Files that are not published are unknown to it."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def media(self, media_file_id: int, *, unpublished: bool = False) -> MediaFile:
        """One file with its counters; drafts and hidden files only if ``unpublished``.

        Raises:
            MediaNotFound: there is no such file.
        """
        if unpublished:
            rows = await self._store.fetch(FIND_ANY, id=media_file_id)
        else:
            rows = await self._store.fetch(FIND, id=media_file_id, now=self._clock())
        if not rows:
            raise MediaNotFound
        return File.of(rows[0]).view()

    async def media_of(self, media_file_ids: Collection[int]) -> dict[int, MediaFile]:
        """Those of the files that are published, by id."""
        wanted = [(one,) for one in media_file_ids]
        if not wanted:
            return {}
        rows = await self._store.fetch(FIND_SOME, rows=wanted, now=self._clock())
        return {file.media_file_id: file.view() for file in map(File.of, rows)}

    async def media_page(self, limit: int, cursor: str | None = None) -> Page[MediaFile]:
        """Files, newest first."""
        now, before = self._clock(), _before(cursor)
        rows = await self._store.fetch(
            PAGE, now=now, before_at=before.at, before_id=before.id, limit=limit + 1
        )
        return page_of(
            [File.of(row) for row in rows],
            limit,
            to_rfc3339(now),
            show=File.view,
            place=lambda file: (file.created_at, file.media_file_id),
        )

    async def vote_status(self, media_file_id: int, voter_key: str) -> VoteStatus:
        """A voter's vote on a file.

        Raises:
            MediaNotFound: there is no such published file.
        """
        rows = await self._store.fetch(VOTE, id=media_file_id, voter=voter_key, now=self._clock())
        if not rows:
            raise MediaNotFound
        up, down, vote = rows[0]
        return VoteStatus(media_file_id=media_file_id, vote_type=vote, upvotes=up, downvotes=down)

    async def stats(self, media_file_id: int) -> Stats:
        """All counters of a file, and its plays per period at one instant.

        Raises:
            MediaNotFound: there is no such published file.
        """
        now = self._clock()
        async with self._store.reading() as tx:
            rows = await tx.fetch(FIND, id=media_file_id, now=now)
            if not rows:
                raise MediaNotFound
            file = File.of(rows[0])
            sums = (await media_window_sums(tx, [media_file_id], now))[media_file_id]
            listeners = (await tx.fetch(LISTENERS, id=media_file_id))[0][0]
        return Stats(
            media_file_id=media_file_id,
            unique_listeners=listeners,
            hotness_score=saturated(file.hotness_score),
            last_hotness_update=None
            if file.last_hotness_update is None
            else to_rfc3339(file.last_hotness_update),
            plays=PlaysPerPeriod(
                last_24h=sums["24h"].plays,
                last_7d=sums["7d"].plays,
                last_30d=sums["30d"].plays,
                all_time=file.play_count,
            ),
            as_of=to_rfc3339(now),
            **file.figures(),
        )

    async def activity(self, limit: int, cursor: str | None = None) -> Page[ActivityItem]:
        """What happened, newest first. Items of files that are not published are left out."""
        now, before = self._clock(), _before(cursor)
        rows = await self._store.fetch(
            ACTIVITY, now=now, before_at=before.at, before_id=before.id, limit=limit + 1
        )
        return page_of(
            rows,
            limit,
            to_rfc3339(now),
            show=_activity_item,
            place=lambda row: (row[5], row[0]),
        )

    async def comments(
        self, media_file_id: int, limit: int, cursor: str | None = None
    ) -> Page[Comment]:
        """Comments on a file, newest first.

        Raises:
            MediaNotFound: there is no such published file.
        """
        now, before = self._clock(), _before(cursor)
        async with self._store.reading() as tx:
            if not await tx.fetch(FIND, id=media_file_id, now=now):
                raise MediaNotFound
            rows = await tx.fetch(
                COMMENTS,
                media=media_file_id,
                before_at=before.at,
                before_id=before.id,
                limit=limit + 1,
            )
        return page_of(
            rows, limit, to_rfc3339(now), show=_comment, place=lambda row: (row[4], row[0])
        )

    async def plays_over_time(self, media_file_id: int, period: Period) -> list[TimeBucket]:
        """Plays per hour for 24 h, else per UTC day; intervals without plays are included."""
        now = self._clock()
        width, count = {"24h": (HOUR, 24), "7d": (DAY, 7)}.get(period, (DAY, 30))
        first = now - now % width - (count - 1) * width
        sums = dict.fromkeys(range(first, first + count * width, width), 0)
        for hour, plays in await self._store.fetch(HOURS, id=media_file_id, since=first):
            start = hour - hour % width
            if start in sums:
                sums[start] += plays
        return [TimeBucket(start=to_rfc3339(start), plays=plays) for start, plays in sums.items()]


def _before(cursor: str | None) -> _Before:
    return _Before() if cursor is None else _Before(*decode_cursor(cursor, tuple[Whole, Whole]))


def _activity_item(row: Row) -> ActivityItem:
    id_, kind, media, title, location, at = row
    return ActivityItem(
        id=id_,
        type=kind,
        media_file_id=media,
        media_title=title,
        location=location,
        timestamp=to_rfc3339(at),
    )


def _comment(row: Row) -> Comment:
    id_, media, author, body, at = row
    return Comment(
        comment_id=comment_id(id_),
        media_file_id=media,
        author_id=author,
        body=body,
        created_at=to_rfc3339(at),
    )
