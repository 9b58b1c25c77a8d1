"""Events of the engagement slice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

import msgspec

from groundswell.contract.events.base import Event, Notice, Privacy, Severity, Tag

VoteType = Literal["up", "down"]


class CounterValues(msgspec.Struct, frozen=True, kw_only=True, rename="camel", gc=False):
    """All counters of one file as they stood after an event."""

    play_count: int
    qualified_play_count: int
    download_count: int
    view_count: int
    comment_count: int
    upvotes: int
    downvotes: int


class MediaEvent(Event, frozen=True, kw_only=True):
    """Something about one file."""

    media_file_id: int

    @property
    def partition_key(self) -> str:
        """Everything about one file stays in order."""
        return f"media.{self.media_file_id}"


class MediaRegistered(MediaEvent, frozen=True, kw_only=True):
    """A file became known; ``in_feed`` when it may be shown as an upload."""

    event_type: ClassVar[str] = "engagement.media.registered"
    owner_id: str | None = None
    title: str
    artist: str | None = None
    duration_sec: int | None = None
    state: str
    initial_play_count: int = 0
    in_feed: bool = False

    @property
    def actor(self) -> str | None:
        """The owner, who is told with the file anyway, is who uploaded it."""
        return self.owner_id

    def tags(self) -> dict[str, Tag]:
        """Whose file it is, for those who follow somebody."""
        return _ownership(self)


class MediaUpdated(MediaEvent, frozen=True, kw_only=True):
    """A file's description or state changed; all fields as they are now.

    ``in_feed`` when it is published by this for the first time, and shown as an upload.
    """

    event_type: ClassVar[str] = "engagement.media.updated"
    owner_id: str | None = None
    title: str
    artist: str | None = None
    duration_sec: int | None = None
    state: str
    trendable: bool = True
    in_feed: bool = False

    @property
    def actor(self) -> str | None:
        """The owner where it is shown as an upload; a change of the host's is nobody's."""
        return self.owner_id if self.in_feed else None

    def tags(self) -> dict[str, Tag]:
        """Whose file it is, for those who follow somebody; of a hidden file that is not told."""
        return _ownership(self) if self.state == "published" else {}


def _ownership(event: MediaRegistered | MediaUpdated) -> dict[str, Tag]:
    stated = {"ownerId": event.owner_id, "artist": event.artist}
    return {name: value for name, value in stated.items() if value is not None}


class MediaDeleted(MediaEvent, frozen=True, kw_only=True):
    """A file is gone from every list and feed."""

    event_type: ClassVar[str] = "engagement.media.deleted"


class Interaction(MediaEvent, frozen=True, kw_only=True):
    """Somebody did something with a file.

    ``in_feed`` says whether it became an item of the activity feed, whose id is the event's
    sequence number.
    """

    media_title: str
    counters: CounterValues
    location: str | None = None
    in_feed: bool = False


class VoteCast(Interaction, frozen=True, kw_only=True):
    """A voter who had no vote on the file now has one."""

    event_type: ClassVar[str] = "engagement.vote.cast"
    vote_type: VoteType


class VoteChanged(Interaction, frozen=True, kw_only=True):
    """A voter turned the vote around."""

    event_type: ClassVar[str] = "engagement.vote.changed"
    vote_type: VoteType
    previous_vote_type: VoteType


class VoteRemoved(Interaction, frozen=True, kw_only=True):
    """A voter took the vote back."""

    event_type: ClassVar[str] = "engagement.vote.removed"
    previous_vote_type: VoteType


class PlayRecorded(Interaction, frozen=True, kw_only=True):
    """A play; ``play_duration`` in seconds. ``owner_id`` is the file's owner."""

    event_type: ClassVar[str] = "engagement.play.recorded"
    owner_id: str | None = None
    play_duration: int | None = None
    qualified: bool


class DownloadRecorded(Interaction, frozen=True, kw_only=True):
    """A download."""

    event_type: ClassVar[str] = "engagement.download.recorded"
    qualified: bool


class ViewRecorded(Interaction, frozen=True, kw_only=True):
    """A view. Views never enter the feed."""

    event_type: ClassVar[str] = "engagement.view.recorded"
    qualified: bool


class CommentRecorded(Interaction, frozen=True, kw_only=True):
    """A comment was left; its text is not in the event. ``owner_id`` is the file's owner."""

    event_type: ClassVar[str] = "engagement.comment.recorded"
    owner_id: str | None = None
    by_owner: bool = False

    def notices(self) -> Sequence[Notice]:
        """The owner of the file hears of what others write about it."""
        if self.owner_id is None or self.by_owner:
            return ()
        data = {
            "mediaFileId": self.media_file_id,
            "mediaTitle": self.media_title,
            "commentCount": self.counters.comment_count,
        }
        return (Notice(user_id=self.owner_id, data=data, delivery="normal"),)


class AnomalyDetected(MediaEvent, frozen=True, kw_only=True):
    """What people do with a file looks wrong; what is done about it is an event of its own."""

    event_type: ClassVar[str] = "engagement.anomaly.detected"
    signal: str
    severity: Severity


class _OfVoteCase(MediaEvent, frozen=True, kw_only=True):
    """Something about votes that look wrong, for operators alone.

    ``vote_ids`` are the sequence numbers of the events by which they were cast.
    """

    case_id: str
    signal: str
    count: int
    vote_ids: tuple[int, ...]


class VotesQuarantined(_OfVoteCase, frozen=True, kw_only=True):
    """Votes lost their weight in rankings; public counters have them still."""

    event_type: ClassVar[str] = "engagement.vote.quarantined"


class VotesReleased(_OfVoteCase, frozen=True, kw_only=True):
    """Votes have their weight back."""

    event_type: ClassVar[str] = "engagement.vote.released"


class ActivityRetracted(Event, frozen=True, kw_only=True):
    """Items of the feed are gone, because those who made them wish so."""

    event_type: ClassVar[str] = "engagement.activity.retracted"
    privacy: ClassVar[Privacy] = "public"
    rewrites_log: ClassVar[bool] = True
    activity_ids: tuple[int, ...]

    @property
    def partition_key(self) -> str:
        """What leaves the feed stays in order."""
        return "activity"

    def topics(self) -> Sequence[str]:
        """The feed."""
        return ("activity",)


EVENTS: tuple[type[Event], ...] = (
    MediaRegistered,
    MediaUpdated,
    MediaDeleted,
    VoteCast,
    VoteChanged,
    VoteRemoved,
    PlayRecorded,
    DownloadRecorded,
    ViewRecorded,
    CommentRecorded,
    AnomalyDetected,
    VotesQuarantined,
    VotesReleased,
    ActivityRetracted,
)
