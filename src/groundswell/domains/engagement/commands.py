"""What can be done in the engagement slice."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from groundswell.domains.engagement.views import (
    MediaFile,
    MediaState,
    PostedComment,
    Recorded,
    VoteStatus,
    VoteType,
)
from groundswell.store.commands import Command


class Actor(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Who does something, as far as it is stored.

    ``actor`` counts as one person in windows and rankings; ``voter``, set for those who vote, holds
    one vote per file.
    ``ip_hash`` is the keyed hash of the address, or None when there is none to keep. ``network``,
    known of those who vote, is that of the network it is in, under a key of the day; ``hosted``
    says whether a hosting company's machine is behind it.
    """

    actor: str
    voter: str = ""
    ip_hash: str | None = None
    user_id: str | None = None
    session_id: str | None = None
    location: str | None = None
    network: str | None = None
    hosted: bool = False


class Nobody(msgspec.Struct, frozen=True, gc=False):
    """In an actor's place, where nobody is to be named."""

    actor: None = None
    ip_hash: None = None
    session_id: None = None
    network: None = None
    hosted: bool = False


class RegisterMedia(Command, frozen=True, kw_only=True):
    """Make a file known. With ``source`` and ``external_id`` a repeat finds the same file.

    Without ``published_at`` the file counts as published from ``at``; with ``draft`` it is not
    published at all.
    """

    answer: ClassVar[type] = MediaFile
    title: str
    artist: str | None = None
    owner_id: str | None = None
    duration_seconds: int | None = None
    url: str | None = None
    published_at: int | None = None
    draft: bool = False
    media_file_id: int | None = None
    source: str | None = None
    external_id: str | None = None
    play_count: int = 0
    """Plays from before this service knew the file; counted for all time, in no window."""


class UpdateMedia(Command, frozen=True, kw_only=True):
    """Change what is given and leave the rest."""

    answer: ClassVar[type] = MediaFile
    media_file_id: int
    title: str | msgspec.UnsetType = msgspec.UNSET
    artist: str | msgspec.UnsetType | None = msgspec.UNSET
    owner_id: str | msgspec.UnsetType | None = msgspec.UNSET
    duration_seconds: int | msgspec.UnsetType | None = msgspec.UNSET
    url: str | msgspec.UnsetType | None = msgspec.UNSET
    published_at: int | msgspec.UnsetType | None = msgspec.UNSET
    state: MediaState | msgspec.UnsetType = msgspec.UNSET
    trendable: bool | msgspec.UnsetType = msgspec.UNSET


class DeleteMedia(Command, frozen=True, kw_only=True):
    """Take a file out of every list and feed; its logs stay."""

    answer: ClassVar[type] = MediaFile
    media_file_id: int


class Interact(Command, frozen=True, kw_only=True):
    """Something a person does with a file."""

    media_file_id: int
    by: Actor


class CastVote(Interact, frozen=True, kw_only=True):
    """Vote, or change the vote. The same vote again changes nothing."""

    answer: ClassVar[type] = VoteStatus
    vote_type: VoteType


class RemoveVote(Interact, frozen=True, kw_only=True):
    """Take the vote back, if there is one."""

    answer: ClassVar[type] = VoteStatus


class Record(Interact, frozen=True, kw_only=True):
    """An occurrence to be counted. ``occurred_at`` is set for one reported late."""

    answer: ClassVar[type] = Recorded
    occurred_at: int | None = None


class RecordPlay(Record, frozen=True, kw_only=True):
    """A play; ``play_duration`` in seconds if known, logged as whole ones."""

    play_duration: float | None = None


class RecordDownload(Record, frozen=True, kw_only=True):
    """A download."""


class RecordView(Record, frozen=True, kw_only=True):
    """A view of the file's page."""


class RecordComment(Record, frozen=True, kw_only=True):
    """A comment."""

    answer: ClassVar[type] = PostedComment
    body: str


INTERACTIONS: tuple[type[Interact], ...] = (
    CastVote,
    RemoveVote,
    RecordPlay,
    RecordDownload,
    RecordView,
    RecordComment,
)
LIFECYCLE: tuple[type[Command], ...] = (RegisterMedia, UpdateMedia, DeleteMedia)
