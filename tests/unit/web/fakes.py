"""A catalogue in memory that answers what the pages ask, and remembers what they submit."""

from __future__ import annotations

from typing import Any

import msgspec

from groundswell.access.principal import Principal
from groundswell.contract.errors import MediaNotFound
from groundswell.contract.paging import Page
from groundswell.contract.times import DAY, HOUR, to_rfc3339
from groundswell.domains.engagement.views import (
    ActivityItem,
    Comment,
    ListName,
    MediaFile,
    Period,
    PlaysPerPeriod,
    RankedMedia,
    Stats,
    TimeBucket,
    VoteStatus,
    VoteType,
)

NOW = 1_403_013_780_000_000
AS_OF = to_rfc3339(NOW)


def a_file(media_file_id: int, title: str, artist: str | None = None, **changes: Any) -> MediaFile:
    """A published file."""
    return MediaFile(
        **{
            "media_file_id": media_file_id,
            "title": title,
            "artist": artist,
            "owner_id": None,
            "duration_seconds": 271,
            "url": None,
            "state": "published",
            "created_at": to_rfc3339(NOW - 40 * DAY),
            "published_at": to_rfc3339(NOW - 40 * DAY),
            "hotness_score": 12,
            "last_hotness_update": AS_OF,
            "play_count": 1204,
            "qualified_play_count": 1100,
            "download_count": 31,
            "view_count": 5210,
            "comment_count": 0,
            "upvotes": 48,
            "downvotes": 6,
            **changes,
        }
    )


class Catalogue:
    """Stands for the queries, the lists and the writer at once."""

    def __init__(self, *files: MediaFile) -> None:
        self.files = {file.media_file_id: file for file in files}
        self.ranks: dict[str, list[int]] = {}
        self.votes: dict[tuple[int, str], VoteType] = {}
        self.remarks: list[Comment] = []
        self.happenings: list[ActivityItem] = []
        self.buckets: list[TimeBucket] = []
        self.done: list[tuple[Any, ...]] = []
        self.trouble: Exception | None = None
        self.refusal: Exception | None = None

    async def media(self, media_file_id: int) -> MediaFile:
        if self.trouble is not None:
            raise self.trouble
        if media_file_id not in self.files:
            raise MediaNotFound
        return self.files[media_file_id]

    async def vote_status(self, media_file_id: int, voter_key: str) -> VoteStatus:
        file = self.files[media_file_id]
        mine = self.votes.get((media_file_id, voter_key))
        return VoteStatus(
            media_file_id=media_file_id,
            vote_type=mine,
            upvotes=file.upvotes,
            downvotes=file.downvotes,
        )

    async def stats(self, media_file_id: int) -> Stats:
        file = self.files[media_file_id]
        counted = {
            name: getattr(file, name) for name in Stats.__struct_fields__ if hasattr(file, name)
        }
        plays = PlaysPerPeriod(last_24h=40, last_7d=210, last_30d=800, all_time=file.play_count)
        return Stats(**counted, unique_listeners=612, plays=plays, as_of=AS_OF)

    async def activity(self, limit: int, cursor: str | None) -> Page[ActivityItem]:
        return Page(self.happenings[:limit], None, AS_OF)

    async def comments(self, media_file_id: int, limit: int, cursor: str | None) -> Page[Comment]:
        following = "next page" if len(self.remarks) > limit and cursor is None else None
        return Page(
            self.remarks[:limit] if cursor is None else self.remarks[limit:], following, AS_OF
        )

    async def plays_over_time(self, media_file_id: int, period: Period) -> list[TimeBucket]:
        return self.buckets

    async def get(self, name: ListName, *, period: Period, limit: int) -> Page[RankedMedia]:
        if self.trouble is not None:
            raise self.trouble
        chosen = self.ranks.get(f"{name} {period}", self.ranks.get(name, list(self.files)))[:limit]
        return Page([self._ranked(id_, place) for place, id_ in enumerate(chosen, 1)], None, AS_OF)

    def _ranked(self, media_file_id: int, position: int) -> RankedMedia:
        file = msgspec.structs.asdict(self.files[media_file_id])
        return RankedMedia(**file, position=position, score=100.0 / position)

    def voter(self, caller: Principal, media_file_id: int) -> str:
        return f"vote {caller.address} {media_file_id}"

    async def vote(self, caller: Principal, media_file_id: int, vote_type: VoteType | None) -> None:
        self._do("vote", media_file_id, vote_type)
        key = (media_file_id, self.voter(caller, media_file_id))
        previous = self.votes.pop(key, None)
        if vote_type is not None:
            self.votes[key] = vote_type
        self._add(
            media_file_id,
            upvotes=(vote_type == "up") - (previous == "up"),
            downvotes=(vote_type == "down") - (previous == "down"),
        )

    async def view(self, caller: Principal, media_file_id: int) -> None:
        self._do("view", media_file_id)
        self._add(media_file_id, view_count=1)

    async def comment(self, caller: Principal, media_file_id: int, body: str) -> None:
        self._do("comment", media_file_id, body)
        self._add(media_file_id, comment_count=1)
        remark = Comment(
            comment_id=f"comment-{len(self.remarks)}",
            media_file_id=media_file_id,
            author_id=caller.user_id,
            body=body,
            created_at=AS_OF,
        )
        self.remarks.insert(0, remark)

    def _do(self, *deed: Any) -> None:
        if self.refusal is not None:
            raise self.refusal
        if deed[1] not in self.files:
            raise MediaNotFound
        self.done.append(deed)

    def _add(self, media_file_id: int, **gains: int) -> None:
        file = self.files[media_file_id]
        changed = {name: getattr(file, name) + gain for name, gain in gains.items()}
        self.files[media_file_id] = msgspec.structs.replace(file, **changed)


def hourly(*plays: int) -> list[TimeBucket]:
    """One bucket an hour, the last of them starting in the present hour."""
    start = NOW - NOW % HOUR - (len(plays) - 1) * HOUR
    return [TimeBucket(start=to_rfc3339(start + n * HOUR), plays=p) for n, p in enumerate(plays)]
