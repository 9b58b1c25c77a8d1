"""What the engagement slice answers when asked: the shapes that HTTP, tRPC and the pages share."""

from __future__ import annotations

from typing import Literal, TypeVar

import msgspec

T = TypeVar("T")

VoteType = Literal["up", "down"]
ActivityType = Literal["play", "download", "view", "upload", "comment", "vote"]
Period = Literal["24h", "7d", "30d", "all"]
ListName = Literal["trending", "popular", "hot", "rising", "top-rated", "controversial"]
MediaState = Literal["draft", "published", "hidden", "deleted"]


class View(msgspec.Struct, rename="camel", frozen=True, kw_only=True, gc=False):
    """Base of all answers: camelCase names on the wire."""


class Counters(View, frozen=True, kw_only=True):
    """The counters of one file. Times are RFC 3339."""

    play_count: int
    qualified_play_count: int
    download_count: int
    view_count: int
    comment_count: int
    upvotes: int
    downvotes: int


class MediaFile(Counters, frozen=True, kw_only=True):
    """One media file with all of its engagement figures."""

    media_file_id: int
    title: str
    artist: str | None
    owner_id: str | None
    duration_seconds: int | None
    url: str | None
    state: MediaState
    created_at: str
    published_at: str | None
    hotness_score: int
    last_hotness_update: str | None


class Recorded(Counters, frozen=True, kw_only=True):
    """The answer to a recorded play, download, view or comment: the counters after it."""

    media_file_id: int
    qualified: bool


class VoteStatus(View, frozen=True, kw_only=True):
    """A voter's vote on one file, and the file's totals."""

    media_file_id: int
    vote_type: VoteType | None
    upvotes: int
    downvotes: int


class PlaysPerPeriod(View, frozen=True, kw_only=True):
    """Play counts in the periods that end now."""

    last_24h: int = msgspec.field(name="24h")
    last_7d: int = msgspec.field(name="7d")
    last_30d: int = msgspec.field(name="30d")
    all_time: int = msgspec.field(name="all")


class Stats(Counters, frozen=True, kw_only=True):
    """Everything countable about one file."""

    media_file_id: int
    unique_listeners: int
    """Distinct actors among the play logs still kept with their hash (30 days by default)."""
    hotness_score: int
    last_hotness_update: str | None
    plays: PlaysPerPeriod
    as_of: str


class ScoreTerm(View, frozen=True, kw_only=True):
    """One signal's part in a score."""

    signal: str
    count: float
    weight: float
    product: float


class Explanation(View, frozen=True, kw_only=True):
    """How a score came about."""

    formula: str
    terms: list[ScoreTerm]
    distinct_actors: int | None = None
    age_hours: float | None = None
    decay: float | None = None
    unrounded: float | None = None


class RankedMedia(MediaFile, frozen=True, kw_only=True):
    """A file at its position in a list, with the score that put it there."""

    position: int
    score: float
    period_play_count: int | None = None
    explain: Explanation | None = None


class ActivityItem(View, frozen=True, kw_only=True):
    """Something that happened, as the public feed tells it."""

    id: int
    type: ActivityType
    media_file_id: int
    media_title: str
    location: str | None
    timestamp: str


class Comment(View, frozen=True, kw_only=True):
    """A comment on a file; ``author_id`` is absent for visitors."""

    comment_id: str
    media_file_id: int
    author_id: str | None
    body: str
    created_at: str


class PostedComment(Recorded, frozen=True, kw_only=True):
    """The answer to a new comment: the counters after it, and the comment."""

    comment: Comment


class HeldComment(View, frozen=True, kw_only=True):
    """The comment waits for a review; nobody reads it before, and nothing is counted."""

    status: Literal["held"] = "held"
    moderation_id: str


class TimeBucket(View, frozen=True, kw_only=True):
    """Plays in one interval starting at ``start``."""

    start: str
    plays: int
