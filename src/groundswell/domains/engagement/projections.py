"""Files' counters as the events alone tell them."""

from __future__ import annotations

from typing import Final

import msgspec

from groundswell.contract.events import LoggedEvent
from groundswell.contract.events import engagement as events
from groundswell.log.projections import Fold, Projection, Rows, Table
from groundswell.store import BIGINT

MEDIA: Final = Table(
    "media",
    {"media_file_id": BIGINT},
    dict.fromkeys(
        (
            *("initial_play_count", "play_count", "qualified_play_count", "download_count"),
            *("view_count", "comment_count", "upvotes", "downvotes"),
        ),
        BIGINT,
    ),
    whole=False,
)


class Counters(msgspec.Struct):
    """The counters of a file; the fields stand in the order of the columns."""

    initial: int = 0
    plays: int = 0
    qualified: int = 0
    downloads: int = 0
    views: int = 0
    comments: int = 0
    up: int = 0
    down: int = 0

    def vote(self, kind: events.VoteType, by: int) -> None:
        """One vote more or less."""
        if kind == "up":
            self.up += by
        else:
            self.down += by


class EngagementFold(Fold):
    """The counters of all files."""

    takes = (events.MediaRegistered, events.Interaction)

    media: dict[int, Counters] = msgspec.field(default_factory=dict)

    def add(self, logged: LoggedEvent) -> None:
        """Take in the event that follows."""
        event = logged.event
        if isinstance(event, events.MediaRegistered):
            before = event.initial_play_count
            self.media[event.media_file_id] = Counters(before, before)
        elif isinstance(event, events.Interaction):
            _count(self.media.setdefault(event.media_file_id, Counters()), event)

    def rows(self) -> Rows:
        """The rows as they have to be now."""
        counted = {(name,): msgspec.structs.astuple(one) for name, one in self.media.items()}
        return {MEDIA.name: counted}


def _count(counters: Counters, event: events.Interaction) -> None:
    match event:
        case events.PlayRecorded():
            counters.plays += 1
            counters.qualified += event.qualified
        case events.VoteCast():
            counters.vote(event.vote_type, 1)
        case events.VoteChanged():
            counters.vote(event.vote_type, 1)
            counters.vote(event.previous_vote_type, -1)
        case events.VoteRemoved():
            counters.vote(event.previous_vote_type, -1)
        case events.DownloadRecorded():
            counters.downloads += 1
        case events.ViewRecorded():
            counters.views += 1
        case events.CommentRecorded():
            counters.comments += 1


ENGAGEMENT_PROJECTION: Final = Projection("engagement", 1, EngagementFold, (MEDIA,))
"""Hourly sums and scores are made again from the tables of single plays, votes and comments."""
