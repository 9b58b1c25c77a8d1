"""A media file as the write path holds it: loaded under lock, changed in memory, written once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields

from groundswell.contract.events.engagement import CounterValues
from groundswell.contract.times import to_rfc3339
from groundswell.domains.engagement.statements import LOCK_MEDIA
from groundswell.domains.engagement.views import (
    Comment,
    MediaFile,
    MediaState,
    PostedComment,
    Recorded,
    VoteStatus,
    VoteType,
)
from groundswell.store import Row, Transaction

GREATEST_JSON_INTEGER = 2**53 - 1


@dataclass(slots=True)
class File:
    """One row of ``media``, in the order of ``MEDIA_COLUMNS``."""

    media_file_id: int
    title: str
    artist: str | None
    owner_id: str | None
    url: str | None
    duration_seconds: int | None
    state: MediaState
    trendable: int
    source: str | None
    external_id: str | None
    created_at: int
    updated_at: int
    published_at: int | None
    initial_play_count: int = 0
    play_count: int = 0
    qualified_play_count: int = 0
    download_count: int = 0
    view_count: int = 0
    comment_count: int = 0
    upvotes: int = 0
    downvotes: int = 0
    last_event_at: int | None = None
    hotness_score: int = 0
    last_hotness_update: int | None = None

    @classmethod
    def of(cls, row: Row) -> File:
        """The file of a row of ``MEDIA_COLUMNS``."""
        return cls(*row)

    def is_open(self, at: int) -> bool:
        """Whether visitors may see it and act on it."""
        return (
            self.state == "published" and self.published_at is not None and self.published_at <= at
        )

    def qualifies_at(self, at: int) -> None:
        """Something that counts for the rankings happened at this time."""
        if self.last_event_at is None or self.last_event_at < at:
            self.last_event_at = at

    def figures(self) -> dict[str, int]:
        """The counters by name, as every answer has them."""
        return {
            "play_count": self.play_count,
            "qualified_play_count": self.qualified_play_count,
            "download_count": self.download_count,
            "view_count": self.view_count,
            "comment_count": self.comment_count,
            "upvotes": self.upvotes,
            "downvotes": self.downvotes,
        }

    def counters(self) -> CounterValues:
        """The counters as they stand."""
        return CounterValues(**self.figures())

    def counter_row(self) -> tuple[int | None, ...]:
        """The parameters of ``SET_COUNTERS``."""
        return (self.media_file_id, *self.figures().values(), self.last_event_at)

    def recorded(self, *, qualified: bool) -> Recorded:
        """The answer to something that was counted."""
        return Recorded(
            media_file_id=self.media_file_id,
            qualified=qualified,
            **self.figures(),
        )

    def posted(self, comment: Comment) -> PostedComment:
        """The answer to a new comment."""
        return PostedComment(
            media_file_id=self.media_file_id,
            qualified=True,
            comment=comment,
            **self.figures(),
        )

    def vote_status(self, vote: VoteType | None) -> VoteStatus:
        """The answer to a vote."""
        return VoteStatus(
            media_file_id=self.media_file_id,
            vote_type=vote,
            upvotes=self.upvotes,
            downvotes=self.downvotes,
        )

    def view(self) -> MediaFile:
        """The file as clients see it."""
        return MediaFile(
            media_file_id=self.media_file_id,
            title=self.title,
            artist=self.artist,
            owner_id=self.owner_id,
            duration_seconds=self.duration_seconds,
            url=self.url,
            state=self.state,
            created_at=to_rfc3339(self.created_at),
            published_at=None if self.published_at is None else to_rfc3339(self.published_at),
            **self.figures(),
            hotness_score=saturated(self.hotness_score),
            last_hotness_update=None
            if self.last_hotness_update is None
            else to_rfc3339(self.last_hotness_update),
        )

    def row(self) -> tuple[object, ...]:
        """All columns, in the order of the fields."""
        return astuple(self)


FILE_COLUMNS = tuple(field.name for field in fields(File))


def saturated(score: int) -> int:
    """A score within what every JSON reader can hold exactly."""
    return max(-GREATEST_JSON_INTEGER, min(GREATEST_JSON_INTEGER, score))


async def lock_files(transaction: Transaction, ids: Iterable[int]) -> dict[int, File]:
    """Lock the files in the order of their ids; unknown ids are missing from the result."""
    rows = [(media_file_id,) for media_file_id in sorted(set(ids))]
    found = await transaction.fetch(LOCK_MEDIA, rows=rows)
    return {row[0]: File.of(row) for row in found}
